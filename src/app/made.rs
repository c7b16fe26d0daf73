//! What takes long to make and rests on no setting: a second thread makes it while the first reads the policies.
//!
//! Whichever fails, nothing is served: both are waited for before anything else is built.

use super::{CannotStart, cannot};
use crate::authority::fetch::wire::{HttpWire, Wire};
use crate::edge::keys::{Fetch, HttpFetch};
use crate::redact::Scrubber;
use std::sync::Arc;

/// What was made.
pub(super) struct Made {
    /// Scrubs free text.
    pub(super) scrubber: Scrubber,
    /// Fetches realms' keys and metadata; one for all, since each reads the machine's certificates.
    pub(super) fetch: Arc<dyn Fetch>,
    /// Fetches what strangers name, where it was asked for.
    pub(super) documents: Option<Arc<dyn Wire>>,
}

/// Makes everything while `meanwhile` runs; waits for both. `documents`: whether what strangers name is fetched over HTTP.
pub(super) fn made<T>(documents: bool, meanwhile: impl FnOnce() -> T) -> (T, Result<Made, CannotStart>) {
    std::thread::scope(|scope| {
        let making = scope.spawn(|| Made::new(documents));
        let other = meanwhile();
        let made = making.join().unwrap_or_else(|_| Err(CannotStart("a thread of the start panicked".to_owned())));
        (other, made)
    })
}

impl Made {
    fn new(documents: bool) -> Result<Self, CannotStart> {
        let scrubber = Scrubber::new()?;
        let client = cannot("http client");
        let wire = || HttpWire::new().map(|it| Arc::new(it) as Arc<dyn Wire>).map_err(|e| client(&e));
        Ok(Self {
            scrubber,
            fetch: Arc::new(HttpFetch::new().map_err(|e| client(&e))?),
            documents: documents.then(wire).transpose()?,
        })
    }
}
