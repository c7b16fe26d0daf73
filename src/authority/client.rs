//! Clients: who they say they are, and how they are known.

use super::config::ClientConfig;
use super::pages::{ClientView, Publisher};
use super::redirect::{self, Target};
use super::secret::{hashed, same};
use super::{Authority, answer};
use crate::store::authority::{Digest, RegisteredClient};
use answer::{OAuthError, Params};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};
use postern_api::Result;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The most letters of a name that are shown.
const NAME_LIMIT: usize = 64;

/// A client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Client {
    pub(super) id: Arc<str>,
    pub(super) name: String,
    pub(super) publisher: Publisher,
    pub(super) redirect_uris: Vec<String>,
    pub(super) secret: Option<Digest>,
    /// Of everything that a person agrees to.
    pub(super) digest: Digest,
}

/// What a client that registered said of itself and is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Metadata {
    pub(super) name: Option<String>,
    pub(super) redirect_uris: Vec<String>,
    pub(super) auth_method: String,
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
    pub(super) fn configured(config: &ClientConfig) -> Self {
        let publisher = if config.first_party { Publisher::FirstParty } else { Publisher::Configured };
        Self::new(config.id.as_str().into(), &config.name, publisher, config.redirect_uris.clone(), None)
    }

    fn registered(kept: &RegisteredClient) -> Option<Self> {
        let metadata: Metadata = serde_json::from_str(&kept.metadata).ok()?;
        let name = metadata.name.unwrap_or_default();
        Some(Self::new(kept.id.as_str().into(), &name, Publisher::Unknown, metadata.redirect_uris, kept.secret))
    }

    fn new(id: Arc<str>, name: &str, publisher: Publisher, redirect_uris: Vec<String>, secret: Option<Digest>) -> Self {
        let name = shown(name);
        let mut sorted = redirect_uris.clone();
        sorted.sort();
        let digest = hashed(&serde_json::json!([id, name, sorted, secret]).to_string());
        Self { id, name, publisher, redirect_uris, secret, digest }
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

    pub(super) fn view(&self, redirect_uri: &str) -> ClientView {
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
            lookalike: !self.name.is_ascii(),
        }
    }
}

impl Authority {
    /// A client by its id.
    pub(super) fn client(&self, id: &str) -> Result<Option<Arc<Client>>> {
        if let Some(known) = self.configured.get(id) {
            return Ok(Some(Arc::clone(known)));
        }
        if id.len() > 128 {
            return Ok(None);
        }
        let kept = self.store.registered_client(id)?;
        Ok(kept.as_ref().and_then(Client::registered).map(Arc::new))
    }

    /// The client that a request to an endpoint comes from, authenticated in exactly one way (RFC 6749 section 2.3).
    pub(super) fn authenticated(
        &self,
        headers: &HeaderMap,
        params: &Params,
    ) -> std::result::Result<Arc<Client>, OAuthError> {
        let refused = |reason| OAuthError::new("invalid_client", "the client could not be authenticated", reason);
        let basic = basic(headers).map_err(|()| refused("bad_client_authorization"))?;
        let posted = params.get("client_secret");
        if params.contains_key("client_assertion") || params.contains_key("client_assertion_type") {
            return Err(refused("client_assertion"));
        }
        let (id, secret) = match (basic, posted, params.get("client_id")) {
            (Some(_), Some(_), _) => return Err(refused("two_client_authentications")),
            (Some((id, _)), None, Some(named)) if id != *named => return Err(refused("two_clients")),
            (Some((id, secret)), None, _) => (id, Some(secret)),
            (None, secret, Some(id)) => (id.clone(), secret.cloned()),
            (None, _, None) => return Err(refused("no_client")),
        };
        let client = self.client(&id)?.ok_or_else(|| refused("unknown_client"))?;
        match (&client.secret, secret) {
            (None, None) => Ok(client),
            (Some(kept), Some(secret))
                if aws_lc_rs::constant_time::verify_slices_are_equal(kept, &hashed(&secret)).is_ok() =>
            {
                Ok(client)
            }
            (Some(_), Some(_)) => Err(refused("wrong_client_secret")),
            (Some(_), None) => Err(refused("no_client_secret")),
            (None, Some(_)) => Err(refused("public_client_with_secret")),
        }
    }
}

/// HTTP Basic, form-encoded inside as RFC 6749 section 2.3.1 wants it.
fn basic(headers: &HeaderMap) -> std::result::Result<Option<(String, String)>, ()> {
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = sent.next() else { return Ok(None) };
    if sent.next().is_some() {
        return Err(());
    }
    let value = value.to_str().map_err(|_| ())?;
    let (scheme, encoded) = value.split_once(' ').ok_or(())?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(());
    }
    let decoded = STANDARD.decode(encoded.trim()).ok().and_then(|it| String::from_utf8(it).ok()).ok_or(())?;
    let (id, secret) = decoded.split_once(':').ok_or(())?;
    let plain = |text: &str| {
        let query = format!("v={}", text.replace('&', "%26"));
        url::form_urlencoded::parse(query.as_bytes()).next().map(|it| it.1.into_owned()).unwrap_or_default()
    };
    Ok(Some((plain(id), plain(secret))))
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
        let of =
            |name: &str, uri: &str| Client::new("c".into(), name, Publisher::Unknown, vec![uri.into()], None).digest;
        assert_eq!(of("a", "https://a.example/"), of("a", "https://a.example/"));
        assert_ne!(of("a", "https://a.example/"), of("b", "https://a.example/"));
        assert_ne!(of("a", "https://a.example/"), of("a", "https://b.example/"));
    }
}
