//! One port of a tenant at another system, everything else with Postern: what the tools make of that system.

mod caldav;
mod hubspot;
mod hudu;
mod webdav;

use crate::gateway::{Gateway, TENANT};
use postern::config::{Config, Connection, PortsConfig, SystemConfig};
use postern_api::{ExternalId, OrganisationId};

const LEAD: &str = "lead@acme.example";
const BASIC: &str = "basic@acme.example";
const GLOBEX_LEAD: &str = "lead@globex.example";
const SUPPORT: &str = "support-write@msp.example";
const SERVICE_LEAD: &str = "service-lead@msp.example";
const OWNER: &str = "owner@msp.example";

/// What the other system is called in the tenant.
const NAME: &str = "elsewhere";

/// Acme and Globex over there.
type Customers = [(&'static str, String); 2];

/// Requests as fast as a test can.
fn fast() -> Connection {
    Connection { rate_requests: Some(1_000_000), rate_per_secs: Some(1), ..Connection::default() }
}

/// The demo MSP with this system, whose customers are called so there, for the ports that `choose` gives it.
async fn gateway(system: SystemConfig, customers: Customers, choose: impl FnOnce(&mut PortsConfig)) -> Gateway {
    let change = |config: &mut Config| {
        // A write that nobody answers is unknown after this.
        config.calls.timeout_secs = 6;
        let tenant = config.tenants.iter_mut().find(|it| it.id.as_str() == TENANT).unwrap();
        tenant.systems.insert(NAME.into(), system);
        choose(&mut tenant.ports);
        for (ours, theirs) in customers {
            let ids = tenant.organisations.get_mut(&OrganisationId::new(ours).unwrap()).unwrap();
            ids.insert(NAME.into(), ExternalId::new(&theirs).unwrap());
        }
    };
    Gateway::with(change).await
}
