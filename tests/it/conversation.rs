//! One conversation on every service desk: what is listed, read, written, closed and refused reads the same, whatever system is
//! behind it. Five of them in this process; where a wide step started a real Request Tracker, that one too.

use crate::desks::{Desks, Vendor, Who};
use crate::gateway::Person;
use postern_policies::Realm;
use serde_json::{Map, Value, json};

/// What each system has of its own: clocks, kinds of tickets, how many there were before, whom it gives tickets to.
/// Why a status is changed, which is kept as an internal note.
const WHY: &str = "It waits for the part.";

const OWN: [&str; 8] =
    ["sla", "sla_status", "response_due", "resolution_due", "category", "pagination", "assigned_to", "request_id"];

/// Who talks at a desk.
struct People {
    lead: Person,
    basic: Person,
    stranger: Person,
    agent: Person,
    names: Vec<(String, &'static str)>,
}

impl People {
    fn at(desks: &Desks, vendor: &Vendor) -> Self {
        let [lead, basic, globe] = vendor.people();
        let customer = |role: &str, (name, email): (&str, &str), organisation| {
            desks.person(vendor, Realm::Customer, role, &Who { name, email, organisation: Some(organisation) })
        };
        let staff = Who { name: "Ada Agent", email: "ada@msp.example", organisation: None };
        let mut names = vec![(vendor.target().to_owned(), "a team")];
        for ((name, email), role) in [(lead, "the lead"), (basic, "the requester"), (globe, "a stranger")] {
            names.extend([(name.to_owned(), role), (email.to_owned(), role)]);
        }
        Self {
            lead: customer("lead-customer", lead, "acme"),
            basic: customer("basic-customer", basic, "acme"),
            stranger: customer("lead-customer", globe, "globex"),
            agent: desks.person(vendor, Realm::Employee, "support-write", &staff),
            names,
        }
    }

    /// An answer without what every system numbers, times and names for itself.
    fn plain(&self, value: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                let kept = fields.iter().filter(|(name, _)| !OWN.contains(&name.as_str()));
                let plain = |(name, value): (&String, &Value)| {
                    let value = if name.ends_with("_id") && name != "organization_id" {
                        json!("ID")
                    } else {
                        self.plain(value)
                    };
                    (name.clone(), value)
                };
                Value::Object(kept.map(plain).collect::<Map<_, _>>())
            }
            Value::Array(items) => items.iter().map(|it| self.plain(it)).collect(),
            Value::String(text) if text.parse::<jiff::Timestamp>().is_ok() => json!("TIME"),
            Value::String(text) if text.contains(" at 2") => {
                let plain = |word: &str| {
                    let time = word.trim_end_matches(']');
                    if time.parse::<jiff::Timestamp>().is_ok() { word.replace(time, "TIME") } else { word.to_owned() }
                };
                json!(text.split(' ').map(plain).collect::<Vec<_>>().join(" "))
            }
            Value::String(text) => {
                let named = self.names.iter().find(|(name, _)| text.eq_ignore_ascii_case(name));
                json!(named.map_or_else(|| text.replace(&self.names[0].0, "a team"), |(_, role)| (*role).to_owned()))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    /// Asks, and confirms where a person has to.
    async fn done(&self, who: &Person, tool: &str, arguments: Value) -> Value {
        let answer = who.ask(tool, arguments).await;
        match answer["confirmation_id"].as_str() {
            Some(id) => who.settle(id, true).await.1,
            None => answer,
        }
    }
}

/// The row of one ticket in a list, without the requester's address: Syncro's lists have none.
fn row(list: &Value, id: &str) -> Value {
    let rows = list["data"]["tickets"].as_array().into_iter().flatten();
    let mut rows: Vec<Value> = rows.filter(|it| it["ticket_id"] == id).cloned().collect();
    for person in rows.iter_mut().filter_map(|it| it["created_by"].as_object_mut()) {
        person.remove("email");
    }
    Value::Array(rows)
}

async fn converse(desks: &Desks, vendor: &Vendor) -> Vec<(String, Value)> {
    let people = People::at(desks, vendor);
    let People { lead, basic, stranger, agent, .. } = &people;
    let mut told: Vec<(String, Value)> = Vec::new();
    let new = json!({ "subject": "The scanner is jammed", "description": "It pulls two sheets at once.", "priority": "high" });
    let created = basic.ask("customer_submit_ticket", new).await;
    let id = created["data"]["ticket_id"].as_str().unwrap_or_else(|| panic!("{}: {created}", vendor.kind())).to_owned();
    told.push(("the requester creates".into(), people.plain(&created)));
    let ticket = json!({ "ticket_id": id });
    let look = async |when: &str, told: &mut Vec<(String, Value)>| {
        for (who, person, list, get) in [
            ("the requester", basic, "customer_list_tickets", "customer_get_ticket"),
            ("the lead", lead, "customer_list_tickets", "customer_get_ticket"),
            ("a stranger", stranger, "customer_list_tickets", "customer_get_ticket"),
            ("an employee", agent, "search_tickets", "get_ticket"),
        ] {
            let listed = row(&person.ask(list, json!({ "limit": 50 })).await, &id);
            told.push((format!("{who} lists {when}"), people.plain(&listed)));
            let read = person.ask(get, ticket.clone()).await;
            told.push((format!("{who} reads {when}"), people.plain(&read)));
        }
    };
    look("what is new", &mut told).await;
    let says = |content: &str| json!({ "ticket_id": id, "content": content });
    for (who, person, words) in [
        ("the requester", basic, "It does so with thin paper alone."),
        ("the lead", lead, "Ours on the second floor does it too."),
        ("a stranger", stranger, "What is it about?"),
    ] {
        let answer = people.done(person, "customer_add_comment", says(words)).await;
        told.push((format!("{who} comments"), people.plain(&answer)));
    }
    look("what was discussed", &mut told).await;
    for (visibility, words) in
        [("internal", "The roller is worn."), ("customer_visible", "A new roller is on its way.")]
    {
        let reply = json!({ "request_id": id, "visibility": visibility, "content": words });
        let preview = agent.ask("portal.support_reply.preview", reply).await;
        let named = json!({ "preview_id": preview["data"]["preview_id"] });
        let answer = people.done(agent, "portal.request.reply_add", named).await;
        told.push((format!("an employee says {visibility}"), people.plain(&answer)));
    }
    look("what was answered", &mut told).await;
    // Request Tracker's statuses and priorities are its administrator's own, so that Postern does not change them there.
    if !matches!(vendor, Vendor::RequestTracker(_)) {
        let change = json!({ "request_id": id, "priority": "critical", "status": "pending", "reason": WHY });
        let answer = people.done(agent, "portal.request.status_update", change).await;
        told.push(("an employee changes status and priority".into(), people.plain(&answer)));
        let read = agent.ask("get_ticket", ticket.clone()).await;
        told.push(("an employee reads what was changed".into(), people.plain(&read)));
    }
    let up = json!({ "ticket_id": id, "target": vendor.target(), "reason": "It needs a new roller." });
    let escalated = people.done(agent, "escalate_ticket", up).await;
    told.push(("an employee escalates".into(), people.plain(&escalated)));
    let closing = json!({ "ticket_id": id, "resolution": "Replaced the roller." });
    let none = basic.user.call("close_ticket", closing.clone()).await;
    told.push(("the requester closes".into(), people.plain(&none)));
    for again in ["", " again"] {
        let closed = people.done(agent, "close_ticket", closing.clone()).await;
        told.push((format!("an employee closes{again}"), people.plain(&closed)));
    }
    look("what is closed", &mut told).await;
    let late = people.done(basic, "customer_add_comment", says("Thank you.")).await;
    told.push(("the requester comments on what is closed".into(), people.plain(&late)));
    let raised = json!({
        "customer_id": "acme", "requester_email": vendor.people()[1].1, "source": "telephone",
        "subject": "The scanner needs a cover", "description": "The old one is scratched.", "priority": "low",
    });
    let created = people.done(agent, "portal.request.create", raised).await;
    told.push(("an employee creates".into(), people.plain(&created)));
    let id = created["data"]["request_id"].clone();
    for (who, person, get) in [
        ("the requester", basic, "customer_get_ticket"),
        ("a stranger", stranger, "customer_get_ticket"),
        ("an employee", agent, "get_ticket"),
    ] {
        let read = person.ask(get, json!({ "ticket_id": id })).await;
        told.push((format!("{who} reads what an employee created"), people.plain(&read)));
    }
    let missing = basic.ask("customer_get_ticket", json!({ "ticket_id": "999999999" })).await;
    told.push(("the requester reads a missing one".into(), people.plain(&missing)));
    told
}

/// A conversation without changes of status and priority, and without what they were.
fn without_changes(told: &[(String, Value)]) -> Vec<(String, Value)> {
    /// Without the fields of these names, and without the note that tells of the change.
    fn bare(value: &Value, without: &[&str]) -> Value {
        match value {
            Value::Object(fields) => {
                let kept = fields.iter().filter(|(name, _)| !without.contains(&name.as_str()));
                Value::Object(kept.map(|(name, value)| (name.clone(), bare(value, without))).collect())
            }
            Value::Array(items) => {
                let tells = |it: &&Value| it["content"].as_str().is_some_and(|it| it.contains(WHY));
                Value::Array(items.iter().filter(|it| !tells(it)).map(|it| bare(it, without)).collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        }
    }
    let data = |what: &str, answer: &Value| {
        let after = what.ends_with("what is closed");
        let without: &[_] =
            if after { &["priority", "status", "internal_note_count"] } else { &["priority", "status"] };
        let mut answer = answer.clone();
        if let Some(data) = answer.get_mut("data") {
            *data = bare(data, without);
        }
        // A row of a list stands by itself.
        if answer.is_array() { bare(&answer, without) } else { answer }
    };
    let asked = told.iter().filter(|(what, _)| !what.contains("change"));
    asked.map(|(what, answer)| (what.clone(), data(what, answer))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_conversation_reads_the_same_on_every_service_desk() {
    let desks = Desks::start_all().await;
    let (first, others) = desks.vendors.split_first().unwrap();
    let expected = converse(&desks, first).await;
    assert!(expected.len() > 30);
    for (what, outcome) in [
        ("the requester creates", "success"),
        ("the requester reads what is new", "success"),
        ("the lead reads what is new", "success"),
        ("a stranger reads what is new", "TICKET_NOT_FOUND"),
        ("an employee reads what is new", "success"),
        ("the requester comments", "success"),
        ("the lead comments", "success"),
        ("a stranger comments", "TICKET_NOT_FOUND"),
        ("an employee says internal", "success"),
        ("an employee says customer_visible", "success"),
        ("an employee changes status and priority", "success"),
        ("an employee escalates", "success"),
        ("an employee closes", "success"),
        ("an employee closes again", "CONFLICT"),
        ("the requester comments on what is closed", "CONFLICT"),
        ("an employee creates", "success"),
        ("the requester reads what an employee created", "success"),
        ("a stranger reads what an employee created", "TICKET_NOT_FOUND"),
        ("an employee reads what an employee created", "success"),
        ("the requester reads a missing one", "TICKET_NOT_FOUND"),
    ] {
        let answer = &expected.iter().find(|(it, _)| it == what).unwrap().1;
        let found = if answer["code"].is_string() { &answer["code"] } else { &answer["status"] };
        assert_eq!(found, outcome, "{what}: {answer}");
    }
    let mut differs = Vec::new();
    for vendor in others {
        let told = converse(&desks, vendor).await;
        // What it was not asked is not compared, nor what hangs on that.
        let (told, expected) = if matches!(vendor, Vendor::RequestTracker(_)) {
            (without_changes(&told), without_changes(&expected))
        } else {
            (told, expected.clone())
        };
        assert_eq!(told.len(), expected.len(), "{}", vendor.kind());
        let pairs = told.into_iter().zip(&expected);
        differs.extend(
            pairs
                .filter(|(told, expected)| told != *expected)
                .map(|((what, told), (_, expected))| format!("{}, {what}:\n  {told}\n  {expected}", vendor.kind())),
        );
    }
    assert!(differs.is_empty(), "{} answers differ\n{}", differs.len(), differs.join("\n"));
    println!("{} systems told the same", desks.vendors.len());
}
