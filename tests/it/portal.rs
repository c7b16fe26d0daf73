//! The customer portal's tools through HTTP, on the demo's data, as each role that may call them.

mod documents;
mod leaks;
mod money;
mod people;
mod requests;
mod settings;
mod status;
mod tryton;
mod whose;
mod work;

use crate::gateway::{Gateway, TENANT};

pub(crate) const LEAD: &str = "lead@acme.example";
pub(crate) const BASIC: &str = "basic@acme.example";
pub(crate) const SERVICE_LEAD: &str = "service-lead@msp.example";
pub(crate) const OWNER: &str = "owner@msp.example";

impl Gateway {
    /// Gives a customer's person this access role and no other, behind the gateway's back.
    pub(crate) fn has_role(&self, email: &str, role: &str) {
        self.sql(&format!(
            "UPDATE login_role SET role = (SELECT key FROM access_role WHERE tenant = '{TENANT}' AND id = '{role}')
             WHERE tenant = '{TENANT}'
             AND contact = (SELECT contact FROM login WHERE tenant = '{TENANT}' AND email = '{email}')"
        ));
    }
}
