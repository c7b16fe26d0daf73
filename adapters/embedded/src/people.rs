//! Customer records and logins.

pub(crate) mod access;
mod crm;
mod logins;
mod profile;
pub(crate) mod users;
