//! Puts canaries into every record of a simulated vendor, by what each field is.
//!
//! A field that is not named here and whose value says `CANARY` in the vendor's own seed is for nobody; so is a field that no
//! vendor has, which every record gets. A table that is new gets canaries in its texts, for its organisation, without a line here.

use super::canary::{Canaries, Class, Facts};
use super::fields::{BILLS, Place, class, is_money, is_sum};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The tables of a vendor, by name.
pub(super) type Tables<'t> = Vec<(&'static str, &'t mut Vec<Value>)>;

/// A vendor's organisations, by its own numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Organisations {
    pub(super) acme: i64,
    pub(super) globex: i64,
}

impl Organisations {
    fn name(self, number: i64) -> Option<&'static str> {
        if number == self.acme {
            return Some("acme");
        }
        (number == self.globex).then_some("globex")
    }
}

/// Records of some tables and whose they are, for those of the two organisations.
pub(super) fn whose(tables: &Tables<'_>, names: &[&str], of: Organisations) -> Vec<(&'static str, String)> {
    let rows = tables.iter().filter(|(it, _)| names.contains(it)).flat_map(|(_, rows)| rows.iter());
    let owned = rows.filter_map(|row| Some((company(row).and_then(|it| of.name(it))?, id(row).to_string())));
    owned.collect()
}

const ORGANISATIONS: [&str; 4] = ["clients", "companies", "customers", "Companies"];
/// Where a part names its whole, and in which tables that is.
const PARENTS: [(&str, [&str; 2]); 5] = [
    ("/invoice_id", ["invoices", "Invoices"]),
    ("/invoice/id", ["invoices", "Invoices"]),
    ("/invoiceID", ["invoices", "Invoices"]),
    ("/projectId", ["projects", "Projects"]),
    ("/projectID", ["projects", "Projects"]),
];
const PEOPLE: [&str; 3] = ["users", "contacts", "Contacts"];
const TICKETS: [&str; 2] = ["tickets", "Tickets"];

fn number(row: &Value, pointers: &[&str]) -> Option<i64> {
    pointers.iter().find_map(|it| row.pointer(it).and_then(Value::as_i64))
}

fn company(row: &Value) -> Option<i64> {
    number(row, &["/client_id", "/company/id", "/companyID", "/customer_id", "/customer/id"])
}

fn id(row: &Value) -> i64 {
    number(row, &["/id"]).unwrap_or_default()
}

/// Whether a ticket is plainly open to its organisation's lead.
fn is_shared(row: &Value) -> bool {
    let among = |list: &str, key: &str, name: Value| {
        let fields = row.get(list).and_then(Value::as_array).into_iter().flatten();
        fields.filter(|it| it[key] == name).map(|it| it["value"].clone()).collect::<Vec<_>>()
    };
    among("customfields", "name", json!("CFPrivate")) == [json!(false)]
        || among("customFields", "id", json!(5)) == [json!(false)]
        || among("userDefinedFields", "name", json!("PosternPrivate")) == [json!("No")]
        || row.pointer("/properties/Private") == Some(&json!("0"))
}

/// Whether a ticket is one that Postern serves at all.
fn is_served(row: &Value) -> bool {
    row["deleted"] != true
        && row.get("recordType").is_none_or(|it| it == "ServiceTicket")
        && row.pointer("/board/id").is_none_or(|it| *it == 1)
}

/// What is planted, and into what.
pub(super) struct Planter<'c> {
    pub(super) canaries: &'c mut Canaries,
    pub(super) desk: &'static str,
    pub(super) organisations: Organisations,
    /// Whether a row of this vendor and table is for customers: a note, a file, an article.
    pub(super) is_public: fn(&str, &str, &Value) -> bool,
    /// Invoices and projects by table and number: whose they are, and whether they are for customers. Their parts do not say.
    pub(super) parents: BTreeMap<(&'static str, i64), (Option<&'static str>, bool)>,
}

impl Planter<'_> {
    /// Plants everywhere. The new addresses and names of people, by the former address.
    pub(super) fn plant(&mut self, mut tables: Tables<'_>) -> BTreeMap<String, (String, String)> {
        let people = self.people(&mut tables);
        for (_, rows) in &mut tables {
            for row in rows.iter_mut() {
                rename(row, &people);
            }
        }
        self.know_tickets(&tables);
        self.know_parents(&tables);
        for (table, rows) in &mut tables {
            for row in rows.iter_mut() {
                self.row(table, row);
            }
        }
        people.into_iter().map(|(old, it)| (old, (it.email, it.name))).collect()
    }

    /// Gives everybody at a customer an address, a name and a number of their own.
    fn people(&mut self, tables: &mut Tables<'_>) -> BTreeMap<String, Renamed> {
        let mut renamed = BTreeMap::new();
        for (table, rows) in tables.iter_mut().filter(|(it, _)| PEOPLE.contains(it)) {
            for row in rows.iter_mut() {
                let Some(owner) = company(row) else { continue };
                let organisation = self.organisations.name(owner);
                let place = format!("{} {table} {}", self.desk, id(row));
                let class = |class: Class| if organisation.is_some() { class } else { Class::Never };
                let mail = self.canaries.count();
                let old = texts(row).into_iter().find(|it| it.contains('@')).unwrap_or_default();
                let (local, domain) = old.split_once('@').unwrap_or(("nobody", "acme.example"));
                // The address is what the class is about, so its own word is made by hand.
                let email = format!("{}.w{mail}x@{domain}", local.to_lowercase());
                let way = Class::Way(email.clone());
                self.canaries.literal(
                    self.desk,
                    organisation,
                    class(way.clone()),
                    format!("{place} e-mail"),
                    email.clone(),
                );
                let phone = format!("+44 20 7946 {}", 1_000 + self.canaries.count());
                for form in [phone.clone(), phone.replace(' ', "")] {
                    self.canaries.literal(self.desk, organisation, class(way.clone()), format!("{place} phone"), form);
                }
                let word =
                    self.canaries.word(self.desk, organisation, class(Class::Organisation), format!("{place} name"));
                let last = row.get("lastName").or(row.get("name")).and_then(Value::as_str).unwrap_or_default();
                let (former, first) =
                    (last.to_owned(), row.get("firstName").and_then(Value::as_str).map(str::to_owned));
                let last = format!("{former} {}{}", word.get(..1).unwrap().to_uppercase(), word.get(1..).unwrap());
                let whole = |last: &str| first.as_ref().map_or_else(|| last.to_owned(), |it| format!("{it} {last}"));
                let it = Renamed { email, phone, former: whole(&former), name: whole(&last), parts: (former, last) };
                reach(row, &old, &it);
                renamed.insert(old.to_lowercase(), it);
            }
        }
        renamed
    }

    fn know_tickets(&mut self, tables: &Tables<'_>) {
        let of = |names: &'static [&'static str]| {
            tables.iter().filter(move |(it, _)| names.contains(it)).flat_map(|(_, rows)| rows.iter())
        };
        for row in of(&TICKETS) {
            let person = number(row, &["/user_id", "/contact/id", "/contactID", "/contact_id"]);
            let requester = of(&PEOPLE).find(|it| Some(id(it)) == person);
            let email = requester.and_then(|it| texts(it).into_iter().find(|it| it.contains('@')));
            let organisation = company(row).and_then(|it| self.organisations.name(it)).filter(|_| is_served(row));
            let facts = Facts { organisation, requester: email.unwrap_or_default(), shared: is_shared(row) };
            self.canaries.tickets.insert((self.desk, id(row).to_string()), facts);
        }
    }

    fn know_parents(&mut self, tables: &Tables<'_>) {
        for (table, rows) in tables.iter().filter(|(it, _)| PARENTS.iter().any(|(_, tables)| tables.contains(it))) {
            for row in rows.iter() {
                let owner = company(row).and_then(|it| self.organisations.name(it));
                let shown = (self.is_public)(self.desk, table, row);
                self.parents.insert((table, id(row)), (owner, shown));
            }
        }
    }

    /// Of what a row is a part, where it is one of an invoice or a project: whose, and whether that is for customers.
    fn parent(&self, row: &Value) -> Option<(Option<&'static str>, bool)> {
        let (pointer, tables) = PARENTS.iter().find(|(pointer, _)| row.pointer(pointer).is_some_and(Value::is_i64))?;
        let number = number(row, &[pointer])?;
        let known = tables.iter().find_map(|it| self.parents.get(&(*it, number)));
        Some(known.copied().unwrap_or_default())
    }

    fn row(&mut self, table: &'static str, row: &mut Value) {
        let ticket = if TICKETS.contains(&table) {
            Some(id(row))
        } else {
            number(row, &["/ticket_id", "/ticketId", "/ticketID", "/parentID", "/chargeToId"])
        };
        let ticket = ticket.map(|it| it.to_string());
        let facts = ticket.as_ref().and_then(|it| self.canaries.tickets.get(&(self.desk, it.clone()))).cloned();
        let owner = if ORGANISATIONS.contains(&table) { Some(id(row)) } else { company(row) };
        let parent = self.parent(row);
        let organisation = match (&facts, owner, parent) {
            (Some(facts), _, _) => facts.organisation,
            (None, Some(owner), _) => self.organisations.name(owner),
            (None, None, Some((owner, _))) => owner,
            (None, None, None) => None,
        };
        // A row that names an owner, a ticket or a whole, whom nobody has a mapping for is nobody's.
        let is_nobodys = organisation.is_none() && (ticket.is_some() || owner.is_some() || parent.is_some());
        let public = match parent {
            // What bills hold is for whoever sees the bill; of a project some parts are not.
            Some((_, shown)) => shown && (BILLS.contains(&table) || (self.is_public)(self.desk, table, row)),
            None => (self.is_public)(self.desk, table, row),
        };
        let place = format!("{} {table} {}", self.desk, id(row));
        let at = Place { table, ticket, organisation, is_nobodys, public, place };
        self.leaves(&at, "", row);
        let Some(fields) = row.as_object_mut() else { return };
        // What no version of the vendor has: it may not come through by chance.
        for (name, class) in [
            ("internal_memo", Class::Never),
            ("internalNote", Class::Never),
            ("admin_password", Class::Never),
            ("unitCostPrice", Class::Financial),
        ] {
            let word = self.canaries.word(self.desk, organisation, class, format!("{} {name}", at.place));
            fields.insert(name.to_owned(), json!(word));
        }
    }

    fn leaves(&mut self, at: &Place, name: &str, value: &mut Value) {
        match value {
            Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| self.leaves(at, name, value)),
            Value::Array(items) => items.iter_mut().for_each(|it| self.leaves(at, name, it)),
            Value::String(text) if is_sum(at, name) && text.parse::<f64>().is_ok_and(|it| it != 0.0) => {
                *text = format!("{}.00", self.sum(at, name));
            }
            Value::String(text) => {
                let Some(class) = class(at, name, text) else { return };
                let class = if at.is_nobodys { Class::Never } else { class };
                let place = format!("{} {name}", at.place);
                if class == Class::StaffWay {
                    return self.canaries.literal(self.desk, None, class, place, text.clone());
                }
                let word = self.canaries.word(self.desk, at.organisation, class, place);
                // Markup stays what it is.
                *text = if let Some(inner) = text.strip_suffix("</p>") {
                    format!("{inner} {word}</p>")
                } else {
                    format!("{text} {word}")
                };
            }
            Value::Number(money) if is_money(name) => {
                let place = format!("{} {name}", at.place);
                *money = self.canaries.amount(self.desk, at.organisation, Class::Financial, place).into();
            }
            Value::Number(sum) if is_sum(at, name) && sum.as_f64() != Some(0.0) => {
                let amount = self.sum(at, name);
                *sum = amount.into();
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// An amount that whoever sees the bill may see.
    fn sum(&mut self, at: &Place, name: &str) -> u64 {
        let class = if at.is_nobodys { Class::Never } else { at.billed() };
        let place = format!("{} {name}", at.place);
        self.canaries.amount(self.desk, at.organisation, class, place)
    }
}

/// What somebody is called now.
struct Renamed {
    email: String,
    phone: String,
    former: String,
    name: String,
    parts: (String, String),
}

/// Every text in a row.
fn texts(row: &Value) -> Vec<String> {
    match row {
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        Value::Null | Value::Bool(_) | Value::Number(_) => vec![],
    }
}

fn change(row: &mut Value, with: &impl Fn(&str, &str) -> Option<String>, name: &str) {
    match row {
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| change(value, with, name)),
        Value::Array(items) => items.iter_mut().for_each(|it| change(it, with, name)),
        Value::String(text) => *text = with(name, text).unwrap_or_else(|| text.clone()),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Writes somebody's new address, number and name into their own row.
fn reach(row: &mut Value, old: &str, it: &Renamed) {
    let digits = |text: &str| text.len() >= 7 && text.chars().all(|c| c.is_ascii_digit() || " +".contains(c));
    let with = |name: &str, text: &str| {
        if text.eq_ignore_ascii_case(old) {
            Some(it.email.clone())
        } else if digits(text) {
            Some(it.phone.clone())
        } else {
            (matches!(name, "name" | "lastName") && text == it.parts.0).then(|| it.parts.1.clone())
        }
    };
    change(row, &with, "");
}

/// Writes the new names and addresses wherever the former ones stand alone.
fn rename(row: &mut Value, people: &BTreeMap<String, Renamed>) {
    let with = |_: &str, text: &str| {
        if let Some(it) = people.get(&text.to_lowercase()) {
            return Some(it.email.clone());
        }
        people.values().find(|it| it.former == text).map(|it| it.name.clone())
    };
    change(row, &with, "");
}
