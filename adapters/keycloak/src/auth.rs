//! How Postern proves who it is: OAuth 2.0 client credentials of a service account in the realm itself.

use crate::config::Config;
use crate::error;
use crate::wire::Grant;
use postern_api::http::{
    Authenticator, Credential, Effect, ExposeSecret, Http, Request, SecretString, StatusCode, header,
};
use postern_api::{CallCx, Error, Result};
use std::sync::Arc;
use std::time::Duration;

/// Gets access tokens at the realm's own token endpoint. Renewal is another grant.
pub fn authenticator(config: &Config) -> Arc<dyn Authenticator> {
    Arc::new(ClientCredentials {
        realm: config.realm.clone(),
        client_id: config.client_id.clone(),
        client_secret: config.client_secret.clone(),
    })
}

#[derive(Debug)]
struct ClientCredentials {
    realm: String,
    client_id: String,
    client_secret: SecretString,
}

#[postern_api::async_trait]
impl Authenticator for ClientCredentials {
    async fn credential(&self, cx: &CallCx, http: &dyn Http) -> Result<Credential> {
        let path = ["realms", &self.realm, "protocol", "openid-connect", "token"];
        let request = Request::post(&path).reading().form(vec![
            ("grant_type".into(), "client_credentials".into()),
            ("client_id".into(), self.client_id.as_str().into()),
            ("client_secret".into(), self.client_secret.clone()),
        ]);
        let response = http.send(cx, request).await?;
        if !response.status.is_success() {
            return Err(match response.status {
                // 400 `unauthorized_client`: the client has no service account.
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST => error::refused(),
                StatusCode::NOT_FOUND => error::no_realm(),
                _ => error::of(&response, Effect::Read, "token"),
            });
        }
        let grant: Grant = response.json()?;
        let token = grant.access_token.filter(|it| !it.is_empty() && it.bytes().all(|b| b.is_ascii_graphic()));
        let token = SecretString::from(token.ok_or_else(|| Error::bad_reply("no access token in the grant"))?);
        Ok(Credential {
            name: header::AUTHORIZATION,
            value: format!("Bearer {}", token.expose_secret()).into(),
            expires_in: grant.expires_in.map(Duration::from_secs),
        })
    }
}
