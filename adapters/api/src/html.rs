//! HTML to plain text, for the few fields where a vendor keeps HTML. Small on purpose: text that people read.

const BLOCKS: [&str; 14] =
    ["p", "div", "br", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "blockquote", "pre"];
/// Elements whose content nobody is meant to read.
const UNREAD: [&str; 5] = ["script", "style", "head", "title", "template"];
const ENTITIES: [(&str, char); 8] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("ndash", '–'),
    ("mdash", '—'),
];

/// The text of a field that may hold HTML or not.
pub fn plain(field: &str) -> String {
    let known =
        |name: &str| BLOCKS.contains(&name) || UNREAD.contains(&name) || matches!(name, "html" | "body" | "span");
    let html = field.split('<').skip(1).any(|it| known(&name_of(it.trim_start_matches('/'))));
    if html { from_html(field) } else { tidy(field) }
}

/// The text that a reader of this HTML would see.
fn from_html(html: &str) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(at);
        words(before, &mut out);
        rest = match from.strip_prefix('<') {
            Some(inside) => tag(inside, &mut out),
            None => entity(from, &mut out),
        };
    }
    words(rest, &mut out);
    tidy(&out)
}

fn name_of(inside: &str) -> String {
    inside.chars().take_while(char::is_ascii_alphanumeric).take(16).collect::<String>().to_ascii_lowercase()
}

/// Line ends in HTML are blanks.
fn words(text: &str, out: &mut String) {
    for c in text.chars() {
        if !c.is_whitespace() {
            out.push(c);
        } else if !out.ends_with([' ', '\n']) {
            out.push(' ');
        }
    }
}

/// Behind the `<`: what follows the tag, and the whole element where nobody reads it.
fn tag<'a>(inside: &'a str, out: &mut String) -> &'a str {
    if let Some(comment) = inside.strip_prefix("!--") {
        return comment.split_once("-->").map_or("", |(_, rest)| rest);
    }
    let begins = |c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?');
    if !inside.starts_with(begins) {
        out.push('<');
        return inside;
    }
    let name = name_of(inside.trim_start_matches('/'));
    let Some((_, after)) = inside.split_once('>') else { return "" };
    if BLOCKS.contains(&name.as_str()) {
        out.push('\n');
    }
    if inside.starts_with('/') || !UNREAD.contains(&name.as_str()) {
        return after;
    }
    // To the end of the element, or of the text where it has none.
    let end = format!("</{name}");
    let lower = after.to_ascii_lowercase();
    let close = lower.find(&end).and_then(|at| after.get(at..)).and_then(|it| it.split_once('>'));
    close.map_or("", |(_, rest)| rest)
}

fn entity<'a>(from: &'a str, out: &mut String) -> &'a str {
    let known =
        from.get(1..).and_then(|it| it.split_once(';')).filter(|(name, _)| name.len() <= 8).and_then(|(name, rest)| {
            let named = ENTITIES.iter().find(|(it, _)| *it == name).map(|(_, c)| *c);
            let number = name.strip_prefix('#').and_then(|it| match it.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok(),
                None => it.parse().ok(),
            });
            Some((named.or_else(|| number.and_then(char::from_u32))?, rest))
        });
    match known {
        Some((c, rest)) => {
            out.push(c);
            rest
        }
        None => {
            out.push('&');
            from.strip_prefix('&').unwrap_or_default()
        }
    }
}

/// Without control characters, blanks at line ends and long gaps.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines() {
        let line = line.trim_end();
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty > 1 {
            continue;
        }
        out.extend(line.chars().filter(|it| !it.is_control() || *it == '\t'));
        out.push('\n');
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_what_a_reader_sees() {
        let cases = [
            ("<p>one</p><p>two &amp; <b>three</b></p>", "one\n\ntwo & three"),
            ("<div>a<script>CANARY</script>b<!-- CANARY --></div>", "ab"),
            ("<p>x<STYLE>CANARY", "x"),
            ("<p>1 &lt; 2 &#8364; &#x41; &bogus; &", "1 < 2 € A &bogus; &"),
            ("<br", ""),
            ("<p>a < b</p>", "a < b"),
        ];
        for (html, text) in cases {
            assert_eq!(plain(html), text, "{html}");
        }
    }

    #[test]
    fn what_is_no_html_stays() {
        for text in ["a < b && c > d", "it's \"odd\" & <b>bold</b>; a < b", "<3", "<gw@x.example>"] {
            assert_eq!(plain(text), text);
        }
        assert_eq!(plain("a\u{0}b \r\n\n\n\nc"), "ab\n\nc");
    }
}
