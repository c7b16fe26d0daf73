//! Customer records and logins.

mod crm;
mod logins;
