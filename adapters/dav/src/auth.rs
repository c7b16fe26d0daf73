//! How Postern signs in: with a name and a password (RFC 7617). The address is `https` wherever that matters.

use base64::Engine as _;
use postern_api::http::{Authenticator, Credential, ExposeSecret, Http, SecretString, header};
use postern_api::{CallCx, Error, ErrorKind, Result, async_trait};
use std::sync::Arc;

/// Presents one account's name and password.
#[derive(Debug)]
pub struct Basic(SecretString);

impl Basic {
    /// For an account. There is nothing to renew.
    pub fn of(username: &str, password: &SecretString) -> Arc<dyn Authenticator> {
        let pair = format!("{username}:{}", password.expose_secret());
        let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
        let known = !username.is_empty() && !password.expose_secret().is_empty();
        Arc::new(Self(SecretString::from(if known { format!("Basic {encoded}") } else { String::new() })))
    }
}

#[async_trait]
impl Authenticator for Basic {
    async fn credential(&self, _: &CallCx, _: &dyn Http) -> Result<Credential> {
        if self.0.expose_secret().is_empty() {
            return Err(Error::new(
                ErrorKind::Unauthenticated,
                "no credential is configured for the connected system; ask an administrator to add one",
            ));
        }
        Ok(Credential { name: header::AUTHORIZATION, value: self.0.clone(), expires_in: None })
    }
}
