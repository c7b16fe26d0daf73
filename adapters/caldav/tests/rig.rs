//! What the tests ask the adapter, on the rig that it shares with its sibling.

#[path = "../../dav/tests/shared/rig.rs"]
mod shared;

use postern_api::*;
use postern_caldav::{Config, authenticator, connect};
pub(crate) use shared::*;

impl Rig {
    pub(crate) async fn new(config: Config) -> Self {
        let (base_url, account) = (config.base_url.clone(), authenticator(&config));
        Self::over(&base_url, account, |http| connect(config, http)).await
    }

    pub(crate) fn port(&self) -> &dyn Bookings {
        self.adapter.bookings().expect("bookings")
    }

    pub(crate) fn query() -> BookingQuery {
        BookingQuery { organisation: Some(external("acme")), since: None, until: None, limit: 200 }
    }

    pub(crate) async fn list(&self, query: &BookingQuery) -> Vec<Booking> {
        let rows = self.port().bookings(&Self::cx(), query).await.expect("bookings");
        rows.into_iter().map(|it| Self::open(it).expect("an own booking")).collect()
    }
}
