//! Text from HTML: what a person would read, without any markup. The result is plain text and is never shown as HTML.

/// Elements that begin a new line.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "blockquote",
    "br",
    "div",
    "dd",
    "dl",
    "dt",
    "fieldset",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tr",
    "ul",
];
/// Elements whose content nobody reads.
const SILENT: &[&str] = &["script", "style", "head", "title", "template", "noscript"];

/// The text of an HTML page or fragment. Never fails: what is no markup is text.
pub(crate) fn to_text(html: &str) -> String {
    let mut out = Lines::default();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (text, tag) = rest.split_at(at);
        out.text(text);
        if let Some(comment) = tag.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let inner = tag.strip_prefix('<').unwrap_or(tag);
        let begins = inner.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
        let Some((markup, after)) = inner.split_once('>').filter(|_| begins) else {
            out.text("<");
            rest = inner;
            continue;
        };
        let closing = markup.starts_with('/');
        let name: String = markup
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        rest = after;
        if !closing && !markup.ends_with('/') && SILENT.contains(&name.as_str()) {
            rest = after_end(after, &name);
        } else if BLOCKS.contains(&name.as_str()) {
            out.line(name == "br");
        } else if name == "td" || name == "th" {
            out.text(" ");
        }
    }
    out.text(rest);
    out.finish()
}

/// What follows the end tag of a silent element; nothing where it is never closed.
fn after_end<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("</") {
        let named = after.get(..name.len()).is_some_and(|it| it.eq_ignore_ascii_case(name));
        if named {
            return after.split_once('>').map_or("", |(_, after)| after);
        }
        rest = after;
    }
    ""
}

/// Lines with runs of white space made one.
#[derive(Default)]
struct Lines {
    done: Vec<String>,
    line: String,
}

impl Lines {
    fn text(&mut self, text: &str) {
        for c in entities(text).chars() {
            if !c.is_whitespace() {
                self.line.push(c);
            } else if !self.line.is_empty() && !self.line.ends_with(' ') {
                self.line.push(' ');
            }
        }
    }

    /// Ends the line. An empty one stays only where it was asked for, and only one of them.
    fn line(&mut self, wanted: bool) {
        let line = std::mem::take(&mut self.line);
        let line = line.trim_end();
        if !line.is_empty() || wanted && self.done.last().is_some_and(|it| !it.is_empty()) {
            self.done.push(line.to_owned());
        }
    }

    fn finish(mut self) -> String {
        self.line(false);
        self.done.join("\n").trim_end().to_owned()
    }
}

/// Replaces character references, by name and by number. An unknown one stays as it is.
fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let reference = after.split_once(';').filter(|(name, _)| name.len() <= 8);
        match reference.and_then(|(name, tail)| character(name).map(|c| (c, tail))) {
            Some((c, tail)) => {
                out.push(c);
                rest = tail;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let hex = number.strip_prefix(['x', 'X']);
        let code = hex.map_or_else(|| number.parse().ok(), |it| u32::from_str_radix(it, 16).ok())?;
        return char::from_u32(code).filter(|it| !it.is_control() || it.is_whitespace());
    }
    let known = [
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("nbsp", ' '),
        ("euro", '€'),
        ("pound", '£'),
        ("hellip", '…'),
        ("ndash", '–'),
        ("mdash", '—'),
        ("lsquo", '‘'),
        ("rsquo", '’'),
        ("ldquo", '“'),
        ("rdquo", '”'),
        ("auml", 'ä'),
        ("ouml", 'ö'),
        ("uuml", 'ü'),
        ("szlig", 'ß'),
    ];
    known.into_iter().find(|(it, _)| *it == name).map(|(_, c)| c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_goes_and_the_words_stay() {
        for (html, text) in [
            ("<p>Hello <b>world</b></p><script>alert(1)</script>", "Hello world"),
            ("a<br>b<br/>c<br><br><br>d", "a\nb\nc\n\nd"),
            ("<div>one</div>\n\n<div>two</div>", "one\ntwo"),
            ("<ul><li>x</li><li>y &amp; z</li></ul>", "x\ny & z"),
            ("1 &lt; 2 &#8364; &#x41; &bogus; &", "1 < 2 € A &bogus; &"),
            ("a < b and c > d", "a < b and c > d"),
            ("<!-- <p>hidden</p> -->seen", "seen"),
            ("<style>p{}</STYLE>x<script>y", "x"),
            ("<head><title>t</title></head><body>b</body>", "b"),
            ("<a href=\"http://x/?a=1&b=2\">link</a>", "link"),
            ("<tr><td>a</td><td>b</td></tr>", "a b"),
            ("unclosed <b", "unclosed <b"),
            ("", ""),
        ] {
            assert_eq!(to_text(html), text, "{html}");
        }
    }

    #[test]
    fn what_stood_for_markup_is_text_afterwards_and_not_read_again() {
        assert_eq!(to_text("&lt;script&gt;x&lt;/script&gt;"), "<script>x</script>");
    }
}
