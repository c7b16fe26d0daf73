//! CalDAV (RFC 4791): appointments, in one calendar for each organisation.
//!
//! **Invariant:** only an organisation's own calendar is asked for its appointments, and whose one is comes from where the
//! server says that it is. Of an event that is marked private nothing is opened but when somebody is busy. Recurring events
//! are expanded by the server, within a window that is always bounded at both ends.

mod adapter;
mod bookings;
mod config;
mod event;
mod ical;
mod time;

pub use adapter::{authenticator, connect};
pub use config::{Config, Mistake};
