//! Client ID Metadata Documents (draft-ietf-oauth-client-id-metadata-document): a client that is known by the address of its own
//! description.
//!
//! **Invariant:** the document says the very address that it was fetched from; a client known this way shares no secret with
//! anybody. What a person agrees to is what is read here; another word of it is another client, which they are asked about anew.

use super::client::{Client, ClientKeys, Described, Proofs};
use super::fetch::address::DocumentUrl;
use super::pages::Publisher;
use super::redirect;
use crate::edge::json;
use crate::edge::realm::SignatureAlgorithm;
use serde_json::{Map, Value};

const REDIRECTS: usize = 50;
/// How a client may show that it is itself.
const METHODS: [&str; 2] = ["none", "private_key_jwt"];

/// Reads a document; an `Err` says for the log why it describes no client.
pub(super) fn read(address: &DocumentUrl, text: &[u8]) -> Result<Client, &'static str> {
    let Ok(Value::Object(said)) = json::parse(text, 8) else { return Err("no JSON object, or a name twice in it") };
    if said.get("client_id").and_then(Value::as_str) != Some(address.as_str()) {
        return Err("client_id is not the address of the document");
    }
    if said.contains_key("client_secret") || said.contains_key("client_secret_expires_at") {
        return Err("a secret that everybody can read");
    }
    let redirect_uris = list(&said, "redirect_uris")?.ok_or("no redirect_uris")?;
    if redirect_uris.is_empty() || redirect_uris.len() > REDIRECTS {
        return Err("none or too many redirect_uris");
    }
    if !redirect_uris.iter().all(|it| redirect::registrable(it).is_some()) {
        return Err("a redirect_uri that is not allowed");
    }
    if list(&said, "grant_types")?.is_some_and(|it| !it.contains(&"authorization_code")) {
        return Err("grant_types without authorization_code");
    }
    if list(&said, "response_types")?.is_some_and(|it| !it.contains(&"code")) {
        return Err("response_types without code");
    }
    let keys = ClientKeys::read(said.get("jwks"), text_of(&said, "jwks_uri")?)?;
    let methods = methods(&said)?;
    let algorithm = match text_of(&said, "token_endpoint_auth_signing_alg")? {
        Some(name) => Some(SignatureAlgorithm::named(name).ok_or("a signing algorithm that is not taken")?),
        None => None,
    };
    let (none, signs) = (methods.contains(&"none"), methods.contains(&"private_key_jwt"));
    if signs && keys.is_none() {
        return Err("private_key_jwt without keys");
    }
    let known_by = serde_json::json!([none, said.get("jwks"), said.get("jwks_uri"), algorithm]);
    Ok(Client::new(Described {
        id: address.as_str().into(),
        name: text_of(&said, "client_name")?.unwrap_or_else(|| address.host()),
        publisher: Publisher::Host(address.host().to_owned()),
        redirect_uris: redirect_uris.into_iter().map(str::to_owned).collect(),
        proofs: Proofs { none, secret: None, keys: keys.filter(|_| signs), algorithm },
        known_by: Some(known_by),
    }))
}

/// How it shows that it is itself: the one way of RFC 7591, and the choice that OpenID Connect's metadata choices add. Where
/// nothing is said it is a public client: it has no secret to show.
fn methods(said: &Map<String, Value>) -> Result<Vec<&str>, &'static str> {
    let mut all = list(said, "token_endpoint_auth_methods_supported")?.unwrap_or_default();
    all.extend(text_of(said, "token_endpoint_auth_method")?);
    if all.is_empty() {
        all.push("none");
    }
    if all.iter().any(|it| it.starts_with("client_secret")) {
        return Err("a way of showing a shared secret");
    }
    all.retain(|it| METHODS.contains(it));
    if all.is_empty() { Err("no way of client authentication that is known here") } else { Ok(all) }
}

fn text_of<'a>(said: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, &'static str> {
    match said.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(it)) => Ok(Some(it)),
        Some(_) => Err("something that is no text where a text belongs"),
    }
}

fn list<'a>(said: &'a Map<String, Value>, name: &str) -> Result<Option<Vec<&'a str>>, &'static str> {
    let wrong = "something that is no list of texts where one belongs";
    match said.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => {
            items.iter().map(|it| it.as_str().ok_or(wrong)).collect::<Result<_, _>>().map(Some)
        }
        Some(_) => Err(wrong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ID: &str = "https://client.example/c.json";

    fn of(change: Value) -> Result<Client, &'static str> {
        let mut document = json!({"client_id": ID, "client_name": "C", "redirect_uris": ["https://client.example/cb"]});
        for (name, value) in change.as_object().unwrap() {
            document[name] = value.clone();
        }
        read(&DocumentUrl::client_id(ID).unwrap(), document.to_string().as_bytes())
    }

    fn jwks() -> Value {
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})
    }

    #[test]
    fn o17_a_document_that_lies_or_shares_a_secret_describes_nobody() {
        for bad in [
            json!({"client_id": "https://client.example/other.json"}),
            json!({"client_id": "https://client.example/c.json/"}),
            json!({"client_id": null}),
            json!({"client_secret": "x"}),
            json!({"client_secret_expires_at": 0}),
            json!({"token_endpoint_auth_method": "client_secret_basic"}),
            json!({"token_endpoint_auth_method": "client_secret_post"}),
            json!({"token_endpoint_auth_method": "client_secret_jwt"}),
            json!({"token_endpoint_auth_methods_supported": ["none", "client_secret_post"]}),
            json!({"token_endpoint_auth_method": "tls_client_auth"}),
            json!({"token_endpoint_auth_method": "private_key_jwt"}),
            json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": []}}),
            json!({"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://10.0.0.1/keys"}),
            json!({"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "http://client.example/keys"}),
            json!({"jwks": jwks(), "jwks_uri": "https://client.example/keys"}),
            json!({"jwks": jwks(), "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "HS256"}),
            json!({"redirect_uris": []}),
            json!({"redirect_uris": ["javascript:alert(1)"]}),
            json!({"redirect_uris": ["http://client.example/cb"]}),
            json!({"redirect_uris": "https://client.example/cb"}),
            json!({"grant_types": ["client_credentials"]}),
            json!({"response_types": ["token"]}),
            json!({"client_name": 1}),
        ] {
            assert!(of(bad.clone()).is_err(), "{bad}");
        }
        let url = DocumentUrl::client_id(ID).unwrap();
        for bad in ["", "[]", "<html>", &format!("{{\"client_id\":\"{ID}\",\"client_id\":\"{ID}\"}}")] {
            assert!(read(&url, bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_client_says_one_way_or_offers_a_choice() {
        let public = of(json!({})).unwrap();
        assert!(public.proofs.none && public.proofs.keys.is_none());
        let chatgpt = of(json!({
            "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
            "token_endpoint_auth_signing_alg": "RS256", "jwks_uri": "https://client.example/jwks.json",
        }));
        let chatgpt = chatgpt.unwrap();
        assert!(chatgpt.proofs.none && matches!(chatgpt.proofs.keys, Some(ClientKeys::At(_))));
        let signs = of(json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": jwks()})).unwrap();
        assert!(!signs.proofs.none && matches!(signs.proofs.keys, Some(ClientKeys::Inline(_))));
    }

    #[test]
    fn o18_another_word_of_what_was_agreed_to_is_another_client() {
        let first = of(json!({"jwks": jwks()})).unwrap().digest;
        assert_eq!(first, of(json!({"jwks": jwks(), "logo_uri": "https://client.example/logo.png"})).unwrap().digest);
        for other in [
            json!({}),
            json!({"jwks": jwks(), "client_name": "D"}),
            json!({"jwks": jwks(), "redirect_uris": ["https://client.example/other"]}),
            json!({"jwks_uri": "https://client.example/keys"}),
            json!({"jwks": jwks(), "token_endpoint_auth_method": "private_key_jwt"}),
        ] {
            assert_ne!(first, of(other.clone()).unwrap().digest, "{other}");
        }
    }
}
