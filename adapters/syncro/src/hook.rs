//! Notifications that the vendor sends: nothing signs them and nothing numbers them, so that they say no more than "look again".

use postern_api::webhook::{Delivery, Event, Hook, Signed};
use postern_api::{Error, ErrorKind, Result};
use std::sync::Arc;
use std::time::Duration;

/// How an account sends notifications.
pub fn hook() -> Arc<dyn Hook> {
    Arc::new(Notifications)
}

#[derive(Debug)]
struct Notifications;

impl Hook for Notifications {
    fn signed(&self, _: &Delivery<'_>) -> Option<Signed> {
        None
    }

    /// Never asked: what nobody signed is not read.
    fn events(&self, _: &[u8]) -> Result<Vec<Event>> {
        Err(Error::new(ErrorKind::InvalidArgument, "nothing of this system's messages is signed"))
    }

    fn retried_for(&self) -> Duration {
        Duration::ZERO
    }
}
