//! What the WebDAV and the CalDAV simulator share: a tree of files with entity tags, properties and locks, behind HTTP Basic.
//! It refuses what real servers refuse: a write on a lock without its token, a condition that does not hold, a folder that
//! is not there, `Depth: infinity`.

pub(crate) mod answer;
mod verbs;

use crate::{Log, Recorded, Running, serve};
use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use base64::Engine as _;
use jiff::Timestamp;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::net::TcpListener;

/// The account that it knows.
pub const USERNAME: &str = "svc-postern";
/// Its password.
pub const PASSWORD: &str = "simulated-dav-password";
/// Where everything is.
pub const BASE: &str = "/dav/customers";

/// A property's namespace and name.
pub type Name = (String, String);

/// A file or a folder.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// A folder.
    pub folder: bool,
    /// A folder that is a calendar.
    pub calendar: bool,
    /// What is in it.
    pub content: Vec<u8>,
    /// The media type.
    pub content_type: String,
    /// Counts contents: the entity tag.
    pub version: u64,
    /// When it was last written.
    pub modified: Timestamp,
    /// Dead properties.
    pub properties: BTreeMap<Name, String>,
    /// The token of a lock.
    pub lock: Option<String>,
}

impl Node {
    /// The entity tag, bare.
    pub fn etag(&self) -> String {
        format!("1059-{}-{}", self.version, self.content.len())
    }
}

/// Ways to misbehave; each was seen on a server or follows from the standards.
#[derive(Debug, Clone, Default)]
pub struct Quirks {
    /// Entity tags come without quotes in properties, as WsgiDAV has them.
    pub bare_etags: bool,
    /// Entity tags are weak.
    pub weak_etags: bool,
    /// Places are whole addresses.
    pub whole_addresses: bool,
    /// Every answer that lists has this place in it too, as it stands here.
    pub stray_place: Option<String>,
    /// Every list of a folder holds the files of this folder too.
    pub leak_folder: Option<String>,
    /// Lists begin with a document type.
    pub document_type: bool,
    /// There are no locks.
    pub no_locks: bool,
    /// Properties are refused with 403, inside a 207.
    pub refuse_properties: bool,
    /// Writes are answered as if they were made, and are not.
    pub lose_writes: bool,
    /// Writes are made and never answered.
    pub stall_after_commit: bool,
    /// Writes are made and answered with 500.
    pub fail_after_commit: bool,
    /// Conditions are not looked at.
    pub ignore_conditions: bool,
    /// Filters of a report are not looked at.
    pub ignore_filters: bool,
    /// Every answer but those to `OPTIONS`; the status and the body.
    pub canned: Option<(u16, &'static str, String)>,
}

/// Answers a `REPORT`: the tree, the folder's path, the request's body.
pub(crate) type Report = fn(&Tree, &[String], &[u8], &Quirks) -> Response;

/// The files by their path below [`BASE`].
pub type Tree = BTreeMap<Vec<String>, Node>;

/// The simulator's insides.
#[derive(Clone)]
pub struct State {
    /// What was asked.
    pub log: Log,
    quirks: Arc<Mutex<Quirks>>,
    tree: Arc<Mutex<Tree>>,
    report: Option<Report>,
    counter: Arc<Mutex<u64>>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("log", &self.log).finish_non_exhaustive()
    }
}

impl State {
    pub(crate) fn new(report: Option<Report>) -> Self {
        let mut tree = Tree::new();
        tree.insert(vec![], Node { folder: true, ..Node::default() });
        Self {
            log: Log::default(),
            quirks: Arc::default(),
            tree: Arc::new(Mutex::new(tree)),
            report,
            counter: Arc::new(Mutex::new(1)),
        }
    }

    /// Changes how it misbehaves.
    pub fn quirks(&self, change: impl FnOnce(&mut Quirks)) {
        change(&mut self.quirks.lock());
    }

    /// Reads or changes the files.
    pub fn tree<T>(&self, look: impl FnOnce(&mut Tree) -> T) -> T {
        look(&mut self.tree.lock())
    }

    /// Makes a folder, with those above it.
    pub fn folder(&self, path: &str) {
        let names = names(path);
        self.tree(|tree| {
            for end in 1..=names.len() {
                let at = names.iter().take(end).cloned().collect();
                tree.entry(at).or_insert_with(|| Node { folder: true, modified: Timestamp::now(), ..Node::default() });
            }
        });
    }

    /// Writes a file, over what there is, and keeps its properties as WsgiDAV does.
    pub fn file(&self, path: &str, content: &str, content_type: &str) {
        let version = self.next();
        self.tree(|tree| {
            let node = tree.entry(names(path)).or_default();
            node.content = content.as_bytes().to_vec();
            node.content_type = content_type.to_owned();
            node.version = version;
            node.modified = Timestamp::now();
        });
    }

    /// Sets a property of a file that is there.
    pub fn property(&self, path: &str, namespace: &str, name: &str, value: &str) {
        self.tree(|tree| {
            if let Some(node) = tree.get_mut(&names(path)) {
                node.properties.insert((namespace.to_owned(), name.to_owned()), value.to_owned());
            }
        });
    }

    /// The entity tag of a file, bare.
    pub fn etag(&self, path: &str) -> String {
        self.tree(|tree| tree.get(&names(path)).map(Node::etag).unwrap_or_default())
    }

    fn next(&self) -> u64 {
        let mut counter = self.counter.lock();
        *counter += 1;
        *counter
    }
}

pub(crate) fn names(path: &str) -> Vec<String> {
    path.split('/').filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

pub(crate) async fn start(listen: &str, state: State) -> std::io::Result<Running<State>> {
    let app = axum::Router::new().fallback(handle).with_state(state.clone());
    serve(TcpListener::bind(listen).await?, app, state).await
}

async fn handle(Extract(state): Extract<State>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    state.log.push(Recorded {
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        headers: headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    let quirks = state.quirks.lock().clone();
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{USERNAME}:{PASSWORD}"));
    let known = headers.get("authorization").is_some_and(|it| text(it) == format!("Basic {pair}"));
    if !known {
        return answer::page(401);
    }
    if let Some((status, content_type, body)) = &quirks.canned {
        return answer::of(*status, content_type, body.clone());
    }
    let asked = verbs::Asked { method: method.as_str(), path: uri.path(), headers: &headers, body: &body };
    let (answer, written) = state.answer(&asked, &quirks);
    if written && quirks.stall_after_commit {
        return std::future::pending().await;
    }
    if written && quirks.fail_after_commit { answer::page(500) } else { answer }
}
