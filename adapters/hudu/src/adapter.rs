//! The adapter: what it is made of, how it signs in, and what it says that it can do.

use crate::config::Config;
use crate::error::check;
use crate::wire::Articles;
use postern_api::http::{Authenticator, Credential, ExposeSecret, HeaderName, Http, Request, SecretString};
use postern_api::{Adapter, CallCx, Error, ErrorKind, KnowledgeBase, Op, Result};
use std::sync::Arc;

/// Presents the configured key. There is nothing to renew.
pub fn authenticator(config: &Config) -> Arc<dyn Authenticator> {
    Arc::new(Key(config.api_key.clone()))
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
        let name = HeaderName::from_static("x-api-key");
        Ok(Credential { name, value: SecretString::from(key.to_owned()), expires_in: None })
    }
}

/// Connects to one tenant's Hudu. Sends nothing yet.
///
/// Errors: `InvalidArgument` where the configuration is wrong; [`Config::mistakes`] says what.
pub fn connect(config: Config, http: Arc<dyn Http>) -> Result<Arc<dyn Adapter>> {
    if let Some(mistake) = config.mistakes().first() {
        let message = format!("the setting `{}` of hudu is wrong", mistake.path);
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    Ok(Arc::new(Hudu { http, config }))
}

/// One tenant's Hudu.
#[derive(Debug)]
pub(crate) struct Hudu {
    pub(crate) http: Arc<dyn Http>,
    pub(crate) config: Config,
}

#[postern_api::async_trait]
impl Adapter for Hudu {
    fn name(&self) -> &'static str {
        "hudu"
    }

    fn supports(&self) -> &'static [Op] {
        &[Op::ArticleSearch, Op::ArticleGet]
    }

    async fn probe(&self, cx: &CallCx) -> Result<()> {
        let request = Request::get(&["articles"]).query("page", 1).query("page_size", 1);
        let wrong = |error: Error| {
            if error.kind() == ErrorKind::NotFound {
                Error::new(ErrorKind::Unavailable, "no Hudu at this address; check `base_url`, which ends in /api/v1")
            } else {
                error
            }
        };
        check(self.http.send(cx, request).await?, "article").map_err(wrong)?.json::<Articles>().map(drop)
    }

    fn knowledge(&self) -> Option<&dyn KnowledgeBase> {
        Some(self)
    }
}
