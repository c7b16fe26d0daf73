//! What the tests ask the adapter, on the rig that it shares with its sibling.

#[path = "../../dav/tests/shared/rig.rs"]
mod shared;

use postern_api::*;
use postern_webdav::{Config, authenticator, connect};
pub(crate) use shared::*;

impl Rig {
    pub(crate) async fn new(config: Config) -> Self {
        let (base_url, account) = (config.base_url.clone(), authenticator(&config));
        Self::over(&base_url, account, |http| connect(config, http)).await
    }

    pub(crate) fn port(&self) -> &dyn Documents {
        self.adapter.documents().expect("documents")
    }

    pub(crate) fn with(reference: &str) -> CallCx {
        CallCx { reference: Some(reference.into()), ..Self::cx() }
    }

    pub(crate) async fn named(&self, name: &str) -> Document {
        let query = DocumentQuery {
            organisation: Some(external("acme")),
            published_only: false,
            kind: None,
            offset: 0,
            limit: 200,
        };
        let page = self.port().documents(&Self::cx(), &query).await.expect("documents");
        let mut rows = page.rows.into_iter().map(|it| Self::open(it).expect("an own document"));
        rows.find(|it| it.name.expose() == name).unwrap_or_else(|| panic!("no document `{name}`"))
    }

    pub(crate) fn publication(document: &Document) -> NewPublication {
        NewPublication {
            organisation: external("acme"),
            document: document.id.clone(),
            version: document.latest().expect("a version").id.clone(),
            roles: vec![],
            download: true,
            expires_at: None,
            by: "Sam Service".into(),
        }
    }

    /// Publishes the newest version of a document.
    pub(crate) async fn publish(&self, name: &str) -> Document {
        let new = Self::publication(&self.named(name).await);
        Self::open(self.port().publish(&Self::cx(), &new).await.expect("published")).expect("an own document")
    }
}
