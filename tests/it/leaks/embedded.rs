//! The same for Postern's own backend, whose records are rows of a database.

use super::canary::{Canaries, Class, Facts};
use super::portal;
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use std::path::Path;

/// Rows of a query, each as texts.
pub(super) fn rows(db: &Connection, query: &str, tenant: &str) -> Vec<Vec<Option<String>>> {
    let mut statement = db.prepare(query).unwrap();
    let columns = statement.column_count();
    let row = |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get::<_, Option<String>>(at)).collect();
    statement.query_map(params![tenant], row).unwrap().map(Result::unwrap).collect()
}

pub(super) fn ours(organisation: &str) -> Option<&'static str> {
    ["acme", "globex"].into_iter().find(|it| *it == organisation)
}

/// Plants in everything that a tenant has. The new addresses and names of people, by the former address.
pub(super) fn plant(data: &Path, tenant: &'static str, canaries: &mut Canaries) -> BTreeMap<String, (String, String)> {
    let mut db = Connection::open(data.join("embedded.db")).unwrap();
    db.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    let db = db.transaction().unwrap();
    let mut renamed = BTreeMap::new();
    let people = "SELECT CAST(c.key AS TEXT), o.id, c.name, c.email, c.phone, c.title, c.notes FROM contact c \
                  JOIN organisation o ON o.key = c.organisation WHERE c.tenant = ?";
    for row in rows(&db, people, tenant) {
        let [key, organisation, name, email, phone, title, notes] = row.as_slice() else {
            unreachable!("seven columns")
        };
        let (key, name) = (key.as_deref().unwrap(), name.as_deref().unwrap());
        let organisation = ours(organisation.as_deref().unwrap());
        let place = format!("{tenant} own contact {key}");
        let class = |class: Class| if organisation.is_some() { class } else { Class::Never };
        let mut word =
            |what: &str, it: Class| canaries.word(tenant, organisation, class(it), format!("{place} {what}"));
        let with = |text: &Option<String>, word: String| text.as_ref().map(|it| format!("{it} {word}"));
        let called = word("name", Class::Organisation);
        let called = format!("{name} {}{}", called.get(..1).unwrap().to_uppercase(), called.get(1..).unwrap());
        let (title, notes) =
            (with(title, word("title", Class::Organisation)), with(notes, word("notes", Class::Internal)));
        let former = email.clone().unwrap_or_default();
        let (local, domain) = former.split_once('@').unwrap_or(("nobody", "acme.example"));
        let address = format!("{local}.w{}x@{domain}", canaries.count());
        let number = phone.as_ref().map(|_| format!("+44 20 7946 {}", 1_000 + canaries.count()));
        for needle in [Some(address.clone()), number.clone()].into_iter().flatten() {
            let way = class(Class::Way(address.clone()));
            canaries.literal(tenant, organisation, way, format!("{place} way"), needle);
        }
        let change = "UPDATE contact SET name = ?, email = ?, phone = ?, title = ?, notes = ? WHERE key = ?";
        db.execute(change, params![called, address, number, title, notes, key.parse::<i64>().unwrap()]).unwrap();
        db.execute("UPDATE login SET email = ? WHERE contact = ?", params![address, key.parse::<i64>().unwrap()])
            .unwrap();
        renamed.insert(former, (address, called));
    }
    let tickets = "SELECT t.id, o.id, c.email, CAST(t.private AS TEXT) FROM ticket t JOIN organisation o ON \
                   o.key = t.organisation JOIN contact c ON c.key = t.requester WHERE t.tenant = ?";
    // Where a vendor has the service desk, nobody asks for these tickets.
    for row in rows(&db, tickets, tenant).into_iter().filter(|_| tenant == "embedded") {
        let [id, organisation, email, private] = row.as_slice() else { unreachable!("four columns") };
        let facts = Facts {
            organisation: ours(organisation.as_deref().unwrap()),
            requester: email.clone().unwrap_or_default(),
            shared: private.as_deref() == Some("0"),
        };
        canaries.tickets.insert((tenant, id.clone().unwrap()), facts);
    }
    texts(&db, tenant, canaries);
    portal::plant(&db, tenant, canaries);
    db.commit().unwrap();
    renamed
}

/// Says who may read a text of a row: one that is for customers or not, of this ticket where it has one.
type Reads = fn(bool, &str) -> Class;

const TICKET: Reads = |shown, id| match (shown, id) {
    (false, _) => Class::Internal,
    (true, "") => Class::Organisation,
    (true, id) => Class::Ticket(id.to_owned()),
};
const INTERNAL: Reads = |_, _| Class::Internal;
const ARTICLE: Reads = |shown, _| if shown { Class::Tenant } else { Class::Internal };
const ORGANISATION: Reads = |_, _| Class::Organisation;
const NEVER: Reads = |_, _| Class::Never;

const OWN: &str = "(SELECT o.id FROM organisation o WHERE o.key = x.organisation)";
const TICKETS_OWN: &str =
    "(SELECT o.id FROM organisation o JOIN ticket t ON t.organisation = o.key WHERE t.key = x.ticket)";
const OF_TICKET: &str = "(SELECT id FROM ticket t WHERE t.key = x.ticket)";

/// A table, what its rows say of organisation, ticket and whether they are for customers, and its texts.
type Texts = (&'static str, [&'static str; 3], &'static [(&'static str, Reads)]);

const TABLES: [Texts; 8] = [
    ("organisation", ["x.id", "NULL", "'1'"], &[("name", ORGANISATION)]),
    ("role_change", [OWN, "NULL", "'1'"], &[("reason", ORGANISATION)]),
    ("notification", ["NULL", "NULL", "'0'"], &[("text", NEVER)]),
    (
        "ticket",
        [OWN, "x.id", "'1'"],
        &[("subject", TICKET), ("description", TICKET), ("resolution", TICKET), ("breach_reason", INTERNAL)],
    ),
    ("comment", [TICKETS_OWN, OF_TICKET, "CAST(1 - x.internal AS TEXT)"], &[("body", TICKET)]),
    ("attachment", [OWN, OF_TICKET, "CAST(1 - x.internal AS TEXT)"], &[("name", TICKET)]),
    ("escalation", [TICKETS_OWN, OF_TICKET, "'0'"], &[("target", INTERNAL), ("reason", INTERNAL), ("by", INTERNAL)]),
    (
        "article",
        ["NULL", "NULL", "CAST(x.public AS TEXT)"],
        &[("title", ARTICLE), ("summary", ARTICLE), ("body", ARTICLE)],
    ),
];

fn texts(db: &Connection, tenant: &'static str, canaries: &mut Canaries) {
    for (table, of, columns) in &TABLES {
        let of = of.join(", ");
        for row in rows(db, &format!("SELECT CAST(key AS TEXT), {of} FROM {table} x WHERE tenant = ?"), tenant) {
            let [key, organisation, id, shown] = row.as_slice() else { unreachable!("four columns") };
            let (key, id) = (key.as_deref().unwrap(), id.as_deref().unwrap_or_default());
            let nobodys = organisation.as_ref().is_some_and(|it| ours(it).is_none());
            let organisation = organisation.as_deref().and_then(ours);
            for (column, reads) in *columns {
                let class = if nobodys { Class::Never } else { reads(shown.as_deref() == Some("1"), id) };
                let word = canaries.word(tenant, organisation, class, format!("{tenant} own {table} {key} {column}"));
                let change = format!("UPDATE {table} SET {column} = {column} || ' {word}' WHERE key = {key}");
                db.execute(&change, []).unwrap();
            }
        }
    }
    others(db, tenant, canaries);
    for row in rows(db, "SELECT email FROM agent WHERE tenant = ? AND email IS NOT NULL", tenant) {
        let former = row.first().cloned().flatten().unwrap();
        let email = former.replace('@', &format!(".w{}x@", canaries.count()));
        db.execute("UPDATE agent SET email = ? WHERE tenant = ? AND email = ?", params![email, tenant, former])
            .unwrap();
        canaries.literal(tenant, None, Class::StaffWay, format!("{tenant} own agent"), email);
    }
}

/// Tables whose texts are something of their own, or numbers and words that mean something.
const APART: [&str; 4] = ["contact", "login", "agent", "counter"];

/// Columns that people write into, and those with money that customers do not see.
const PROSE: [&str; 10] =
    ["name", "title", "summary", "subject", "description", "details", "notes", "note", "text", "body"];
const MONEY: [&str; 4] = ["cost", "margin", "profit", "internal_rate"];

/// A table that nobody has told of here: its texts are its organisation's, or the tenant's; what something costs is for those who
/// see money.
fn others(db: &Connection, tenant: &'static str, canaries: &mut Canaries) {
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%STRICT%' AND name NOT LIKE ?";
    for row in rows(db, names, "sqlite%") {
        let table = row.first().cloned().flatten().unwrap();
        if APART.contains(&&*table) || TABLES.iter().any(|it| it.0 == table) || portal::knows(&table) {
            continue;
        }
        let columns: Vec<String> =
            rows(db, "SELECT name FROM pragma_table_info(?)", &table).into_iter().flatten().flatten().collect();
        let has = |name: &str| columns.iter().any(|it| it == name);
        if !has("tenant") || !has("key") {
            continue;
        }
        let of = if has("organisation") { OWN } else { "NULL" };
        for row in rows(db, &format!("SELECT CAST(key AS TEXT), {of} FROM {table} x WHERE tenant = ?"), tenant) {
            let [key, organisation] = row.as_slice() else { unreachable!("two columns") };
            let (key, owner) = (key.as_deref().unwrap(), organisation.as_deref().and_then(ours));
            let is_nobodys = organisation.is_some() && owner.is_none();
            for column in &columns {
                let place = format!("{tenant} own {table} {key} {column}");
                let change = if PROSE.contains(&&**column) {
                    let class = if owner.is_some() { Class::Organisation } else { Class::Tenant };
                    let word = canaries.word(tenant, owner, if is_nobodys { Class::Never } else { class }, place);
                    format!("{column} = {column} || ' {word}'")
                } else if MONEY.iter().any(|it| column.contains(it)) {
                    let amount = canaries.amount(tenant, owner, Class::Financial, place);
                    format!("{column} = {amount}")
                } else {
                    continue;
                };
                db.execute(&format!("UPDATE {table} SET {change} WHERE key = {key}"), []).unwrap();
            }
        }
    }
}

/// Ids of records: tickets, contacts, articles and files.
pub(super) fn ids(data: &Path, tenant: &str) -> [Vec<String>; 4] {
    let db = Connection::open(data.join("embedded.db")).unwrap();
    ["ticket", "contact", "article", "attachment"].map(|table| {
        let all = rows(&db, &format!("SELECT id FROM {table} WHERE tenant = ? ORDER BY key"), tenant);
        all.into_iter().flatten().flatten().collect()
    })
}
