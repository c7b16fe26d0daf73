//! Canaries in what Postern's own backend keeps for portals: money, projects, documents, appointments, who was told what.

use super::canary::{Canaries, Class};
use super::embedded::{ours, rows};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use std::path::Path;

/// Says who may read a field of a row: one that is for customers or not, and about what.
type Reads = fn(bool, &str) -> Class;

const INTERNAL: Reads = |_, _| Class::Internal;
const FINANCIAL: Reads = |_, _| Class::Financial;
const NEVER: Reads = |_, _| Class::Never;
const STAFF: Reads = |_, _| Class::Staff;
const OWN: Reads = |shown, _| if shown { Class::Organisation } else { Class::Staff };
const BILL: Reads = |shown, _| if shown { Class::Billed } else { Class::BilledInside };
const TOLD: Reads = |_, email| Class::Told(email.to_owned());
const ENTRY: Reads = |shown, internal| if internal == "1" { Class::Internal } else { OWN(shown, "") };
const ALL: Reads = |shown, tier| match (shown, tier) {
    (false, _) => Class::Staff,
    (true, "") => Class::Tenant,
    (true, tier) => Class::Tier(tier.to_owned()),
};

/// How a canary comes into a field.
#[derive(Clone, Copy)]
enum Put {
    /// Behind what stands there.
    Behind,
    /// In its place.
    Instead,
    /// An amount of money, where there is one.
    Amount,
}
use Put::{Amount, Behind, Instead};

type Fields = &'static [(&'static str, Put, Reads)];

/// A table: which of its rows a row is, whose, whether customers see it, what it is about; and its fields.
struct Table {
    name: &'static str,
    key: &'static str,
    whose: &'static str,
    shown: &'static str,
    about: &'static str,
    fields: Fields,
}

impl Table {
    /// Rows of one organisation each, for customers.
    const fn of(name: &'static str, fields: Fields) -> Self {
        Self { name, key: "'key = ' || x.key", whose: MINE, shown: "'1'", about: "''", fields }
    }

    const fn whose(self, whose: &'static str) -> Self {
        Self { whose, ..self }
    }

    const fn shown(self, shown: &'static str) -> Self {
        Self { shown, ..self }
    }

    const fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    const fn key(self, key: &'static str) -> Self {
        Self { key, ..self }
    }
}

const MINE: &str = "(SELECT o.id FROM organisation o WHERE o.key = x.organisation)";
const BILLED: &str =
    "(SELECT o.id FROM invoice i JOIN organisation o ON o.key = i.organisation WHERE i.key = x.invoice)";
const BILL_SHOWN: &str =
    "(SELECT CAST(i.customer_visible AND i.status <> 'draft' AS TEXT) FROM invoice i WHERE i.key = x.invoice)";
const ISSUED: &str = "CAST(x.customer_visible AND x.status <> 'draft' AS TEXT)";
const PROJECTS: &str =
    "(SELECT o.id FROM project p JOIN organisation o ON o.key = p.organisation WHERE p.key = x.project)";
const PROJECT_SHOWN: &str =
    "(SELECT CAST(p.customer_visible AND NOT x.internal AS TEXT) FROM project p WHERE p.key = x.project)";
const DOCUMENTS: &str =
    "(SELECT o.id FROM document d JOIN organisation o ON o.key = d.organisation WHERE d.key = x.document)";
const VERSIONS: &str = "(SELECT o.id FROM document_version v JOIN document d ON d.key = v.document
     JOIN organisation o ON o.key = d.organisation WHERE v.key = x.version)";
const PUBLISHED: &str = "(SELECT CAST(NOT x.internal AND count(*) > 0 AS TEXT) FROM publication p
     JOIN document_version v ON v.key = p.version WHERE v.document = x.key)";
const LINKED: &str =
    "(SELECT o.id FROM login l JOIN organisation o ON o.key = l.organisation WHERE l.contact = x.contact)";
const TICKETS: &str =
    "(SELECT o.id FROM ticket t JOIN organisation o ON o.key = t.organisation WHERE t.key = x.ticket)";

const TABLES: [Table; 25] = [
    Table::of("invoice", &[("notes", Behind, INTERNAL), ("total", Amount, BILL), ("balance", Amount, BILL)])
        .shown(ISSUED),
    Table::of("invoice_line", &[("text", Behind, BILL), ("total", Amount, BILL)])
        .key("'invoice = ' || x.invoice || ' AND place = ' || x.place")
        .whose(BILLED)
        .shown(BILL_SHOWN),
    Table::of("payment_link", &[("token", Instead, NEVER)]).whose(BILLED),
    Table::of(
        "payment",
        &[
            ("amount", Amount, BILL),
            ("refunded", Amount, BILL),
            ("method", Behind, BILL),
            ("receipt", Behind, BILL),
            ("failure", Behind, BILL),
        ],
    )
    .shown(BILL_SHOWN),
    Table::of("agreement", &[("name", Behind, BILL), ("amount", Amount, BILL)]),
    Table::of("document", &[("name", Behind, OWN)]).shown(PUBLISHED),
    Table::of("document_version", &[("author", Behind, INTERNAL), ("source", Behind, OWN)])
        .whose(DOCUMENTS)
        .shown("(SELECT CAST(count(*) > 0 AS TEXT) FROM publication p WHERE p.version = x.key)"),
    Table::of("publication", &[("publisher", Behind, STAFF), ("by", Behind, STAFF), ("reason", Behind, STAFF)])
        .whose(VERSIONS),
    Table::of("notice", &[("subject", Behind, TOLD), ("failure", Behind, INTERNAL), ("by", Behind, STAFF)])
        .about("(SELECT c.email FROM contact c WHERE c.key = x.recipient)"),
    Table::of(
        "project",
        &[
            ("name", Behind, OWN),
            ("description", Behind, OWN),
            ("notes", Behind, INTERNAL),
            ("cost", Amount, FINANCIAL),
        ],
    )
    .shown("CAST(x.customer_visible AS TEXT)"),
    Table::of("phase", &[("name", Behind, OWN), ("blocker", Behind, OWN)]).whose(PROJECTS).shown(PROJECT_SHOWN),
    Table::of("project_entry", &[("text", Behind, ENTRY)])
        .whose(PROJECTS)
        .shown(PROJECT_SHOWN)
        .about("CAST(x.internal AS TEXT)"),
    Table::of("sales_order", &[("title", Behind, BILL), ("total", Amount, BILL), ("cost", Amount, FINANCIAL)])
        .shown(ISSUED),
    Table::of("site", &[("name", Behind, OWN), ("address", Behind, OWN)]),
    Table::of("asset", &[("name", Behind, OWN), ("serial", Behind, OWN)]),
    Table::of("booking", &[("title", Behind, OWN)]),
    Table::of("time_entry", &[("text", Behind, INTERNAL)]).whose(TICKETS),
    Table::of("workspace", &[("welcome_text", Behind, OWN), ("by", Behind, STAFF)]),
    Table::of("branding", &[("welcome_text", Behind, ALL)]).key("'tenant = ' || quote(x.tenant)").whose("NULL"),
    Table::of("faq", &[("question", Behind, ALL), ("answer", Behind, ALL), ("by", Behind, STAFF)])
        .whose("NULL")
        .shown("CAST(x.state = 'published' AND NOT x.internal AS TEXT)")
        .about("coalesce(json_extract(x.segments, '$[0]'), '')"),
    Table::of("form", &[("name", Behind, ALL)]).whose("NULL"),
    Table::of("form_field", &[("label", Behind, ALL)])
        .key("'form = ' || x.form || ' AND place = ' || x.place")
        .whose("NULL"),
    Table::of("access_event", &[("detail", Behind, STAFF), ("by", Behind, STAFF)]),
    Table::of("consent", &[("reason", Behind, STAFF), ("device", Behind, STAFF), ("by", Behind, STAFF)]),
    Table::of("login_link", &[("secret", Instead, NEVER)]).key("'contact = ' || x.contact").whose(LINKED),
];

/// Whether a table has its canaries here.
pub(super) fn knows(table: &str) -> bool {
    TABLES.iter().any(|it| it.name == table)
}

/// What happened stays as it was written, but for a test.
fn unsealed(db: &Connection, work: impl FnOnce()) {
    let triggers = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND name NOT LIKE ?";
    let triggers = rows(db, triggers, "sqlite%");
    for it in &triggers {
        db.execute(&format!("DROP TRIGGER {}", it[0].as_deref().unwrap()), []).unwrap();
    }
    work();
    for it in triggers {
        db.execute(it[1].as_deref().unwrap(), []).unwrap();
    }
}

/// Plants in everything that a tenant's portals have, and leaves one organisation's portal to be opened.
pub(super) fn plant(db: &Connection, tenant: &'static str, canaries: &mut Canaries) {
    let globex = "(SELECT key FROM organisation WHERE id = 'globex' AND tenant = ?)";
    db.execute(&format!("DELETE FROM workspace WHERE organisation IN {globex}"), params![tenant]).unwrap();
    unsealed(db, || {
        for table in &TABLES {
            table.plant(db, tenant, canaries);
        }
    });
}

impl Table {
    fn plant(&self, db: &Connection, tenant: &'static str, canaries: &mut Canaries) {
        let Self { name, key, whose, shown, about, .. } = self;
        let query = format!("SELECT {key}, {whose}, {shown}, {about} FROM {name} x WHERE x.tenant = ?");
        for row in rows(db, &query, tenant) {
            let [key, organisation, shown, about] = row.as_slice() else { unreachable!("four columns") };
            let key = key.as_deref().unwrap();
            let is_nobodys = organisation.as_ref().is_some_and(|it| ours(it).is_none());
            let organisation = organisation.as_deref().and_then(ours);
            for (column, put, reads) in self.fields {
                let read = reads(shown.as_deref() == Some("1"), about.as_deref().unwrap_or_default());
                let class = if is_nobodys { Class::Never } else { read };
                let place = format!("{tenant} own {name} {key} {column}");
                let change = match put {
                    Behind => format!("{column} || ' {}'", canaries.word(tenant, organisation, class, place)),
                    Instead => format!("'{}'", canaries.word(tenant, organisation, class, place)),
                    Amount => {
                        let amount = canaries.amount(tenant, organisation, class, place);
                        format!("CASE WHEN CAST({column} AS REAL) > 0 THEN '{amount}.00' ELSE {column} END")
                    }
                };
                let change = format!("UPDATE {name} SET {column} = {change} WHERE {key} AND tenant = '{tenant}'");
                assert_eq!(db.execute(&change, []).unwrap(), 1, "{change}");
            }
        }
    }
}

/// The people of a vendor are those of the portal too: who has a login there is somebody at the vendor's.
pub(super) fn meet(data: &Path, tenant: &str, people: &[(String, String)], canaries: &mut Canaries) {
    let db = Connection::open(data.join("embedded.db")).unwrap();
    db.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    for (own, vendors) in people {
        canaries.moved(tenant, own, vendors);
        for table in ["contact", "login"] {
            let change = format!("UPDATE {table} SET email = ? WHERE tenant = ? AND email = ?");
            assert_eq!(db.execute(&change, params![vendors, tenant, own]).unwrap(), 1, "{table} {own}");
        }
    }
}

/// Ids by kind.
pub(super) type Every = BTreeMap<&'static str, Vec<String>>;

/// Ids of portal records: those of one organisation together, and all. Documents and versions stand side by side.
pub(super) fn ids(data: &Path, tenant: &str) -> (BTreeMap<&'static str, Every>, Every) {
    let db = Connection::open(data.join("embedded.db")).unwrap();
    let mut found = (BTreeMap::from([("acme", Every::new()), ("globex", Every::new())]), Every::new());
    let mut note = |kind: &'static str, organisation: &Option<String>, id: &Option<String>| {
        let id = id.clone().unwrap();
        if let Some(whose) = organisation.as_deref().and_then(ours) {
            found.0.entry(whose).or_default().entry(kind).or_default().push(id.clone());
        }
        found.1.entry(kind).or_default().push(id);
    };
    let own = "JOIN organisation o ON o.key = x.organisation WHERE x.tenant = ? ORDER BY x.key";
    // Where a vendor has these, nobody asks for them here.
    let kinds = [("ticket", "ticket"), ("contact", "contact"), ("invoice", "invoice"), ("record", "project")];
    for (kind, table) in kinds {
        for row in rows(&db, &format!("SELECT x.id, o.id FROM {table} x {own}"), tenant) {
            note(kind, &row[1], &row[0]);
        }
    }
    let versions = "SELECT v.id, o.id, d.id FROM document_version v JOIN document d ON d.key = v.document
                    JOIN organisation o ON o.key = d.organisation WHERE v.tenant = ? ORDER BY v.key";
    for row in rows(&db, versions, tenant) {
        note("version", &row[1], &row[0]);
        note("document", &row[1], &row[2]);
    }
    for (kind, table) in [("role", "access_role"), ("faq", "faq"), ("form", "form")] {
        for row in rows(&db, &format!("SELECT id FROM {table} WHERE tenant = ? ORDER BY key"), tenant) {
            note(kind, &None, &row[0]);
        }
    }
    found
}
