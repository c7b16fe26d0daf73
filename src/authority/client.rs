//! Clients: who they say they are, and how they are known.

use super::config::{ClientConfig, ServiceConfig};
use super::fetch::address::DocumentUrl;
use super::fetch::{Kind as Fetched, NotHad};
use super::pages::{ClientView, Publisher};
use super::redirect::{self, Target};
use super::secret::{hashed, same};
use super::{Authority, document};
use crate::edge::keys::KeySet;
use crate::edge::realm::SignatureAlgorithm;
use crate::store::authority::{Digest, RegisteredClient};
use postern_api::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// The most letters of a name that are shown.
const NAME_LIMIT: usize = 64;

/// A client.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) id: Arc<str>,
    pub(super) name: String,
    pub(super) publisher: Publisher,
    pub(super) redirect_uris: Vec<String>,
    pub(super) proofs: Proofs,
    /// What it may do as itself, with no person behind it.
    pub(super) service: Option<Arc<ServiceConfig>>,
    /// Of everything that a person agrees to.
    pub(super) digest: Digest,
}

/// How a client shows that it is itself. Whatever it shows is checked; what of these is needed, it says itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Proofs {
    /// It need not: a public client.
    pub(super) none: bool,
    /// By this secret.
    pub(super) secret: Option<Digest>,
    /// By assertions that one of these keys signed.
    pub(super) keys: Option<ClientKeys>,
    /// By this algorithm alone, where it says so.
    pub(super) algorithm: Option<SignatureAlgorithm>,
}

/// Where a client's keys are.
#[derive(Debug, Clone)]
pub(super) enum ClientKeys {
    /// In its description.
    Inline(Arc<KeySet>),
    /// Published by it.
    At(DocumentUrl),
}

impl ClientKeys {
    /// Of what a description says in `jwks` and `jwks_uri`: one of them, and keys in it that are fit to verify with.
    pub(super) fn read(
        jwks: Option<&Value>,
        jwks_uri: Option<&str>,
    ) -> std::result::Result<Option<Self>, &'static str> {
        match (jwks, jwks_uri) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err("say jwks or jwks_uri, not both"),
            (None, Some(uri)) => match DocumentUrl::parse(uri) {
                Some(uri) => Ok(Some(Self::At(uri))),
                None => Err("jwks_uri has to be an https address at a public host"),
            },
            (Some(set), None) => match KeySet::parse(set.to_string().as_bytes()).filter(|it| !it.is_empty()) {
                Some(set) => Ok(Some(Self::Inline(Arc::new(set)))),
                None => Err("jwks holds no key to verify with; each needs a kid, and no private part"),
            },
        }
    }
}

/// What a client that registered said of itself and is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Metadata {
    pub(super) name: Option<String>,
    pub(super) redirect_uris: Vec<String>,
    pub(super) auth_method: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) jwks: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) jwks_uri: Option<String>,
}

/// The description of a client, of which a consent is to one.
#[derive(Debug)]
pub(super) struct Described<'a> {
    pub(super) id: Arc<str>,
    pub(super) name: &'a str,
    pub(super) publisher: Publisher,
    pub(super) redirect_uris: Vec<String>,
    pub(super) proofs: Proofs,
    /// What else it says of how it is known: another word of it is another client.
    pub(super) known_by: Option<Value>,
}

/// How a client was shown, kept with the grant.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct View {
    pub(super) name: String,
    kind: Kind,
    host: Option<String>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    FirstParty,
    Configured,
    Host,
    Unknown,
}

impl View {
    pub(super) fn publisher(&self) -> Publisher {
        match self.kind {
            Kind::FirstParty => Publisher::FirstParty,
            Kind::Configured => Publisher::Configured,
            Kind::Host => Publisher::Host(self.host.clone().unwrap_or_default()),
            Kind::Unknown => Publisher::Unknown,
        }
    }
}

/// A name that can be shown: no control, hidden or direction-changing letters, at most 64.
pub(super) fn shown(name: &str) -> String {
    let visible = |c: &char| {
        !c.is_control()
            && !matches!(*c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{ffff}' | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}')
    };
    let text: String = name.chars().filter(visible).take(NAME_LIMIT * 4).collect();
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(NAME_LIMIT).collect();
    if text.is_empty() { "A client without a name".to_owned() } else { text }
}

impl Client {
    pub(super) fn configured(config: &ClientConfig) -> Result<Self> {
        let publisher = if config.first_party { Publisher::FirstParty } else { Publisher::Configured };
        let wrong = |says| Error::internal("a configured client's keys cannot be read").with("keys", says);
        let jwks: Option<Value> = match &config.jwks {
            Some(text) => Some(serde_json::from_str(text).map_err(|_| wrong("no JSON"))?),
            None => None,
        };
        let keys = ClientKeys::read(jwks.as_ref(), config.jwks_uri.as_deref()).map_err(wrong)?;
        let secret = config.secret.as_ref().map(|it| it.0);
        let proofs = Proofs { none: keys.is_none() && secret.is_none(), secret, keys, algorithm: None };
        let mut client = Self::new(Described {
            id: config.id.as_str().into(),
            name: &config.name,
            publisher,
            redirect_uris: config.redirect_uris.clone(),
            proofs,
            known_by: None,
        });
        client.service = config.service.clone().map(Arc::new);
        Ok(client)
    }

    fn registered(kept: &RegisteredClient) -> Option<Self> {
        let metadata: Metadata = serde_json::from_str(&kept.metadata).ok()?;
        let keys = ClientKeys::read(metadata.jwks.as_ref(), metadata.jwks_uri.as_deref()).ok()?;
        let known_by = match (kept.secret, &metadata.jwks, &metadata.jwks_uri) {
            (None, None, None) => None,
            (Some(secret), None, None) => Some(serde_json::json!(secret)),
            (secret, jwks, uri) => Some(serde_json::json!([secret, jwks, uri])),
        };
        Some(Self::new(Described {
            id: kept.id.as_str().into(),
            name: &metadata.name.unwrap_or_default(),
            publisher: Publisher::Unknown,
            redirect_uris: metadata.redirect_uris,
            proofs: Proofs { none: metadata.auth_method == "none", secret: kept.secret, keys, algorithm: None },
            known_by,
        }))
    }

    pub(super) fn new(it: Described<'_>) -> Self {
        let name = shown(it.name);
        let mut sorted = it.redirect_uris.clone();
        sorted.sort();
        let digest = hashed(&serde_json::json!([it.id, name, sorted, it.known_by]).to_string());
        let (id, publisher, redirect_uris, proofs) = (it.id, it.publisher, it.redirect_uris, it.proofs);
        Self { id, name, publisher, redirect_uris, proofs, service: None, digest }
    }

    /// Whether whoever runs this gateway vouches for its addresses.
    pub(super) fn is_trusted(&self) -> bool {
        matches!(self.publisher, Publisher::FirstParty | Publisher::Configured)
    }

    pub(super) fn kept_view(&self) -> String {
        let (kind, host) = match &self.publisher {
            Publisher::FirstParty => (Kind::FirstParty, None),
            Publisher::Configured => (Kind::Configured, None),
            Publisher::Host(host) => (Kind::Host, Some(host.clone())),
            Publisher::Unknown => (Kind::Unknown, None),
        };
        serde_json::to_string(&View { name: self.name.clone(), kind, host }).unwrap_or_default()
    }

    /// How it is shown; `is_lookalike` knows names that are easily taken for others.
    pub(super) fn view(&self, redirect_uri: &str, is_lookalike: impl Fn(&str) -> bool) -> ClientView {
        let target = redirect::registrable(redirect_uri);
        let local = |it: &String| redirect::registrable(it) == Some(Target::Loopback);
        ClientView {
            name: self.name.clone(),
            id: self.id.chars().take(NAME_LIMIT).collect(),
            publisher: self.publisher.clone(),
            redirect_to: match target {
                Some(Target::Web(host)) => host,
                Some(Target::Loopback) | None => "this computer".into(),
                Some(Target::App(scheme)) => format!("{scheme}:"),
            },
            local_only: self.redirect_uris.iter().all(local),
            lookalike: is_lookalike(&self.name)
                || matches!(&self.publisher, Publisher::Host(host) if is_lookalike(host) || host.split('.').any(|it| it.starts_with("xn--"))),
        }
    }
}

impl Authority {
    /// A client by its id: of the configuration, registered, or described by the document that its id is the address of.
    pub(super) async fn client(&self, id: &str) -> Result<Option<Arc<Client>>> {
        if let Some(known) = self.configured.get(id) {
            return Ok(Some(Arc::clone(known)));
        }
        if id.starts_with("https://") {
            return self.published(id).await;
        }
        if id.len() > 128 {
            return Ok(None);
        }
        let kept = self.store.registered_client(id)?;
        Ok(kept.as_ref().and_then(Client::registered).map(Arc::new))
    }

    /// What a client is called, without asking anybody else.
    pub(super) fn known_name(&self, id: &str) -> Option<String> {
        if let Some(known) = self.configured.get(id) {
            return Some(known.name.clone());
        }
        match id.strip_prefix("https://") {
            Some(rest) => rest.split('/').next().map(str::to_owned),
            None => {
                let kept = self.store.registered_client(id).ok().flatten();
                kept.as_ref().and_then(Client::registered).map(|it| it.name)
            }
        }
    }

    /// The client that a document describes. Every way in which there is none is one answer.
    async fn published(&self, id: &str) -> Result<Option<Arc<Client>>> {
        let address = DocumentUrl::client_id(id).filter(|it| self.config.client_documents.takes(it.host()));
        let Some(address) = address else { return Ok(None) };
        let text = match self.documents.get(Fetched::Client, &address).await {
            Ok(text) => text,
            Err(NotHad::Unfit) => return Ok(None),
            Err(NotHad::Busy) => return Err(Error::new(ErrorKind::Unavailable, "too many documents are asked for")),
        };
        match document::read(&address, &text) {
            Ok(client) => Ok(Some(Arc::new(client))),
            Err(reason) => {
                tracing::info!(reason, "a client's document describes no client: {reason}");
                Ok(None)
            }
        }
    }
}

impl Authority {
    /// A client as pages show it.
    pub(super) fn view(&self, client: &Client, redirect_uri: &str) -> ClientView {
        client.view(redirect_uri, |name| self.scopes.is_lookalike(name))
    }
}

/// Whether a form's secret is the one that was given out.
pub(super) fn csrf_matches(sent: Option<&String>, given: &str) -> bool {
    sent.is_some_and(|it| same(it, given))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o12_a_name_shows_no_hidden_and_no_turning_letter_and_is_short() {
        assert_eq!(shown("Cl\u{202e}au\u{200b}de\u{0}\n <b>"), "Claude <b>");
        assert_eq!(shown(&"x".repeat(10_000)).len(), NAME_LIMIT);
        assert_eq!(shown("\u{e0041}\u{feff}"), "A client without a name");
    }

    #[test]
    fn a_consent_is_to_one_description_of_a_client() {
        let described = |name: &str, uri: &str, known_by: Option<Value>| {
            let (publisher, redirect_uris) = (Publisher::Unknown, vec![uri.to_owned()]);
            Client::new(Described {
                id: "c".into(),
                name,
                publisher,
                redirect_uris,
                proofs: Proofs::default(),
                known_by,
            })
            .digest
        };
        let of = |name: &str, uri: &str| described(name, uri, None);
        assert_ne!(of("a", "https://a.example/"), described("a", "https://a.example/", Some("keys".into())));
        assert_eq!(of("a", "https://a.example/"), of("a", "https://a.example/"));
        assert_ne!(of("a", "https://a.example/"), of("b", "https://a.example/"));
        assert_ne!(of("a", "https://a.example/"), of("a", "https://b.example/"));
    }
}
