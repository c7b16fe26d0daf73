//! A small, bounded XML reader.
//!
//! **Invariant:** a document type, a processing instruction, an entity that XML itself does not define, a document deeper or
//! larger than the limits: each ends the reading. Nothing is ever fetched or expanded.

use postern_api::{Error, Result};
use quick_xml::NsReader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

/// Elements inside one another.
const DEPTH: usize = 32;
/// Elements in all; a folder with 5,000 files has about 100,000.
const ELEMENTS: usize = 400_000;

/// An element with what is in it. Attributes are left out: neither protocol says anything in them that is read here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// The namespace; empty: none.
    pub namespace: String,
    /// The name without a prefix.
    pub name: String,
    /// The text directly in it.
    pub text: String,
    /// The elements directly in it.
    pub children: Vec<Element>,
}

impl Element {
    /// Whether it has this name in this namespace.
    pub fn is(&self, namespace: &str, name: &str) -> bool {
        self.namespace == namespace && self.name == name
    }

    /// The first element with this name directly in it.
    pub fn child(&self, namespace: &str, name: &str) -> Option<&Element> {
        self.children.iter().find(|it| it.is(namespace, name))
    }

    /// The elements with this name directly in it.
    pub fn all<'a>(&'a self, namespace: &'a str, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |it| it.is(namespace, name))
    }
}

/// Text that may stand in an element or an attribute. Characters that XML cannot hold are left out.
pub fn escape(text: &str) -> String {
    let held = |it: &char| matches!(it, '\t' | '\n' | '\r') || (*it >= ' ' && !matches!(*it, '\u{FFFE}' | '\u{FFFF}'));
    let mut safe = String::with_capacity(text.len());
    for it in text.chars().filter(held) {
        match it {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            '\r' => safe.push_str("&#13;"),
            other => safe.push(other),
        }
    }
    safe
}

/// Reads a document whose outermost element has this name.
///
/// Errors: `BadReply`, without any of the document's text.
pub fn parse(body: &[u8], namespace: &str, name: &str) -> Result<Element> {
    let text = std::str::from_utf8(body).map_err(|_| broken("not UTF-8"))?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut reader = NsReader::from_str(text);
    let config = reader.config_mut();
    config.expand_empty_elements = true;
    config.check_end_names = true;
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut seen = 0_usize;
    loop {
        let (resolved, event) = reader.read_resolved_event().map_err(|_| broken("not well formed"))?;
        match event {
            Event::Start(start) => {
                seen += 1;
                if seen > ELEMENTS || open.len() >= DEPTH {
                    return Err(broken("too deep or too large"));
                }
                if open.is_empty() && root.is_some() {
                    return Err(broken("two documents"));
                }
                open.push(element(&resolved, &start)?);
            }
            Event::End(_) => {
                let done = open.pop().ok_or_else(|| broken("an end without a beginning"))?;
                match open.last_mut() {
                    Some(parent) => parent.children.push(done),
                    None => root = Some(done),
                }
            }
            Event::Text(text) => add(&mut open, &text.xml10_content())?,
            Event::CData(text) => add(&mut open, &text.xml10_content())?,
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().map_err(|_| broken("a reference to no character"))?;
                match character {
                    Some(character) => add(&mut open, character.encode_utf8(&mut [0; 4]))?,
                    None => {
                        let known = resolve_predefined_entity(&reference.xml10_content());
                        add(&mut open, known.ok_or_else(|| broken("an entity"))?)?;
                    }
                }
            }
            Event::Decl(_) | Event::Comment(_) => {}
            Event::DocType(_) => return Err(broken("a document type")),
            Event::PI(_) => return Err(broken("a processing instruction")),
            Event::Empty(_) => return Err(broken("an element that was to be expanded")),
            Event::Eof => break,
        }
    }
    if !open.is_empty() {
        return Err(broken("it ends too early"));
    }
    root.filter(|it| it.is(namespace, name)).ok_or_else(|| broken("another document than the one expected"))
}

fn element(resolved: &ResolveResult<'_>, start: &BytesStart<'_>) -> Result<Element> {
    let namespace = match resolved {
        ResolveResult::Bound(namespace) => namespace.0.to_owned(),
        ResolveResult::Unbound => String::new(),
        ResolveResult::Unknown(_) => return Err(broken("a prefix without a namespace")),
    };
    let name = start.local_name().as_ref().to_owned();
    Ok(Element { namespace, name, ..Element::default() })
}

fn add(open: &mut [Element], text: &str) -> Result<()> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(broken("text outside the document")),
    }
    Ok(())
}

fn broken(what: &'static str) -> Error {
    Error::bad_reply(format!("xml: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_api::ErrorKind;

    fn read(text: &str) -> Result<Element> {
        parse(text.as_bytes(), "DAV:", "multistatus")
    }

    #[test]
    fn prefixes_do_not_matter_and_references_to_characters_are_read() {
        for text in [
            "<?xml version='1.0'?><D:multistatus xmlns:D='DAV:'><D:href>a&amp;b&#x20;c</D:href></D:multistatus>",
            "\u{FEFF}<multistatus xmlns=\"DAV:\"><!-- x --><href><![CDATA[a&b c]]></href></multistatus>\n",
        ] {
            let read = read(text).expect("a document");
            assert_eq!(read.child("DAV:", "href").expect("an element").text, "a&b c");
            assert!(read.child("", "href").is_none());
        }
    }

    #[test]
    fn nothing_is_declared_expanded_or_fetched() {
        let inside = |text: &str| format!("{text}<D:multistatus xmlns:D='DAV:'><D:href>&x;</D:href></D:multistatus>");
        for bad in [
            inside("<!DOCTYPE D:multistatus [<!ENTITY x 'boom'>]>"),
            inside("<!DOCTYPE D:multistatus SYSTEM 'file:///etc/passwd'>"),
            inside(""),
            "<!DOCTYPE x><D:multistatus xmlns:D='DAV:'/>".to_owned(),
            "<?php x?><D:multistatus xmlns:D='DAV:'/>".to_owned(),
            "<D:multistatus xmlns:D='DAV:'><E:x/></D:multistatus>".to_owned(),
            "<D:multistatus xmlns:D='DAV:'/><D:multistatus xmlns:D='DAV:'/>".to_owned(),
            "<D:multistatus xmlns:D='DAV:'>".to_owned(),
            "<D:multistatus xmlns:D='DAV:'></D:other>".to_owned(),
            "<multistatus/>".to_owned(),
            "<html><body>no</body></html>".to_owned(),
            "{}".to_owned(),
            String::new(),
        ] {
            assert_eq!(read(&bad).expect_err("no document").kind(), ErrorKind::BadReply, "{bad}");
        }
        assert!(parse(b"\xff\xfe<", "DAV:", "multistatus").is_err());
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let nested = |depth: usize| {
            let (open, close) = ("<D:a>".repeat(depth), "</D:a>".repeat(depth));
            format!("<D:multistatus xmlns:D='DAV:'>{open}{close}</D:multistatus>")
        };
        assert!(read(&nested(DEPTH - 1)).is_ok());
        assert!(read(&nested(DEPTH)).is_err());
        let wide = |count: usize| format!("<D:multistatus xmlns:D='DAV:'>{}</D:multistatus>", "<D:a/>".repeat(count));
        assert!(read(&wide(1_000)).is_ok());
        assert!(read(&wide(ELEMENTS)).is_err());
    }

    #[test]
    fn an_error_says_nothing_of_the_document() {
        let error = read("<D:multistatus xmlns:D='DAV:'>CANARY</D:x>").expect_err("no document");
        assert!(!format!("{error} {error:?}").contains("CANARY"));
    }

    #[test]
    fn what_is_escaped_reads_back() {
        let text = "a<b>&\"c'\r\n\u{1}\u{FFFE}ü";
        let read = read(&format!("<multistatus xmlns='DAV:'>{}</multistatus>", escape(text))).expect("a document");
        assert_eq!(read.text, "a<b>&\"c'\r\nü");
    }
}
