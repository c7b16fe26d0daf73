//! Matching organisations at every service desk: by command and on the page. Who was not matched is nobody here.

use super::Browser;
use crate::desks::{Desks, Vendor, Who, simulated, text};
use jiff::Timestamp;
use postern::adapters::Registry;
use postern_api::{OrganisationId, TenantId};
use postern_embedded::demo::seed;
use postern_policies::Realm;
use serde_json::{Value, json};
use std::process::Command;

const PATH: &str = "/console/admin/organisations";

/// A ticket of Globex's at every simulator.
const FOREIGN: &str = "5001";

/// At some simulators Globex is a stopped customer, whom nobody matches.
fn serve_globex(vendor: &Vendor) {
    if let Vendor::HaloPsa(it) = vendor {
        it.state.data(|data| data.clients[1]["stopped"] = json!(0));
    }
    if let Vendor::Syncro(it) = vendor {
        it.state.data(|data| data.customers[1]["disabled"] = json!(false));
    }
    if let Vendor::ConnectWise(it) = vendor {
        it.state.data(|data| data.companies[1]["status"] = json!({ "id": 1, "name": "Active" }));
    }
}

/// The mark of the proposal that names this organisation.
fn mark(text: &str, organisation: &str) -> Option<String> {
    let named = text.split("<article").find(|it| it.contains("name=\"proposal\"") && it.contains(organisation))?;
    let rest = named.split("name=\"proposal\" value=\"").nth(1)?;
    rest.split('"').next().map(str::to_owned)
}

#[tokio::test]
async fn who_is_not_matched_is_invisible_at_every_service_desk_until_a_person_agrees() {
    let desks = Desks::with(|config| {
        let globex = OrganisationId::new("globex").unwrap();
        for tenant in config.tenants.iter_mut().filter(|it| it.systems.contains_key("own")) {
            tenant.organisations.get_mut(&globex).unwrap().remove("desk");
        }
    })
    .await;
    let mut tried = 0;
    for vendor in desks.vendors.iter().filter(|it| !matches!(it, Vendor::Embedded)) {
        serve_globex(vendor);
        let person = |realm, role, name, email: &str, organisation| {
            desks.person(vendor, realm, role, &Who { name, email, organisation })
        };
        let staff = person(Realm::Employee, "support-write", "Ada Agent", "ada@msp.example", None);
        let admin = person(Realm::Employee, "admin", "Sam Admin", "sam@msp.example", None);
        let (name, email) = vendor.people()[2];
        let customer = person(Realm::Customer, "lead-customer", name, email, Some("globex"));
        let globex = json!({ "organization_id": "globex" });
        let all = async || staff.ask("search_tickets", json!({ "limit": 50 })).await;
        let of = |list: &Value| {
            let rows = list["data"]["tickets"].as_array().unwrap().iter();
            rows.filter(|it| it["organization_id"] == "globex" || it["ticket_id"] == FOREIGN).count()
        };
        assert_eq!(of(&all().await), 0, "{}", vendor.kind());
        assert_eq!(staff.code("internal_get_organization", globex.clone()).await, "ORGANIZATION_NOT_FOUND");
        assert_eq!(staff.code("get_ticket", json!({ "ticket_id": FOREIGN })).await, "TICKET_NOT_FOUND");
        let own = customer.ask("customer_list_tickets", json!({})).await;
        assert_ne!(own["status"], "success", "{}: {own}", vendor.kind());
        // Asking proposes, and changes nothing.
        let office = Browser::of(&desks.gateway, Some(&admin));
        let csrf = office.csrf();
        assert_eq!(office.post(PATH, &[("csrf", &*csrf), ("decision", "ask")]).await.status, 303);
        let page = office.get(PATH).await.text;
        let mark = mark(&page, "globex").unwrap_or_else(|| panic!("{}: {page}", vendor.kind()));
        assert_eq!(of(&all().await), 0, "{}", vendor.kind());
        let agree = [("csrf", csrf.as_str()), ("decision", "agree"), ("proposal", mark.as_str())];
        assert_eq!(office.post(PATH, &agree).await.status, 303, "{}", vendor.kind());
        assert_eq!(staff.ask("internal_get_organization", globex).await["status"], "success", "{}", vendor.kind());
        assert!(of(&all().await) > 0, "{}", vendor.kind());
        tried += 1;
    }
    assert_eq!(tried, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_proposes_at_every_service_desk_and_writes_nothing() {
    let vendors = simulated().await;
    for vendor in &vendors {
        serve_globex(vendor);
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("postern.toml");
    // Nobody is matched yet.
    let config = text("http://127.0.0.1:9", dir.path(), &vendors);
    let lines = config.lines().map(|line| {
        let of = ["acme = {", "globex = {"].iter().find(|it| line.starts_with(**it));
        of.map_or(line.to_owned(), |of| format!("{of} own = \"{}\" }}", of.trim_end_matches(" = {")))
    });
    std::fs::write(&path, lines.collect::<Vec<_>>().join("\n")).unwrap();
    let registry = Registry::new(dir.path());
    for vendor in &vendors {
        seed(registry.embedded().unwrap(), &TenantId::new(vendor.kind()).unwrap(), Timestamp::now()).unwrap();
    }
    let before = std::fs::read(&path).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_postern"));
    command.arg("organisations").arg("--config").arg(&path).args(["--format", "json"]);
    let ran = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let told: Value = serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    for vendor in &vendors {
        let of = told.as_array().unwrap().iter().find(|it| it["tenant"] == vendor.kind()).unwrap();
        let text = of["proposals"].to_string();
        for (id, ours) in vendor.organisations().iter().zip(["acme", "globex"]) {
            let both = text.contains(&format!("\"id\":\"{id}\"")) && text.contains(&format!("\"{ours}\""));
            assert!(both, "{}: {ours} is {id} in {of}", vendor.kind());
        }
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert!(!dir.path().join("postern.db").exists(), "nothing is written down");
}
