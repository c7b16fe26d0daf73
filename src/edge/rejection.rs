//! Telling the audit what was not let in.

use super::envelope::{ClientIp, RequestId};
use super::reason::Reason;
use super::token::Refused;
use crate::caller::{Caller, Principal};
use http::{Extensions, Method, Request};
use postern_api::TenantId;
use std::fmt::Debug;
use std::net::IpAddr;
use std::sync::Arc;

/// What is known of a request that was refused. Never a token, a header or a path as sent.
#[derive(Debug, Clone)]
pub struct RejectionFacts {
    /// The request's id, which the caller got too.
    pub request_id: Option<Arc<str>>,
    /// The address that it came from.
    pub peer: Option<IpAddr>,
    /// The method.
    pub method: Method,
    /// The configured issuer that its token names, whether or not it signed it.
    pub issuer: Option<Arc<str>>,
    /// The tenant: of that issuer, or of the verified caller.
    pub tenant: Option<TenantId>,
    /// Who, where the token was good.
    pub principal: Option<Principal>,
}

/// Who is told of refused requests: the audit, the metrics. Called on the request's way, so it must not block.
pub trait Rejections: Debug + Send + Sync + 'static {
    /// A request was refused at the edge.
    fn rejected(&self, reason: Reason, facts: &RejectionFacts);
}

impl RejectionFacts {
    pub(crate) fn of<B>(request: &Request<B>) -> Self {
        Self::from_parts(request.method(), request.extensions())
    }

    fn from_parts(method: &Method, extensions: &Extensions) -> Self {
        let caller = extensions.get::<Arc<Caller>>();
        Self {
            request_id: extensions.get::<RequestId>().map(|it| Arc::clone(&it.0)),
            peer: extensions.get::<ClientIp>().map(|it| it.0),
            method: method.clone(),
            issuer: caller.map(|it| Arc::clone(&it.principal.issuer)),
            tenant: caller.map(|it| it.tenant.clone()),
            principal: caller.map(|it| it.principal.clone()),
        }
    }

    pub(crate) fn with(mut self, refused: &Refused) -> Self {
        self.issuer = refused.issuer.clone();
        self.tenant = refused.tenant.clone();
        self
    }
}
