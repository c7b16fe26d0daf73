//! Two customers with people. Everything that must not get out says CANARY.

use super::Data;
use serde_json::{Value, json};

/// The company Acme.
pub const ACME: u64 = 41_000_001;
/// The company Globex.
pub const GLOBEX: u64 = 41_000_002;
/// A number that was Acme's before two records of it were merged.
pub const MERGED: u64 = 41_000_009;
/// Bob Basic at Acme.
pub const ACME_USER: u64 = 51_000_002;
/// Gil at Globex.
pub const GLOBEX_USER: u64 = 51_000_003;

fn company(id: u64, name: &str, domain: &str) -> Value {
    json!({ "id": id.to_string(), "archived": false, "properties": {
        "name": name, "domain": domain, "hs_additional_domains": format!("www.{domain};{domain}"), "phone": "+49 30 1000",
        "website": format!("https://{domain}"), "tier": "enterprise", "sla": "gold", "tickets": "20",
        "annualrevenue": "CANARY-REVENUE", "hs_lead_status": "CANARY-STATUS",
    } })
}

fn contact(id: u64, company: Option<u64>, (first, last): (&str, &str), email: &str) -> Value {
    json!({ "id": id.to_string(), "archived": false, "properties": {
        "firstname": first, "lastname": last, "email": email, "phone": "+49 30 2000", "jobtitle": "Clerk",
        "associatedcompanyid": company.map(|it| it.to_string()), "hs_content_membership_notes": "CANARY-NOTE",
    } })
}

fn gone(mut row: Value) -> Value {
    if let Some(fields) = row.as_object_mut() {
        fields.insert("archived".into(), json!(true));
    }
    row
}

pub(super) fn data() -> Data {
    Data {
        companies: vec![
            company(ACME, "Acme GmbH", "acme.example"),
            company(GLOBEX, "CANARY-GLOBEX", "globex.example"),
            gone(company(41_000_003, "CANARY-ARCHIVED", "gone.example")),
        ],
        contacts: vec![
            contact(51_000_001, Some(ACME), ("Ann", "Lead"), "Ann.Lead@acme.example"),
            contact(ACME_USER, Some(ACME), ("Bob", "Basic"), "bob.basic@acme.example"),
            contact(GLOBEX_USER, Some(GLOBEX), ("CANARY-GIL", "Globe"), "gil@globex.example"),
            // Connected with Acme too, and of Globex.
            contact(51_000_004, Some(GLOBEX), ("CANARY-BOTH", "Sides"), "both@globex.example"),
            contact(51_000_005, None, ("CANARY-NOBODY", "Free"), "free@nobody.example"),
            gone(contact(51_000_006, Some(ACME), ("CANARY-GONE", "Away"), "gone@acme.example")),
        ],
        associations: vec![
            (ACME, 51_000_001),
            (ACME, ACME_USER),
            (GLOBEX, GLOBEX_USER),
            (GLOBEX, 51_000_004),
            (ACME, 51_000_004),
            (ACME, 51_000_005),
            (ACME, 51_000_006),
        ],
        merged: vec![(MERGED, ACME)],
        writes: 0,
    }
}
