//! Requests with WebDAV's verbs. Each says whether it reads or writes.

use crate::condition::Etag;
use crate::xml::{escape, parse};
use postern_api::http::{Effect, HeaderName, Method, Request, Response, header};
use postern_api::{Error, Result};

/// WebDAV's namespace.
pub const DAV: &str = "DAV:";

const XML: &str = "application/xml; charset=utf-8";

/// A property: its namespace and its name, both fixed texts of ours.
pub type Prop = (&'static str, &'static str);

fn verb(name: &'static str, effect: Effect, path: &[&str]) -> Request {
    // A token by its spelling; a text that is none would only be refused over there.
    let method = Method::from_bytes(name.as_bytes()).unwrap_or(Method::OPTIONS);
    Request::with_method(method, effect, path)
}

/// A header by its name in lower case.
pub fn header_of(name: &'static str) -> HeaderName {
    HeaderName::from_static(name)
}

fn names(props: &[Prop]) -> String {
    props.iter().map(|(namespace, name)| format!("<x:{name} xmlns:x=\"{}\"/>", escape(namespace))).collect()
}

/// Reads properties of a place (`depth` 0), or of what is directly in a folder too (`depth` 1).
pub fn propfind(path: &[&str], depth: u8, props: &[Prop]) -> Request {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><D:propfind xmlns:D=\"DAV:\"><D:prop>{}</D:prop></D:propfind>",
        names(props)
    );
    let request = verb("PROPFIND", Effect::Read, path).header(header_of("depth"), depth.to_string()).text(XML, body);
    if depth == 0 { request } else { request.collection() }
}

/// A report over a folder; the body is a whole document.
pub fn report(path: &[&str], body: String) -> Request {
    verb("REPORT", Effect::Read, path).header(header_of("depth"), "1").text(XML, body).collection()
}

/// Sets one property of a place that is locked with this token and still has this content.
pub fn proppatch(path: &[&str], (namespace, name): Prop, value: &str, token: &str, etag: &Etag) -> Request {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><D:propertyupdate xmlns:D=\"DAV:\"><D:set><D:prop><x:{name} \
         xmlns:x=\"{}\">{}</x:{name}></D:prop></D:set></D:propertyupdate>",
        escape(namespace),
        escape(value)
    );
    let request = verb("PROPPATCH", Effect::Write, path).text(XML, body);
    request.header(header_of("if"), format!("(<{token}> [{}])", etag.quoted())).header(header::IF_MATCH, etag.quoted())
}

/// Locks a place for nobody else to change, for so many seconds. `owner` says who, for people who wonder.
pub fn lock(path: &[&str], owner: &str, seconds: u32) -> Request {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><D:lockinfo xmlns:D=\"DAV:\"><D:lockscope><D:exclusive/></D:lockscope>\
         <D:locktype><D:write/></D:locktype><D:owner>{}</D:owner></D:lockinfo>",
        escape(owner)
    );
    verb("LOCK", Effect::Write, path)
        .header(header_of("depth"), "0")
        .header(header_of("timeout"), format!("Second-{seconds}"))
        .text(XML, body)
}

/// The token of a lock that was granted: what the header says, and else the body.
pub fn lock_token(response: &Response) -> Result<String> {
    let said = response.header(&header_of("lock-token")).map(|it| it.trim().trim_matches(['<', '>']).to_owned());
    let token = match said {
        Some(token) => token,
        None => {
            let body = parse(&response.body, DAV, "prop")?;
            let lock = body.child(DAV, "lockdiscovery").and_then(|it| it.child(DAV, "activelock"));
            let href = lock.and_then(|it| it.child(DAV, "locktoken")).and_then(|it| it.child(DAV, "href"));
            href.map(|it| it.text.trim().to_owned()).unwrap_or_default()
        }
    };
    let fits = |it: u8| it.is_ascii_graphic() && !matches!(it, b'<' | b'>' | b'(' | b')');
    let good = !token.is_empty() && token.len() <= 256 && token.bytes().all(fits);
    good.then_some(token).ok_or_else(|| Error::bad_reply("a lock without a token"))
}

/// Gives a lock back.
pub fn unlock(path: &[&str], token: &str) -> Request {
    verb("UNLOCK", Effect::Write, path).header(header_of("lock-token"), format!("<{token}>"))
}

/// Reads a file.
pub fn get(path: &[&str]) -> Request {
    Request::get(path)
}

/// Writes a file: over the content with this tag, or (`None`) where there is none yet.
pub fn put(path: &[&str], media_type: &'static str, body: Vec<u8>, over: Option<&Etag>) -> Request {
    let request = Request::put(path).text(media_type, body);
    match over {
        Some(etag) => request.header(header::IF_MATCH, etag.quoted()),
        None => request.header(header::IF_NONE_MATCH, "*"),
    }
}

/// Deletes a file that still has this content.
pub fn delete(path: &[&str], etag: &Etag) -> Request {
    Request::with_method(Method::DELETE, Effect::Write, path).header(header::IF_MATCH, etag.quoted())
}

/// Makes a folder.
pub fn mkcol(path: &[&str]) -> Request {
    verb("MKCOL", Effect::Write, path).collection()
}

/// Makes a calendar (RFC 4791 section 5.3.1).
pub fn mkcalendar(path: &[&str]) -> Request {
    verb("MKCALENDAR", Effect::Write, path).collection()
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_api::http::{Body, HeaderMap, StatusCode};

    fn text(request: &Request) -> String {
        let Body::Text(_, body) = &request.body else { panic!("a text") };
        String::from_utf8(body.clone()).expect("text")
    }

    #[test]
    fn what_changes_something_says_so_and_names_its_condition() {
        let tag = Etag::new("1").expect("a tag");
        let says = |it: &Request, name: &str| {
            it.headers.iter().find(|(header, _)| header.as_str() == name).map(|(_, value)| value.clone())
        };
        let patch = proppatch(&["acme", "a"], ("urn:x", "ledger"), "<&>", "opaque:1", &tag);
        assert_eq!((patch.method.as_str(), patch.effect), ("PROPPATCH", Effect::Write));
        assert_eq!(says(&patch, "if").as_deref(), Some("(<opaque:1> [\"1\"])"));
        assert!(text(&patch).contains("<x:ledger xmlns:x=\"urn:x\">&lt;&amp;&gt;</x:ledger>"));
        assert_eq!(says(&put(&["a"], "text/plain", vec![], None), "if-none-match").as_deref(), Some("*"));
        assert_eq!(says(&put(&["a"], "text/plain", vec![], Some(&tag)), "if-match").as_deref(), Some("\"1\""));
        assert_eq!(says(&delete(&["a"], &tag), "if-match").as_deref(), Some("\"1\""));
        for write in [lock(&["a"], "x", 30), unlock(&["a"], "t"), mkcol(&["a"]), mkcalendar(&["a"])] {
            assert_eq!(write.effect, Effect::Write, "{:?}", write.method);
        }
        let find = propfind(&["acme"], 1, &[(DAV, "getetag")]);
        assert_eq!((find.method.as_str(), find.effect, find.collection), ("PROPFIND", Effect::Read, true));
        assert_eq!(report(&["acme"], String::new()).effect, Effect::Read);
    }

    #[test]
    fn a_lock_has_a_token_that_can_stand_in_a_header() {
        let answer = |header: Option<&str>, body: &str| {
            let mut headers = HeaderMap::new();
            if let Some(value) = header {
                headers.insert("lock-token", value.parse().expect("a header"));
            }
            lock_token(&Response { status: StatusCode::OK, headers, body: body.to_owned().into_bytes().into() })
        };
        assert_eq!(answer(Some("<opaquelocktoken:1>"), "").expect("a token"), "opaquelocktoken:1");
        let body = "<D:prop xmlns:D='DAV:'><D:lockdiscovery><D:activelock><D:locktoken><D:href>opaque:2</D:href>\
                    </D:locktoken></D:activelock></D:lockdiscovery></D:prop>";
        assert_eq!(answer(None, body).expect("a token"), "opaque:2");
        assert!(answer(None, "").is_err() && answer(Some("<>"), "").is_err() && answer(Some("a b"), "").is_err());
    }
}
