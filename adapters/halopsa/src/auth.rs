//! How Postern proves who it is: OAuth 2.0 client credentials at the tenant's authorisation server.

use crate::config::Config;
use crate::error;
use crate::wire::Grant;
use postern_api::http::{Authenticator, Credential, ExposeSecret, Http, Request, SecretString, StatusCode, header};
use postern_api::{CallCx, Error, ErrorKind, Result};
use std::sync::Arc;
use std::time::Duration;

/// Gets access tokens for one HaloPSA tenant. Renewal is another grant: the vendor gives no refresh token for this one.
pub fn authenticator(config: &Config) -> Arc<dyn Authenticator> {
    Arc::new(ClientCredentials {
        server: config.token_server(),
        tenant: config.tenant.clone(),
        client_id: config.client_id.clone(),
        client_secret: config.client_secret.clone(),
        scope: config.scope.clone(),
    })
}

#[derive(Debug)]
struct ClientCredentials {
    server: String,
    tenant: Option<String>,
    client_id: String,
    client_secret: SecretString,
    scope: String,
}

#[postern_api::async_trait]
impl Authenticator for ClientCredentials {
    async fn credential(&self, cx: &CallCx, http: &dyn Http) -> Result<Credential> {
        let mut request = Request::post(&["token"]).reading().form(vec![
            ("grant_type".into(), "client_credentials".into()),
            ("client_id".into(), self.client_id.as_str().into()),
            ("client_secret".into(), self.client_secret.clone()),
            ("scope".into(), self.scope.as_str().into()),
        ]);
        request.absolute = Some(self.server.clone());
        if let Some(tenant) = &self.tenant {
            request = request.query("tenant", tenant);
        }
        let response = http.send(cx, request).await?;
        if !response.status.is_success() {
            return Err(match response.status {
                // The vendor documents neither; both are seen for a wrong client or secret.
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => refused(),
                StatusCode::BAD_REQUEST if !error::is_html(&response) => refused(),
                _ => error::of(&response, postern_api::http::Effect::Read, "token"),
            });
        }
        let grant: Grant = response.json()?;
        let token = grant.access_token.filter(|it| !it.is_empty() && it.bytes().all(|b| b.is_ascii_graphic()));
        let token = SecretString::from(token.ok_or_else(|| Error::bad_reply("no access token in the grant"))?);
        Ok(Credential {
            name: header::AUTHORIZATION,
            value: format!("Bearer {}", token.expose_secret()).into(),
            expires_in: grant.expires_in.0.and_then(|it| u64::try_from(it).ok()).map(Duration::from_secs),
        })
    }
}

fn refused() -> Error {
    Error::new(
        ErrorKind::Unauthenticated,
        "the connected system does not accept Postern's credentials; ask an administrator to check them",
    )
}
