//! How Postern proves who it is: an API key of the tenant's account, in a header. There is nothing to renew.

use crate::config::Config;
use postern_api::http::{Authenticator, Credential, ExposeSecret, Http, SecretString, header};
use postern_api::{CallCx, Error, ErrorKind, Result};
use std::sync::Arc;

/// Presents the configured key.
pub fn authenticator(config: &Config) -> Arc<dyn Authenticator> {
    Arc::new(Key(config.key.clone()))
}

#[derive(Debug)]
struct Key(SecretString);

#[postern_api::async_trait]
impl Authenticator for Key {
    async fn credential(&self, _: &CallCx, _: &dyn Http) -> Result<Credential> {
        let key = self.0.expose_secret().trim();
        if key.is_empty() || !key.bytes().all(|it| it.is_ascii_graphic()) {
            return Err(Error::new(ErrorKind::Unauthenticated, "the key for the connected system is no key"));
        }
        let value = SecretString::from(format!("Bearer {key}"));
        Ok(Credential { name: header::AUTHORIZATION, value, expires_in: None })
    }
}
