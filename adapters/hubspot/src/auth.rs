//! How Postern proves who it is: the token of a private app in the tenant's account, in a header. There is nothing to renew.

use crate::config::Config;
use postern_api::http::{Authenticator, Credential, ExposeSecret, Http, SecretString, header};
use postern_api::{CallCx, Error, ErrorKind, Result};
use std::sync::Arc;

/// Presents the configured token.
pub fn authenticator(config: &Config) -> Arc<dyn Authenticator> {
    Arc::new(Token(config.token.clone()))
}

#[derive(Debug)]
struct Token(SecretString);

#[postern_api::async_trait]
impl Authenticator for Token {
    async fn credential(&self, _: &CallCx, _: &dyn Http) -> Result<Credential> {
        let token = self.0.expose_secret().trim();
        if token.is_empty() || !token.bytes().all(|it| it.is_ascii_graphic()) {
            return Err(Error::new(ErrorKind::Unauthenticated, "the token for the connected system is no token"));
        }
        let value = SecretString::from(format!("Bearer {token}"));
        Ok(Credential { name: header::AUTHORIZATION, value, expires_in: None })
    }
}
