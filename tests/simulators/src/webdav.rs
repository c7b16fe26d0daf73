//! A WebDAV server with the documents of two customers, as WsgiDAV serves them.

pub use crate::dav::{BASE, Node, PASSWORD, Quirks, State, USERNAME};
use crate::{Running, dav};
use serde_json::{Map, Value, json};

/// The namespace of the properties that say what a document is.
const NAMESPACE: &str = "urn:postern:documents";

/// The files that it begins with: whose, the name, for whom, the state, the kind.
pub const FILES: [(&str, &str, &str, &str, &str); 11] = [
    ("acme", "Service contract.v1.pdf", "customer", "approved", "Contract"),
    ("acme", "Service contract.v2.pdf", "customer", "approved", "Contract"),
    ("acme", "Server room drawing.pdf", "customer", "approved", "Drawing"),
    ("acme", "Offer 2027.v1.pdf", "customer", "approved", "Quote"),
    ("acme", "Offer 2027.v2.pdf", "customer", "in_review", "Quote"),
    ("acme", "Margins.pdf", "internal", "approved", "Calculation"),
    ("acme", "Übergabe & Plan #1.pdf", "customer", "approved", "Report"),
    ("acme", "unmarked.txt", "", "", ""),
    ("globex", "Plant network.v1.pdf", "customer", "approved", "Drawing"),
    ("globex", "Plant network.v2.pdf", "customer", "approved", "Drawing"),
    ("globex", "Recovery plan.pdf", "internal", "draft", "Report"),
];

/// Starts one on a free port of 127.0.0.1.
pub async fn start() -> std::io::Result<Running<State>> {
    start_on("127.0.0.1:0").await
}

/// Starts one on this address.
pub async fn start_on(listen: &str) -> std::io::Result<Running<State>> {
    let state = State::new(None);
    state.quirks(|it| it.bare_etags = true);
    for (organisation, name, ..) in FILES {
        state.folder(organisation);
        state.file(&format!("{organisation}/{name}"), &format!("content of {name}"), "application/pdf");
    }
    mark(&state);
    dav::start(listen, state).await
}

/// Says of every file what [`FILES`] says: in its properties.
pub fn mark(state: &State) {
    for (organisation, name, audience, value, kind) in FILES {
        let path = format!("{organisation}/{name}");
        let etag = if value == "approved" { state.etag(&path) } else { String::new() };
        for (name, value) in [("audience", audience), ("state", value), ("kind", kind), ("approved-etag", &etag)] {
            if !value.is_empty() {
                state.property(&path, NAMESPACE, name, value);
            }
        }
    }
}

/// Says the same in a side-car for each customer instead, and takes the properties away.
pub fn mark_in_sidecars(state: &State, sidecar: &str) {
    for organisation in ["acme", "globex"] {
        let mut files = Map::new();
        for (_, name, audience, value, kind) in FILES.iter().filter(|it| it.0 == organisation) {
            let path = format!("{organisation}/{name}");
            let said =
                json!({ "audience": audience, "state": value, "kind": kind, "approved-etag": state.etag(&path) });
            files.insert((*name).to_owned(), said);
        }
        let whole = json!({ "files": Value::Object(files) });
        state.file(&format!("{organisation}/{sidecar}"), &whole.to_string(), "application/json");
    }
    state.tree(|tree| tree.values_mut().for_each(|it| it.properties.clear()));
}
