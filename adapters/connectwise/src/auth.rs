//! How Postern signs in: an API member's keys, as a name and a password.

use crate::config::Config;
use base64::Engine as _;
use postern_api::http::{Authenticator, Credential, ExposeSecret, Http, SecretString, header};
use postern_api::{CallCx, Result, async_trait};
use std::sync::Arc;

#[derive(Debug)]
struct Keys(SecretString);

/// Gets the `authorization` header of a configuration: company and public key, and the private key. It does not end.
pub fn authenticator(config: &Config) -> Arc<dyn Authenticator> {
    let pair = format!("{}+{}:{}", config.company_id, config.public_key, config.private_key.expose_secret());
    let value = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
    Arc::new(Keys(value.into()))
}

#[async_trait]
impl Authenticator for Keys {
    async fn credential(&self, _cx: &CallCx, _http: &dyn Http) -> Result<Credential> {
        Ok(Credential { name: header::AUTHORIZATION, value: self.0.clone(), expires_in: None })
    }
}
