//! Customer records and logins.

pub(crate) mod access;
mod crm;
mod logins;
pub(crate) mod users;
