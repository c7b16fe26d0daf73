//! The catalogue: every tool with what is told of it.
//!
//! **Invariant:** a schema is made of the type that it is of, once, when it is first asked for. A gateway is not asked for those of
//! most tools, and all of them together take longer to make than everything else at a start, and more memory.

use super::{Entry, Kind, portal, preview, support};
use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, OnceLock};

/// A tool with what is told of it.
#[derive(Debug)]
pub struct Described {
    /// The row.
    pub entry: &'static Entry,
    /// The name as policies spell it, with underscores only.
    pub action: String,
    told: OnceLock<Told>,
}

#[derive(Debug)]
struct Told {
    description: String,
    input: Arc<Map<String, Value>>,
    output: Arc<Map<String, Value>>,
}

impl Described {
    /// What the model reads.
    pub fn description(&self) -> &str {
        &self.told().description
    }

    /// JSON Schema (2020-12) of the arguments.
    pub fn input(&self) -> &Arc<Map<String, Value>> {
        &self.told().input
    }

    /// JSON Schema (2020-12) of the envelope.
    pub fn output(&self) -> &Arc<Map<String, Value>> {
        &self.told().output
    }

    fn told(&self) -> &Told {
        self.told.get_or_init(|| Told::of(self.entry))
    }
}

impl Told {
    fn of(entry: &Entry) -> Self {
        let mut input = (entry.input)();
        let own = input.remove("description");
        // Also of a tool without arguments: clients look for it.
        input.entry("properties").or_insert_with(|| Value::Object(Map::new()));
        let description = match (entry.description, own) {
            (Some(text), _) => text.to_owned(),
            (None, Some(Value::String(text))) => text,
            (None, _) => String::new(),
        };
        if entry.kind == Kind::Governed {
            preview::add_key(&mut input);
        }
        let mut output = (entry.output)();
        output.remove("description");
        output.values_mut().for_each(slim);
        Self { description, input: Arc::new(input), output: Arc::new(output) }
    }
}

static TABLES: [&[Entry]; 4] = [support::TOOLS, portal::TOOLS, portal::WRITES, super::find::TOOLS];

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let entries = TABLES.iter().flat_map(|table| table.iter());
    let tools: Vec<Described> =
        entries.map(|entry| Described { entry, action: entry.name.replace('.', "_"), told: OnceLock::new() }).collect();
    let places = tools.iter().enumerate().map(|(place, it)| (it.action.clone(), place)).collect();
    Catalogue { tools, places }
});

struct Catalogue {
    tools: Vec<Described>,
    places: HashMap<String, usize>,
}

/// Every tool, in the order of the tables.
pub fn catalogue() -> &'static [Described] {
    &CATALOGUE.tools
}

/// The tool of a name, `.` and `_` spellings alike.
pub fn find(name: &str) -> Option<&'static Described> {
    let place = match name.contains('.') {
        true => CATALOGUE.places.get(&name.replace('.', "_")),
        false => CATALOGUE.places.get(name),
    };
    CATALOGUE.tools.get(*place?)
}

/// The schema of a type.
pub(super) fn schema_of<T: JsonSchema>() -> Map<String, Value> {
    plain(generator().into_root_schema_for::<T>())
}

fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12().with(|it| it.inline_subschemas = true).into_generator()
}

fn plain(mut schema: Schema) -> Map<String, Value> {
    schema.remove("$schema");
    schema.remove("title");
    let mut schema = schema.to_value();
    plain_numbers(&mut schema);
    let Value::Object(mut map) = schema else { return Map::new() };
    // The struct's doc comment is the tool's description already.
    map.entry("type").or_insert_with(|| "object".into());
    map
}

/// Takes out of an answer's schema what costs a client's context and tells it nothing: a sentence for each word of a list,
/// whose meaning an answer says itself, and limits of what we write. What is left is a whole schema that allows more.
fn slim(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            for limit in ["pattern", "minLength", "maxLength", "minimum"] {
                // Of a property with such a name there is none; a limit is never an object.
                if !map.get(limit).is_some_and(Value::is_object) {
                    map.remove(limit);
                }
            }
            map.values_mut().for_each(slim);
            let words =
                |list: &Value| list.as_array()?.iter().map(|it| it.get("const").cloned()).collect::<Option<_>>();
            if let Some(words) = map.get("oneOf").and_then(words) {
                map.remove("oneOf");
                map.insert("type".into(), "string".into());
                map.insert("enum".into(), Value::Array(words));
            }
            // `[a list of words, null]` is a longer list.
            let either = map.get("anyOf").and_then(Value::as_array).map(Vec::as_slice);
            if let Some([words, null]) = either
                && null.get("type").is_some_and(|it| it == "null")
                && let Some(mut words) = words.get("enum").and_then(Value::as_array).cloned()
            {
                words.push(Value::Null);
                map.remove("anyOf");
                map.insert("enum".into(), Value::Array(words));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(slim),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Takes out `format` of numbers: `uint64` and its like are no words of JSON Schema, and clients warn of each.
fn plain_numbers(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            let number = |it: &Value| matches!(it.as_str(), Some("integer" | "number"));
            let numeric = match map.get("type") {
                Some(Value::Array(types)) => types.iter().any(number),
                Some(one) => number(one),
                None => false,
            };
            if numeric {
                map.remove("format");
            }
            map.values_mut().for_each(plain_numbers);
        }
        Value::Array(items) => items.iter_mut().for_each(plain_numbers),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_is_found_by_either_spelling_and_by_its_whole_name_alone() {
        for tool in catalogue() {
            let same = |name: &str| find(name).is_some_and(|it| std::ptr::eq(it, tool));
            assert!(same(tool.entry.name) && same(&tool.action), "{}", tool.entry.name);
            assert!(find(&format!("{}_", tool.action)).is_none() && find(&tool.action.to_uppercase()).is_none());
        }
        assert!(find("").is_none() && find(".").is_none());
    }

    #[test]
    fn the_schemas_of_answers_are_small_and_stand_alone() {
        let of = |it: &Described| Value::Object((**it.output()).clone());
        let sizes: Vec<_> = catalogue().iter().map(|it| of(it).to_string().len()).collect();
        assert!(sizes.iter().sum::<usize>() < 3_500 * sizes.len(), "{sizes:?}");
        for tool in catalogue() {
            let schema = of(tool);
            assert!(!schema.to_string().contains("$ref"), "{}", tool.entry.name);
            let validator = jsonschema::draft202012::new(&schema).expect("a schema of JSON Schema 2020-12");
            assert!(jsonschema::meta::is_valid(&schema), "{}", tool.entry.name);
            for (answer, fits) in [
                (serde_json::json!({ "status": "error", "code": "CONFLICT", "message": "x" }), true),
                (serde_json::json!({ "status": "error", "code": null }), true),
                (serde_json::json!({ "status": "error", "code": "MADE_UP" }), false),
                (serde_json::json!({ "status": "fine" }), false),
                (serde_json::json!({ "status": "success", "data": 7 }), false),
            ] {
                assert_eq!(validator.is_valid(&answer), fits, "{}: {answer}", tool.entry.name);
            }
        }
    }
}
