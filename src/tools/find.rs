//! The tool that finds tools: the way to those that a short list leaves out.

use super::args::{Count, Line};
use super::{Kind, Refusal, Reply, Tool, ToolCx, catalogue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;

pub(super) const TOOLS: &[super::Entry] = &[super::Entry::of::<FindTools>()];

/// Find tools by what they do. Searches every tool that you may call, also those that are not listed, and answers with their
/// names, descriptions and arguments.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FindTools {
    /// Words about the task, for example `close ticket`.
    query: Line<200>,
    /// How many to return.
    #[serde(default)]
    limit: Count<10, 1, 50>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct FoundTools {
    tools: Vec<FoundTool>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct FoundTool {
    name: String,
    title: String,
    description: String,
    /// JSON Schema of the arguments.
    input_schema: Arc<Map<String, Value>>,
}

impl Tool for FindTools {
    const NAME: &'static str = "find_tools";
    const TITLE: &'static str = "Find tools";
    const KIND: Kind = Kind::Read;
    type Output = FoundTools;

    async fn call(self, cx: &ToolCx) -> Result<Reply<FoundTools>, Refusal> {
        let words: Vec<String> = self.query.as_str().split_whitespace().map(str::to_lowercase).collect();
        let visible = cx.visible_tools();
        let mut found: Vec<(usize, &super::Described)> = catalogue()
            .iter()
            .filter(|it| visible.iter().any(|name| **name == it.action))
            .map(|it| (score(it, &words), it))
            .filter(|(score, _)| *score > 0)
            .collect();
        found.sort_by(|(a, x), (b, y)| b.cmp(a).then_with(|| x.entry.name.cmp(y.entry.name)));
        let tools = found.into_iter().take(self.limit.get() as usize).map(|(_, it)| FoundTool {
            name: it.entry.name.to_owned(),
            title: it.entry.title.to_owned(),
            description: it.description().to_owned(),
            input_schema: it.input().clone(),
        });
        Ok(Reply::from(FoundTools { tools: tools.collect() }))
    }
}

/// A word in the name or title counts more than one in the description.
fn score(tool: &super::Described, words: &[String]) -> usize {
    let heading = format!("{} {}", tool.entry.name, tool.entry.title).to_lowercase();
    let text = tool.description().to_lowercase();
    words.iter().map(|word| 3 * usize::from(heading.contains(word)) + usize::from(text.contains(word))).sum()
}
