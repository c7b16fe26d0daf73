//! Answers as servers write them.

use super::{BASE, Name, Node, Quirks};
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use postern_dav::{Element, escape};

pub(crate) fn of(status: u16, content_type: &str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    if let Ok(value) = content_type.parse() {
        response.headers_mut().insert("content-type", value);
    }
    response
}

/// A page, as WsgiDAV and Apache send one with every failure.
pub(crate) fn page(status: u16) -> Response {
    of(status, "text/html; charset=utf-8", format!("<!DOCTYPE HTML><html><body><h1>{status}</h1></body></html>"))
}

pub(crate) fn multistatus(inside: &str, quirks: &Quirks) -> Response {
    let stray = quirks.stray_place.as_ref().map(|place| {
        format!(
            "<D:response><D:href>{place}</D:href><D:propstat><D:prop><D:resourcetype/><D:getlastmodified>Sat, 21 Nov 2026 \
             06:32:59 GMT</D:getlastmodified></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
        )
    });
    let kind = if quirks.document_type { "<!DOCTYPE m [<!ENTITY a 'b'>]>" } else { "" };
    let body = format!(
        "<?xml version='1.0' encoding='UTF-8'?>\n{kind}<D:multistatus xmlns:D=\"DAV:\">{inside}{}</D:multistatus>",
        stray.unwrap_or_default()
    );
    of(207, "application/xml; charset=utf-8", body)
}

/// A place as it stands in an answer.
pub(crate) fn href(names: &[String], folder: bool, host: &str, quirks: &Quirks) -> String {
    let encode = |name: &String| {
        name.bytes().fold(String::new(), |all, it| {
            let plain = it.is_ascii_alphanumeric() || b"-_.~@".contains(&it);
            if plain { format!("{all}{}", char::from(it)) } else { format!("{all}%{it:02X}") }
        })
    };
    let path: String = names.iter().map(|it| format!("/{}", encode(it))).collect();
    let host = if quirks.whole_addresses { format!("http://{host}") } else { String::new() };
    let slash = if folder { "/" } else { "" };
    format!("{host}{BASE}{path}{slash}")
}

fn tag(node: &Node, quirks: &Quirks) -> String {
    match (quirks.weak_etags, quirks.bare_etags) {
        (true, _) => format!("W/\"{}\"", node.etag()),
        (false, true) => node.etag(),
        (false, false) => format!("\"{}\"", node.etag()),
    }
}

/// One member of a list: what was asked and is there, and what is not.
pub(crate) fn member(href: &str, node: &Node, asked: &[Element], quirks: &Quirks) -> String {
    let (mut found, mut missing) = (String::new(), String::new());
    for it in asked {
        let name: Name = (it.namespace.clone(), it.name.clone());
        let value = match (it.namespace.as_str(), it.name.as_str()) {
            ("DAV:", "resourcetype") if node.folder && node.calendar => {
                Some("<D:collection/><C:calendar xmlns:C=\"urn:ietf:params:xml:ns:caldav\"/>".to_owned())
            }
            ("DAV:", "resourcetype") if node.folder => Some("<D:collection/>".to_owned()),
            ("DAV:", "resourcetype") => Some(String::new()),
            ("DAV:", "getetag") if !node.folder => Some(tag(node, quirks)),
            ("DAV:", "getcontentlength") if !node.folder => Some(node.content.len().to_string()),
            ("DAV:", "getcontenttype") if !node.folder => Some(escape(&node.content_type)),
            ("DAV:", "getlastmodified") => Some(node.modified.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()),
            ("DAV:", "creationdate") => Some(node.modified.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            ("urn:ietf:params:xml:ns:caldav", "calendar-data") if !node.folder => {
                Some(escape(&String::from_utf8_lossy(&node.content)))
            }
            _ => node.properties.get(&name).map(|it| escape(it)),
        };
        let (namespace, name) = (escape(&it.namespace), &it.name);
        match value {
            Some(value) => {
                found.push_str(&format!("<x:{name} xmlns:x=\"{namespace}\">{value}</x:{name}>"));
            }
            None => missing.push_str(&format!("<x:{name} xmlns:x=\"{namespace}\"/>")),
        }
    }
    let part = |inside: &str, status: &str| match inside {
        "" => String::new(),
        _ => format!("<D:propstat><D:prop>{inside}</D:prop><D:status>HTTP/1.1 {status}</D:status></D:propstat>"),
    };
    format!(
        "<D:response><D:href>{}</D:href>{}{}</D:response>",
        escape(href),
        part(&found, "200 OK"),
        part(&missing, "404 Not Found")
    )
}
