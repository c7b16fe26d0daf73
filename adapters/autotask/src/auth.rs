//! How Postern proves who it is: three headers on every request. The secret is the handle's to add; the other two are
//! names and go with the request.

use crate::config::Config;
use postern_api::http::{Authenticator, Credential, HeaderName, Http, SecretString};
use postern_api::{CallCx, Result};
use std::sync::Arc;

pub(crate) const SECRET: HeaderName = HeaderName::from_static("secret");
pub(crate) const USER_NAME: HeaderName = HeaderName::from_static("username");
pub(crate) const INTEGRATION_CODE: HeaderName = HeaderName::from_static("apiintegrationcode");

/// Gives the API user's secret to the handle. The vendor has no tokens: it holds until somebody changes it.
pub fn authenticator(config: &Config) -> Arc<dyn Authenticator> {
    Arc::new(Secret(config.secret.clone()))
}

#[derive(Debug)]
struct Secret(SecretString);

#[postern_api::async_trait]
impl Authenticator for Secret {
    async fn credential(&self, _cx: &CallCx, _http: &dyn Http) -> Result<Credential> {
        Ok(Credential { name: SECRET, value: self.0.clone(), expires_in: None })
    }
}
