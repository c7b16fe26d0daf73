//! The adapter: what it is made of and what it says that it can do.

use crate::config::{Config, Metadata};
use postern_api::http::{Authenticator, Effect, Http, Method, Request};
use postern_api::{Adapter, CallCx, Documents, Error, ErrorKind, Op, Owned, Result, Sought, Trace, Traceable};
use postern_dav::{Basic, DAV, Multistatus, Root, header_of, propfind};
use std::sync::Arc;

/// Presents the configured account.
pub fn authenticator(config: &Config) -> Arc<dyn Authenticator> {
    Basic::of(&config.username, &config.password)
}

/// Connects to one tenant's WebDAV server. Sends nothing yet.
///
/// Errors: `InvalidArgument` where the configuration is wrong; [`Config::mistakes`] says what.
pub fn connect(config: Config, http: Arc<dyn Http>) -> Result<Arc<dyn Adapter>> {
    let wrong = |path| Error::new(ErrorKind::InvalidArgument, format!("the setting `{path}` of webdav is wrong"));
    if let Some(mistake) = config.mistakes().first() {
        return Err(wrong(mistake.path));
    }
    let root = Root::new(&config.base_url).ok_or_else(|| wrong("base_url"))?;
    Ok(Arc::new(WebDav { http, root, config }))
}

/// One tenant's WebDAV server.
#[derive(Debug)]
pub(crate) struct WebDav {
    pub(crate) http: Arc<dyn Http>,
    pub(crate) root: Root,
    pub(crate) config: Config,
}

#[postern_api::async_trait]
impl Adapter for WebDav {
    fn name(&self) -> &'static str {
        "webdav"
    }

    fn supports(&self) -> &'static [Op] {
        &[Op::DocumentList, Op::DocumentGet, Op::DocumentPublish, Op::DocumentRevoke, Op::DocumentWithdraw]
    }

    async fn probe(&self, cx: &CallCx) -> Result<()> {
        let no_folder = || Error::new(ErrorKind::Unavailable, "no WebDAV folder at this address; check `base_url`");
        let response = self.http.send(cx, propfind(&[], 0, &[(DAV, "resourcetype")]).collection()).await?;
        let read = match Multistatus::read(&response, &self.root, Effect::Read, "folder") {
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::BadReply) => return Err(no_folder()),
            read => read?,
        };
        if !read.members.iter().any(|it| it.place.names.is_empty() && it.properties.is_collection()) {
            return Err(no_folder());
        }
        if self.config.metadata == Metadata::Properties {
            let options = Request::with_method(Method::OPTIONS, Effect::Read, &[]).collection();
            let response = self.http.send(cx, options).await?;
            let classes = response.header(&header_of("dav")).unwrap_or_default();
            if !classes.split(',').any(|it| it.trim() == "2") {
                return Err(Error::new(
                    ErrorKind::InvalidArgument,
                    "the server has no locks (WebDAV class 2); set `metadata` to `sidecar`",
                ));
            }
        }
        Ok(())
    }

    fn traces(&self, op: Op) -> Traceable {
        crate::trace::traceable(op)
    }

    async fn trace(&self, cx: &CallCx, sought: &Sought) -> Result<Option<Owned<Trace>>> {
        crate::trace::find(self, cx, sought).await
    }

    fn documents(&self) -> Option<&dyn Documents> {
        Some(self)
    }
}
