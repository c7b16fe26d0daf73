//! HTML to plain text and back. Small on purpose: text that people read, not pages that look right.

const BLOCKS: [&str; 18] = [
    "p",
    "div",
    "br",
    "li",
    "ul",
    "ol",
    "tr",
    "table",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "pre",
    "hr",
    "section",
];
/// Elements whose content nobody is meant to read.
const UNREAD: [&str; 9] = ["script", "style", "head", "title", "template", "noscript", "iframe", "object", "svg"];
const ENTITIES: [(&str, char); 22] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("ndash", '–'),
    ("mdash", '—'),
    ("hellip", '…'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bull", '•'),
    ("euro", '€'),
    ("pound", '£'),
    ("copy", '©'),
    ("auml", 'ä'),
    ("ouml", 'ö'),
    ("uuml", 'ü'),
    ("eacute", 'é'),
    ("szlig", 'ß'),
];

/// The text of a field that may hold HTML or not, as the vendor's `details` and `note` do.
pub(crate) fn plain(field: &str) -> String {
    if looks_like_html(field) { from_html(field) } else { tidy(field) }
}

/// The text that a reader of this HTML would see. Scripts, styles and comments are no text.
pub(crate) fn from_html(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while !rest.is_empty() {
        let (text, markup) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
        words(text, &mut out);
        rest = if markup.is_empty() { markup } else { tag(markup, &mut out) };
    }
    tidy(&out)
}

/// Text without tags: blanks and line ends are one blank, entities the characters that they stand for.
fn words(text: &str, out: &mut String) {
    if stands(text) && !(text.starts_with(' ') && out.ends_with([' ', '\n'])) {
        out.push_str(text);
        return;
    }
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        match c {
            '&' => rest = entity(rest, out),
            c if c.is_whitespace() => {
                if !out.ends_with([' ', '\n']) {
                    out.push(' ');
                }
                rest = after(rest, c.len_utf8());
            }
            _ => {
                // Whole words at a time; what is not ASCII is a character by itself.
                let stops = |b: u8| matches!(b, b'&' | b' ' | b'\t'..=b'\r') || !b.is_ascii();
                let end = rest.bytes().position(stops).unwrap_or(rest.len()).max(c.len_utf8());
                out.push_str(rest.get(..end).unwrap_or_default());
                rest = after(rest, end);
            }
        }
    }
}

/// Whether a text is shown as it stands: ASCII without entities, its words one blank apart. Most is. It is looked through to its
/// end without stopping, so that many bytes are compared at once.
fn stands(text: &str) -> bool {
    let bytes = text.as_bytes();
    let next = bytes.get(1..).unwrap_or_default();
    let printed = bytes.iter().fold(true, |fine, it| fine & printed(*it) & (*it != b'&'));
    printed & bytes.iter().zip(next).fold(true, |fine, (it, next)| fine & !((*it == b' ') & (*next == b' ')))
}

/// Whether a byte is a character of ASCII and no control.
fn printed(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

/// Plain text as HTML that shows exactly this text.
pub(crate) fn to_html(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 16);
    html.push_str("<p>");
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            '\r' => {}
            '\n' => html.push_str("<br>"),
            c => html.push(c),
        }
    }
    html.push_str("</p>");
    html
}

fn after(text: &str, bytes: usize) -> &str {
    text.get(bytes..).unwrap_or_default()
}

/// Whether the field holds markup: an opening or closing tag of a name that the vendor's editor writes.
fn looks_like_html(field: &str) -> bool {
    const INLINE: [&str; 14] =
        ["html", "body", "span", "a", "b", "i", "u", "strong", "em", "font", "img", "td", "th", "tbody"];
    let last_end = field.rfind('>').unwrap_or_default();
    field.match_indices('<').any(|(at, _)| {
        let rest = after(field, at + 1);
        let name = tag_name(rest.strip_prefix('/').unwrap_or(rest));
        let known = BLOCKS.iter().chain(&UNREAD).chain(&INLINE).any(|it| it.eq_ignore_ascii_case(name));
        known && last_end > at || rest.starts_with("!--")
    })
}

fn tag_name(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// Takes one tag off the front; a `<` that begins none is text.
fn tag<'a>(html: &'a str, out: &mut String) -> &'a str {
    let inside = after(html, 1);
    if let Some(comment) = inside.strip_prefix("!--") {
        return comment.find("-->").map_or("", |at| after(comment, at + 3));
    }
    let (closing, named) = match inside.strip_prefix('/') {
        Some(named) => (true, named),
        None => (false, inside),
    };
    let name = tag_name(named);
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic()) || inside.starts_with(['!', '?']);
    if !begins {
        out.push('<');
        return inside;
    }
    let rest = after_tag(named);
    if !closing && UNREAD.iter().any(|it| it.eq_ignore_ascii_case(name)) {
        return after_element(rest, name);
    }
    if BLOCKS.iter().any(|it| it.eq_ignore_ascii_case(name)) {
        out.push('\n');
    } else if name.eq_ignore_ascii_case("td") || name.eq_ignore_ascii_case("th") {
        out.push(' ');
    }
    rest
}

/// What follows the `>` that ends a tag; one in a quoted value does not end it. A tag without an end swallows the rest.
fn after_tag(inside: &str) -> &str {
    let mut quote = None;
    for (at, c) in inside.char_indices() {
        match (quote, c) {
            (None, '>') => return after(inside, at + 1),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None | Some(_), _) => {}
        }
    }
    ""
}

/// What follows the closing tag of an element whose content is not read; without one, nothing.
fn after_element<'a>(html: &'a str, name: &str) -> &'a str {
    let mut rest = html;
    while let Some(at) = rest.find("</") {
        rest = after(rest, at + 2);
        if tag_name(rest).eq_ignore_ascii_case(name) {
            return after_tag(rest);
        }
    }
    ""
}

fn entity<'a>(html: &'a str, out: &mut String) -> &'a str {
    let rest = after(html, 1);
    let named = rest.bytes().take(10).position(|b| b == b';').and_then(|end| Some((rest.get(..end)?, end)));
    let decoded = named.and_then(|(name, end)| Some((decode(name)?, end)));
    match decoded {
        Some((c, end)) => {
            out.push(c);
            after(rest, end + 1)
        }
        None => {
            out.push('&');
            rest
        }
    }
}

fn decode(name: &str) -> Option<char> {
    let number = match name.strip_prefix('#') {
        Some(hex) if hex.starts_with(['x', 'X']) => u32::from_str_radix(after(hex, 1), 16).ok()?,
        Some(decimal) => decimal.parse().ok()?,
        None => return ENTITIES.iter().find(|(it, _)| *it == name).map(|(_, c)| *c),
    };
    char::from_u32(number).filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
}

/// No blanks at the ends of lines, no more than one empty line, none around the whole, no control characters.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines() {
        let line = line.trim_end();
        if line.trim().is_empty() {
            empty += 1;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if empty > 0 { "\n\n" } else { "\n" });
        }
        empty = 0;
        if line.bytes().fold(true, |fine, it| fine & printed(it)) {
            out.push_str(line);
        } else {
            out.extend(line.chars().filter(|c| !c.is_control() || *c == '\t'));
        }
    }
    let whole = out.trim();
    if whole.len() == out.len() { out } else { whole.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn details_may_be_html_and_come_back_as_plain_text() {
        let cases = [
            ("<p>Printer <b>offline</b></p><p>since 9&nbsp;am</p>", "Printer offline\n\nsince 9 am"),
            ("a<br/>b<BR>c", "a\nb\nc"),
            ("<ul><li>one</li><li>two</li></ul>", "one\n\ntwo"),
            ("x < 5 && y > 3", "x < 5 && y > 3"),
            ("write to <ann@acme.example>", "write to <ann@acme.example>"),
            ("<p>1 &lt; 2 &amp;amp; 3 &#x41;&#66; &bogus; &</p>", "1 < 2 &amp; 3 AB &bogus; &"),
            (r#"<p title="a > b">shown</p>"#, "shown"),
            ("plain\r\n\r\n\r\nlines  ", "plain\n\nlines"),
            ("<p>one  two\tthree\n four</p>", "one two three four"),
            ("<p>one <b> two</b>&nbsp; three</p>", "one two three"),
            ("<p>größer als \u{1} 5 &#60;b<c</p>", "größer als  5 <b"),
        ];
        for (html, text) in cases {
            assert_eq!(plain(html), text, "{html}");
        }
    }

    #[test]
    fn no_script_style_or_comment_becomes_text() {
        let cases = [
            "<p>ok</p><script>CANARY</script>",
            "<p>ok</p><SCRIPT src='x'>if (a</b) { CANARY }</SCRIPT >",
            "<style>p { content: 'CANARY' }</style><p>ok</p>",
            "<p>ok</p><!-- CANARY --><p></p>",
            "<p>ok</p><script>CANARY",
            "<p>ok</p><!-- CANARY",
            "<head><title>CANARY</title></head><p>ok</p>",
            "<p>ok</p><img alt=\"CANARY",
        ];
        for html in cases {
            assert_eq!(plain(html), "ok", "{html}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_as_html_reads_back_as_the_same_text(text in "[ -~]{0,40}(\n[!-~][ -~]{0,20}){0,3}") {
            prop_assert_eq!(from_html(&to_html(&text)), squeezed(&text));
        }

        #[test]
        fn any_input_ends_and_stays_small(text in "[<>&;/!\"'a-c#x0-9 \\-]{0,200}") {
            prop_assert!(from_html(&text).len() <= text.len() * 2);
        }
    }

    fn squeezed(text: &str) -> String {
        let lines = text.lines().map(|line| {
            let mut out = String::new();
            for c in line.chars() {
                if !(c == ' ' && (out.ends_with(' ') || out.is_empty())) {
                    out.push(c);
                }
            }
            out.trim_end().to_owned()
        });
        let mut out = String::new();
        let mut gap = false;
        for line in lines {
            if line.is_empty() {
                gap = true;
            } else {
                if !out.is_empty() {
                    out.push_str(if gap { "\n\n" } else { "\n" });
                }
                gap = false;
                out.push_str(&line);
            }
        }
        out
    }
}
