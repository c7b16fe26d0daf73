//! The verbs, each as RFC 4918 and RFC 9110 have it.

use super::{BASE, Node, Quirks, State, Tree, answer, names};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use postern_dav::{Element, parse};

/// A request.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
}

impl Asked<'_> {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default()
    }

    /// The path below the base, decoded; `None`: somewhere else.
    fn names(&self) -> Option<Vec<String>> {
        let below = self.path.strip_prefix(BASE)?;
        if !below.is_empty() && !below.starts_with('/') {
            return None;
        }
        let decode = |it: &String| {
            let bytes = it.as_bytes();
            let (mut out, mut at) = (Vec::new(), 0);
            while let Some(byte) = bytes.get(at) {
                let hex = bytes.get(at + 1..at + 3).and_then(|it| std::str::from_utf8(it).ok());
                match hex.and_then(|it| u8::from_str_radix(it, 16).ok()).filter(|_| *byte == b'%') {
                    Some(value) => {
                        out.push(value);
                        at += 3;
                    }
                    None => {
                        out.push(*byte);
                        at += 1;
                    }
                }
            }
            String::from_utf8(out).ok()
        };
        names(below).iter().map(decode).collect()
    }

    /// Whether the conditions hold for what is there: 412 if not.
    fn holds(&self, node: Option<&Node>) -> bool {
        let tag = node.filter(|it| !it.folder).map(|it| format!("\"{}\"", it.etag()));
        let matches = |wanted: &str| node.is_some() && (wanted == "*" || tag.as_deref() == Some(wanted));
        let (want, avoid) = (self.header("if-match"), self.header("if-none-match"));
        let listed = match (self.header("if").split_once('['), &tag) {
            (Some((_, rest)), Some(tag)) => rest.trim_end_matches(')').trim_end_matches(']') == tag,
            (Some(_), None) => false,
            (None, _) => true,
        };
        listed && (want.is_empty() || matches(want)) && (avoid.is_empty() || !matches(avoid))
    }

    /// Whether a lock is the asker's: 423 if not.
    fn unlocked(&self, node: Option<&Node>) -> bool {
        match node.and_then(|it| it.lock.as_ref()) {
            Some(token) => self.header("if").contains(&format!("<{token}>")),
            None => true,
        }
    }

    fn document(&self, name: &str) -> Option<Element> {
        parse(self.body, "DAV:", name).ok()
    }
}

impl State {
    /// The answer, and whether something was changed.
    pub(super) fn answer(&self, asked: &Asked<'_>, quirks: &Quirks) -> (Response, bool) {
        let page = |status| (answer::page(status), false);
        let Some(path) = asked.names() else { return page(404) };
        match asked.method {
            "OPTIONS" => {
                let mut response = answer::page(200);
                let classes = match (quirks.no_locks, self.report.is_some()) {
                    (true, false) => "1, 3",
                    (true, true) => "1, 3, calendar-access",
                    (false, false) => "1, 2, 3",
                    (false, true) => "1, 2, 3, calendar-access",
                };
                response.headers_mut().insert("dav", axum::http::HeaderValue::from_static(classes));
                (response, false)
            }
            "PROPFIND" => (self.propfind(asked, &path, quirks), false),
            "REPORT" => match self.report {
                Some(report) => (report(&self.tree.lock(), &path, asked.body, quirks), false),
                None => page(405),
            },
            "GET" => {
                let tree = self.tree.lock();
                let Some(node) = tree.get(&path).filter(|it| !it.folder) else { return page(404) };
                let mut response = answer::of(200, &node.content_type, node.content.clone());
                let tag =
                    if quirks.weak_etags { format!("W/\"{}\"", node.etag()) } else { format!("\"{}\"", node.etag()) };
                if let Ok(tag) = tag.parse() {
                    response.headers_mut().insert("etag", tag);
                }
                (response, false)
            }
            "PUT" | "DELETE" | "PROPPATCH" | "LOCK" | "UNLOCK" | "MKCOL" | "MKCALENDAR" => {
                self.write(asked, &path, quirks)
            }
            _ => page(405),
        }
    }

    fn propfind(&self, asked: &Asked<'_>, path: &[String], quirks: &Quirks) -> Response {
        let tree = self.tree.lock();
        let Some(node) = tree.get(path) else { return answer::page(404) };
        let Some(body) = asked.document("propfind") else { return answer::page(400) };
        let props = body.child("DAV:", "prop").map(|it| it.children.clone()).unwrap_or_default();
        let host = asked.header("host");
        let calendars = self.report.is_some();
        let one = |path: &[String], node: &Node| {
            let node = &Node { calendar: calendars && !path.is_empty(), ..node.clone() };
            answer::member(&answer::href(path, node.folder, host, quirks), node, &props, quirks)
        };
        let mut all = one(path, node);
        match asked.header("depth") {
            "0" => {}
            "1" => {
                let leaked = quirks.leak_folder.as_deref().map(names);
                let inside = |it: &[String]| {
                    it.split_last().is_some_and(|(_, above)| above == path || Some(above) == leaked.as_deref())
                };
                all.extend(tree.iter().filter(|(it, _)| inside(it)).map(|(path, node)| one(path, node)));
            }
            _ => return answer::page(403),
        }
        answer::multistatus(&all, quirks)
    }

    fn write(&self, asked: &Asked<'_>, path: &[String], quirks: &Quirks) -> (Response, bool) {
        let page = |status| (answer::page(status), false);
        let (version, mut tree) = (self.next(), self.tree.lock());
        let above = path.split_last().map(|(_, above)| above.to_vec()).unwrap_or_default();
        if !tree.get(&above).is_some_and(|it| it.folder) {
            return page(409);
        }
        let there = tree.get(path);
        if !quirks.ignore_conditions && !asked.holds(there) {
            return page(412);
        }
        if !matches!(asked.method, "UNLOCK") && !asked.unlocked(there) {
            return page(423);
        }
        if quirks.no_locks && matches!(asked.method, "LOCK" | "UNLOCK") {
            return page(405);
        }
        let lost = quirks.lose_writes && matches!(asked.method, "PUT" | "DELETE" | "PROPPATCH");
        let mut scratch = tree.clone();
        let target = if lost { &mut scratch } else { &mut *tree };
        change(target, asked, path, version, quirks)
    }
}

fn change(tree: &mut Tree, asked: &Asked<'_>, path: &[String], version: u64, quirks: &Quirks) -> (Response, bool) {
    let page = |status| (answer::page(status), false);
    let there = tree.contains_key(path);
    match asked.method {
        "PUT" => {
            let node = tree.entry(path.to_vec()).or_default();
            if node.folder {
                return page(405);
            }
            node.content = asked.body.to_vec();
            node.content_type = asked.header("content-type").to_owned();
            (node.version, node.modified) = (version, Timestamp::now());
            let tag = format!("\"{}\"", node.etag());
            let mut response = answer::page(if there { 204 } else { 201 });
            if let Ok(tag) = tag.parse() {
                response.headers_mut().insert("etag", tag);
            }
            (response, true)
        }
        "DELETE" if there => {
            tree.remove(path);
            (answer::page(204), true)
        }
        "MKCOL" | "MKCALENDAR" if there => page(405),
        "MKCOL" | "MKCALENDAR" => {
            tree.insert(path.to_vec(), Node { folder: true, modified: Timestamp::now(), ..Node::default() });
            (answer::page(201), true)
        }
        _ => match tree.get_mut(path) {
            Some(node) => mark(node, asked, path, version, quirks),
            None => page(404),
        },
    }
}

/// Changes what is known of a file, and not its content.
fn mark(node: &mut Node, asked: &Asked<'_>, path: &[String], version: u64, quirks: &Quirks) -> (Response, bool) {
    match asked.method {
        "LOCK" => {
            let token = format!("opaquelocktoken:{version}");
            node.lock = Some(token.clone());
            let body = format!(
                "<?xml version='1.0'?><D:prop xmlns:D=\"DAV:\"><D:lockdiscovery><D:activelock><D:locktoken><D:href>{token}\
                 </D:href></D:locktoken></D:activelock></D:lockdiscovery></D:prop>"
            );
            let mut response = answer::of(200, "application/xml; charset=utf-8", body);
            if let Ok(token) = format!("<{token}>").parse() {
                response.headers_mut().insert("lock-token", token);
            }
            // A lock is no change of a record.
            (response, false)
        }
        "UNLOCK" => {
            let ours = node.lock.as_ref().is_some_and(|it| asked.header("lock-token") == format!("<{it}>"));
            if !ours {
                return (answer::page(409), false);
            }
            node.lock = None;
            (answer::page(204), false)
        }
        _ => {
            let Some(body) = asked.document("propertyupdate") else { return (answer::page(400), false) };
            let set = body.all("DAV:", "set").flat_map(|it| it.all("DAV:", "prop")).flat_map(|it| &it.children);
            let (mut named, status) =
                (String::new(), if quirks.refuse_properties { "403 Forbidden" } else { "200 OK" });
            for it in set {
                if !quirks.refuse_properties {
                    node.properties.insert((it.namespace.clone(), it.name.clone()), it.text.clone());
                }
                named.push_str(&format!("<x:{} xmlns:x=\"{}\"/>", it.name, it.namespace));
            }
            let href = answer::href(path, false, asked.header("host"), quirks);
            let inside = format!(
                "<D:response><D:href>{href}</D:href><D:propstat><D:prop>{named}</D:prop><D:status>HTTP/1.1 {status}\
                 </D:status></D:propstat></D:response>"
            );
            (answer::multistatus(&inside, quirks), !quirks.refuse_properties)
        }
    }
}
