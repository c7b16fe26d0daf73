//! `207 Multi-Status` (RFC 4918 section 13): what a server says of each of several places.

use crate::place::{Place, Root};
use crate::request::DAV;
use crate::xml::{Element, parse};
use postern_api::http::{Effect, Response};
use postern_api::{Error, Result};

/// What was said of several places, in the order of the answer.
#[derive(Debug, Clone)]
pub struct Multistatus {
    /// The places.
    pub members: Vec<Member>,
}

/// What was said of one place.
#[derive(Debug, Clone)]
pub struct Member {
    /// Where.
    pub place: Place,
    /// The status of the whole, where there is one.
    pub status: Option<u16>,
    /// The properties that were found.
    pub properties: Properties,
    /// How many properties were refused, with any other status than 200 or 404.
    pub refused: usize,
}

/// Properties that were found.
#[derive(Debug, Clone, Default)]
pub struct Properties(Vec<Element>);

impl Properties {
    /// One by its name.
    pub fn get(&self, namespace: &str, name: &str) -> Option<&Element> {
        self.0.iter().find(|it| it.is(namespace, name))
    }

    /// Its text without blanks around it; `None` where it is missing or empty.
    pub fn text(&self, namespace: &str, name: &str) -> Option<&str> {
        self.get(namespace, name).map(|it| it.text.trim()).filter(|it| !it.is_empty())
    }

    /// Whether this is a folder.
    pub fn is_collection(&self) -> bool {
        self.get(DAV, "resourcetype").is_some_and(|it| it.child(DAV, "collection").is_some())
    }
}

impl Multistatus {
    /// Reads an answer.
    ///
    /// Errors: those of [`crate::of`] for another status, `BadReply` for a body that is none or that names a place outside.
    pub fn read(response: &Response, root: &Root, effect: Effect, what: &'static str) -> Result<Self> {
        if response.status.as_u16() != 207 {
            return Err(crate::error::of(response, effect, what));
        }
        let document = parse(&response.body, DAV, "multistatus")?;
        let mut members = Vec::new();
        for response in document.all(DAV, "response") {
            let mut hrefs = response.all(DAV, "href").peekable();
            if hrefs.peek().is_none() {
                return Err(Error::bad_reply("a member without a place"));
            }
            let (properties, refused) = found(response)?;
            let status = response.child(DAV, "status").map(|it| status(&it.text)).transpose()?;
            for href in hrefs {
                let place = root.place(&href.text)?;
                members.push(Member { place, status, properties: properties.clone(), refused });
            }
        }
        Ok(Self { members })
    }
}

fn found(response: &Element) -> Result<(Properties, usize)> {
    let (mut found, mut refused) = (Vec::new(), 0);
    for part in response.all(DAV, "propstat") {
        let said = part.child(DAV, "status").ok_or_else(|| Error::bad_reply("properties without a status"))?;
        let properties = part.child(DAV, "prop").map(|it| it.children.as_slice()).unwrap_or_default();
        match status(&said.text)? {
            200 => found.extend_from_slice(properties),
            404 => {}
            _ => refused += properties.len().max(1),
        }
    }
    Ok((Properties(found), refused))
}

/// `HTTP/1.1 200 OK`
fn status(line: &str) -> Result<u16> {
    let number = line.trim().strip_prefix("HTTP/").and_then(|it| it.split_ascii_whitespace().nth(1));
    let number = number.and_then(|it| it.parse().ok()).filter(|it| (100..600).contains(it));
    number.ok_or_else(|| Error::bad_reply("a status that is none"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_api::http::{HeaderMap, StatusCode};

    fn read(inside: &str) -> Result<Multistatus> {
        let body = format!("<D:multistatus xmlns:D='DAV:' xmlns:P='urn:x'>{inside}</D:multistatus>");
        let response =
            Response { status: StatusCode::MULTI_STATUS, headers: HeaderMap::new(), body: body.into_bytes().into() };
        let root = Root::new("https://dav.example/files").expect("an address");
        Multistatus::read(&response, &root, Effect::Read, "document")
    }

    #[test]
    fn only_properties_that_were_found_count() {
        let read = read(
            "<D:response><D:href>/files/acme/a.pdf</D:href>
             <D:propstat><D:prop><D:getetag> \"1\" </D:getetag><P:state>approved</P:state></D:prop>
             <D:status>HTTP/1.1 200 OK</D:status></D:propstat>
             <D:propstat><D:prop><P:kind>Contract</P:kind></D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>
             <D:propstat><D:prop><P:x/></D:prop><D:status>HTTP/1.1 403 Forbidden</D:status></D:propstat></D:response>
             <D:response><D:href>/files/acme/b</D:href><D:status>HTTP/1.1 423 Locked</D:status></D:response>",
        )
        .expect("an answer");
        let [a, b] = read.members.as_slice() else { panic!("two members") };
        assert_eq!(a.place.segments(), ["acme", "a.pdf"]);
        assert_eq!((a.properties.text("urn:x", "state"), a.refused), (Some("approved"), 1));
        assert_eq!(a.properties.text("urn:x", "kind"), None);
        assert_eq!((b.status, b.refused), (Some(423), 0));
    }

    #[test]
    fn one_place_outside_spoils_the_whole_answer() {
        let good = "<D:response><D:href>/files/acme/a.pdf</D:href><D:status>HTTP/1.1 200 OK</D:status></D:response>";
        assert!(read(good).is_ok());
        for bad in [
            good.replace("/files/acme/a.pdf", "https://evil.example/files/acme/a.pdf"),
            good.replace("/files/acme/a.pdf", "/files/acme/../globex/a.pdf"),
            good.replace("<D:href>/files/acme/a.pdf</D:href>", ""),
            good.replace("HTTP/1.1 200 OK", "OK"),
            good.replace("HTTP/1.1 200 OK", "HTTP/1.1 99999"),
        ] {
            assert!(read(&bad).is_err(), "{bad}");
        }
    }
}
