//! What an address asks for beside its path. Whatever cannot be read is as if it was not there: a page that somebody may see is
//! shown, and for somebody who may not see it nothing tells that it exists.

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use serde::de::DeserializeOwned;
use std::convert::Infallible;

/// The query, or what stands for none.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Asking<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequestParts<S> for Asking<T> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(Query::try_from_uri(&parts.uri).map(|Query(asked)| asked).unwrap_or_default()))
    }
}
