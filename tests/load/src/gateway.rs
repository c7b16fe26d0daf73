//! The gateway under measurement: `postern serve` on a store of its own, with the settings of a production server but for
//! the rates, which are off so that they are not what is measured.

use crate::Failure;
use crate::child::{Server, free_address};
use crate::client::{Connection, Request};
use crate::issuer::Issuer;
use crate::vendor;
use jiff::Timestamp;
use postern_api::TenantId;
use postern_embedded::Embedded;
use serde_json::{Value, json};
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The tenant that is asked.
pub(crate) const TENANT: &str = "msp";

/// What stands behind the service desk of the tenant that is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behind {
    /// The embedded backend with the demo's records.
    Embedded,
    /// HaloPSA at this address.
    Vendor(SocketAddr),
}

/// A gateway that can be started again on the same store.
#[derive(Debug)]
pub(crate) struct Gateway {
    program: PathBuf,
    config: PathBuf,
    audience: String,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Gateway {
    /// Writes the configuration and, for the embedded backend, the records.
    pub(crate) fn prepare(
        program: &Path,
        dir: &Path,
        issuer: &Issuer,
        behind: Behind,
        tenants: usize,
    ) -> Result<Self, Failure> {
        std::fs::create_dir_all(dir)?;
        let (address, operations) = (free_address()?, free_address()?);
        let audience = format!("http://{address}/mcp");
        let embedded = Embedded::open(&dir.join("embedded.db"))?;
        postern_embedded::demo::seed(&embedded, &TenantId::new(TENANT)?, Timestamp::now())?;
        let secret = dir.join("vendor-secret");
        std::fs::write(&secret, vendor::CLIENT_SECRET)?;

        let mut text = format!(
            "[server]\nlisten = \"{address}\"\noperations_listen = \"{operations}\"\ndata_dir = {dir:?}\n\n\
             [edge]\npublic_url = \"{audience}\"\n\n\
             [edge.throttle]\ncaller_per_minute = 0\ntenant_per_minute = 0\nstranger_per_minute = 0\n\n\
             [telemetry]\nlog_filter = \"warn\"\n",
        );
        for nth in 0..tenants.max(1) {
            let id = if nth == 0 { TENANT.to_owned() } else { format!("msp{nth}") };
            tenant(&mut text, &id, issuer, if nth == 0 { behind } else { Behind::Embedded }, &secret)?;
        }
        let config = dir.join("postern.toml");
        std::fs::write(&config, text)?;
        Ok(Self { program: program.to_owned(), config, audience, address })
    }

    /// Lets its people sign in with accounts of its own, and connect clients, as fast as they can.
    pub(crate) fn signs_in(&self) -> Result<(), Failure> {
        let text = std::fs::read_to_string(&self.config)?;
        let (before, after) = text.split_once("[tenants.ports]").ok_or("the configuration has no ports")?;
        let local = "[tenants.realms.customer.sign_in]\nkind = \"local\"\nemail_domains = [\"acme.example\"]\n\
                     [tenants.realms.employee.sign_in]\nkind = \"local\"\nemail_domains = [\"msp.example\"]\n";
        let authority = "[authority]\nenabled = true\nregistrations_per_hour = 1000000\nrequests_per_minute = 0\n\
                         client_documents = { enabled = false }\n\n";
        std::fs::write(&self.config, format!("{authority}{before}{local}[tenants.ports]{after}"))?;
        Ok(())
    }

    /// The issuer of its employees.
    pub(crate) fn employees(&self, issuer: &Issuer) -> String {
        issuer.realm(&format!("{TENANT}-employees"))
    }

    /// The issuer of its customers.
    pub(crate) fn customers(&self, issuer: &Issuer) -> String {
        issuer.realm(&format!("{TENANT}-customers"))
    }

    /// Starts it.
    pub(crate) fn start(&self) -> Result<Server, Failure> {
        Server::spawn(Command::new(&self.program).arg("serve").arg("--config").arg(&self.config), self.address)
    }

    /// A token of a lead of the customer Acme.
    pub(crate) fn customer(&self, issuer: &Issuer, email: &str) -> Result<String, Failure> {
        self.customer_called(issuer, email, email)
    }

    /// The same under another subject.
    pub(crate) fn customer_called(&self, issuer: &Issuer, subject: &str, email: &str) -> Result<String, Failure> {
        let claims = json!({
            "sub": subject, "email": email, "name": "Jane Smith", "organization_id": "acme",
            "realm_access": { "roles": ["lead-customer"] },
        });
        issuer.token(&format!("{TENANT}-customers"), &self.audience, claims)
    }

    /// A token of an employee with this role.
    pub(crate) fn employee(&self, issuer: &Issuer, role: &str) -> Result<String, Failure> {
        self.employee_called(issuer, role, role)
    }

    /// The same under another name.
    pub(crate) fn employee_called(&self, issuer: &Issuer, name: &str, role: &str) -> Result<String, Failure> {
        let email = format!("{name}@msp.example");
        let claims = json!({ "sub": email, "email": email, "name": name, "realm_access": { "roles": [role] } });
        issuer.token(&format!("{TENANT}-employees"), &self.audience, claims)
    }
}

fn tenant(text: &mut String, id: &str, issuer: &Issuer, behind: Behind, secret: &Path) -> Result<(), Failure> {
    let keys = issuer.jwks_uri();
    let desk = if behind == Behind::Embedded { "local" } else { "halo" };
    write!(
        text,
        "\n[[tenants]]\nid = \"{id}\"\nname = \"{id}\"\n\
         [tenants.realms.customer]\nissuer = \"{customers}\"\njwks_uri = \"{keys}\"\n\
         [tenants.realms.employee]\nissuer = \"{employees}\"\njwks_uri = \"{keys}\"\n\
         [tenants.ports]\nservice_desk = \"{desk}\"\ncrm = \"{desk}\"\nknowledge = \"{desk}\"\nidentity = \"local\"\n\
         [tenants.systems.local]\nkind = \"embedded\"\n\
         [tenants.organisations.acme]\nlocal = \"acme\"\n",
        customers = issuer.realm(&format!("{id}-customers")),
        employees = issuer.realm(&format!("{id}-employees")),
    )?;
    if let Behind::Vendor(address) = behind {
        let (tenant, client_id, client) = (vendor::TENANT, vendor::CLIENT_ID, vendor::CLIENT);
        write!(
            text,
            "halo = \"{client}\"\n[tenants.systems.halo]\nkind = \"halopsa\"\nbase_url = \"http://{address}/api\"\n\
             tenant = \"{tenant}\"\nclient_id = \"{client_id}\"\nclient_secret = {{ file = {secret:?} }}\n\
             private_field = \"CFPrivate\"\nconnection = {{ concurrency = 64, rate_requests = 1000000, rate_per_secs = 1 }}\n",
        )?;
    }
    Ok(())
}

/// The structured answer to a call, once the whole of it was looked at.
pub(crate) async fn probe(address: SocketAddr, request: &Request) -> Result<Value, Failure> {
    let mut connection = Connection::open(address).await?;
    let answer = connection.ask(request).await?;
    let text = String::from_utf8_lossy(answer.body).into_owned();
    let wrong = || format!("asked `{}`, got {}: {text}", request.what, answer.status);
    let message: Value = serde_json::from_str(&text).map_err(|_| wrong())?;
    match message.pointer("/result/structuredContent") {
        Some(content) if request.is_good(&answer) => Ok(content.clone()),
        _ => Err(wrong().into()),
    }
}

/// Of somebody's tickets, the one whose answer is closest to this many bytes: its request, and its answer.
pub(crate) async fn ticket_near(address: SocketAddr, token: &str, bytes: usize) -> Result<(Request, Value), Failure> {
    let list = Request::call(address, token, "customer_list_tickets", &json!({ "limit": 50 }));
    let list = probe(address, &list).await?;
    let tickets = list.pointer("/data/tickets").and_then(Value::as_array).ok_or("the list of tickets has none")?;
    let mut best: Option<(usize, Request, Value)> = None;
    for id in tickets.iter().filter_map(|it| it.get("ticket_id").or_else(|| it.get("id"))) {
        let request = Request::call(address, token, "customer_get_ticket", &json!({ "ticket_id": id }));
        let answer = probe(address, &request).await?;
        let away = answer.to_string().len().abs_diff(bytes);
        if best.as_ref().is_none_or(|it| away < it.0) {
            best = Some((away, request, answer));
        }
    }
    let (_, request, answer) = best.ok_or("the customer has no ticket")?;
    Ok((request, answer))
}

/// The list of so many of this caller's tickets as makes an answer nearest this length.
pub(crate) async fn list_near(address: SocketAddr, token: &str, bytes: usize) -> Result<Request, Failure> {
    let mut best: Option<(usize, Request)> = None;
    for limit in 1..=20 {
        let request = Request::call(address, token, "customer_list_tickets", &json!({ "limit": limit }));
        let away = probe(address, &request).await?.to_string().len().abs_diff(bytes);
        if best.as_ref().is_none_or(|it| away < it.0) {
            best = Some((away, request));
        }
    }
    best.map(|it| it.1).ok_or_else(|| "no list of tickets was answered".into())
}
