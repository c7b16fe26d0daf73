//! What the authority publishes of itself.

use super::Authority;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;

/// How a client that is no public one shows that it is itself.
const PROOFS: [&str; 3] = ["client_secret_basic", "client_secret_post", "private_key_jwt"];
/// What its assertions may be signed with.
const ALGORITHMS: [&str; 9] = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];

/// RFC 8414, and the same for clients that look where OpenID Connect puts it.
pub(super) async fn metadata(State(authority): State<Arc<Authority>>) -> Response {
    let at = |path: &str| format!("{}{path}", authority.issuer);
    let mut auth = vec!["none"];
    auth.extend(PROOFS);
    let mut grants = vec!["authorization_code", "refresh_token"];
    if authority.configured.values().any(|it| it.service.is_some()) {
        grants.push("client_credentials");
    }
    let mut document = json!({
        "issuer": &*authority.issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "revocation_endpoint": at("/revoke"),
        "introspection_endpoint": at("/introspect"),
        "jwks_uri": at("/.well-known/jwks.json"),
        "scopes_supported": authority.scopes.all(),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": grants,
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": auth,
        "revocation_endpoint_auth_methods_supported": auth,
        "introspection_endpoint_auth_methods_supported": PROOFS,
        "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "revocation_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "introspection_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "client_id_metadata_document_supported": authority.config.client_documents.enabled,
        "authorization_response_iss_parameter_supported": true,
        "request_uri_parameter_supported": false,
    });
    if let Some(document) = document.as_object_mut().filter(|_| authority.config.registration) {
        document.insert("registration_endpoint".into(), Value::from(at("/register")));
    }
    public(document)
}

pub(super) async fn jwks(State(authority): State<Arc<Authority>>) -> Response {
    public(authority.keys.document())
}

fn public(document: Value) -> Response {
    let cached = [(http::header::CACHE_CONTROL, "public, max-age=300")];
    (cached, Json(document)).into_response()
}
