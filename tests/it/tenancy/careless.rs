//! A service desk that takes every write from everybody, as one with a single technical account does, and one that lets a write go to
//! somebody else's record. What keeps customers apart is the gateway alone.

use crate::rig::{Liar, Rig, agent, lead};
use parking_lot::Mutex;
use postern::caller::Caller;
use postern_api::*;
use postern_policies::Realm;
use serde_json::{Value, json};
use std::sync::Arc;

/// Tickets of ours, of another customer, of somebody whom no map knows, of the provider itself, and of nobody.
const TICKETS: [(&str, Option<&str>); 4] =
    [("T-1", Some("12")), ("T-13", Some("13")), ("T-99", Some("99")), ("T-0", None)];

fn owner(id: &str) -> Owner {
    Owner::Organisation(ExternalId::new(id).unwrap())
}

/// It checks nothing. Whatever is written is noted, with the record that it went to.
#[derive(Debug, Clone)]
struct Careless {
    honest: Liar,
    /// Where writes go instead.
    astray: Option<&'static str>,
    written: Arc<Mutex<Vec<String>>>,
}

impl Careless {
    fn new(astray: Option<&'static str>) -> Self {
        Self { honest: Liar::honest(), astray, written: Arc::default() }
    }

    fn desk_of(&self, id: &str) -> Result<Liar> {
        let found = TICKETS.iter().find(|(ours, _)| *ours == id);
        let (_, of) = found.ok_or_else(|| Error::new(ErrorKind::NotFound, "there is no such ticket"))?;
        Ok(Liar { owners: vec![of.map_or(Owner::Unknown, owner)], ..self.honest.clone() })
    }

    fn write(&self, id: &str) -> Result<Liar> {
        let hit = self.astray.unwrap_or(id);
        self.written.lock().push(hit.to_owned());
        self.desk_of(hit)
    }

    /// The ticket that a call is about, as its desk has it.
    fn found(desk: &Liar, id: &str) -> Owned<Ticket> {
        Owned::new(desk.owners[0].clone(), Ticket { id: TicketId::new(id).unwrap(), ..desk.ticket_of_row(0) })
    }

    /// A write on a ticket, and the ticket that it went to.
    fn change(&self, id: &TicketId) -> Result<Owned<Ticket>> {
        Ok(Self::found(&self.write(id.as_str())?, self.astray.unwrap_or(id.as_str())))
    }

    fn written(&self) -> Vec<String> {
        std::mem::take(&mut self.written.lock())
    }
}

#[async_trait]
impl Adapter for Careless {
    fn name(&self) -> &'static str {
        "careless"
    }
    fn supports(&self) -> &'static [Op] {
        self.honest.supports()
    }
    async fn probe(&self, cx: &CallCx) -> Result<()> {
        self.honest.probe(cx).await
    }
    fn service_desk(&self) -> Option<&dyn ServiceDesk> {
        Some(self)
    }
    fn crm(&self) -> Option<&dyn Crm> {
        self.honest.crm()
    }
    fn knowledge(&self) -> Option<&dyn KnowledgeBase> {
        self.honest.knowledge()
    }
    fn identity(&self) -> Option<&dyn Identity> {
        self.honest.identity()
    }
}

#[async_trait]
impl ServiceDesk for Careless {
    async fn ticket(&self, _: &CallCx, id: &TicketId) -> Result<Owned<Ticket>> {
        Ok(Self::found(&self.desk_of(id.as_str())?, id.as_str()))
    }
    async fn requester(&self, cx: &CallCx, organisation: &ExternalId, email: &str) -> Result<Option<Owned<Person>>> {
        self.honest.requester(cx, organisation, email).await
    }
    async fn create(&self, cx: &CallCx, new: &NewTicket) -> Result<Owned<Ticket>> {
        assert_eq!(new.organisation.as_str(), "12", "raised for the caller's own organisation");
        ServiceDesk::create(&self.write("T-1")?, cx, new).await
    }
    async fn comment(&self, cx: &CallCx, id: &TicketId, new: &NewComment) -> Result<Owned<Comment>> {
        ServiceDesk::comment(&self.write(id.as_str())?, cx, id, new).await
    }
    async fn change(&self, _: &CallCx, id: &TicketId, _: &TicketChange) -> Result<Owned<Ticket>> {
        Careless::change(self, id)
    }
    async fn close(&self, _: &CallCx, id: &TicketId, _: &Closure) -> Result<Owned<Ticket>> {
        Careless::change(self, id)
    }
    async fn escalate(&self, _: &CallCx, id: &TicketId, _: &NewEscalation) -> Result<Owned<Ticket>> {
        Careless::change(self, id)
    }
}

/// The writes that name a ticket: direct, confirmed and governed.
fn writes(id: &str) -> Vec<(Arc<Caller>, &'static str, Value)> {
    vec![
        (lead(), "customer_add_comment", json!({ "ticket_id": id, "content": "x" })),
        (agent(), "close_ticket", json!({ "ticket_id": id, "resolution": "x" })),
        (agent(), "escalate_ticket", json!({ "ticket_id": id, "target": "x", "reason": "x" })),
        (agent(), "portal.request.status_update", json!({ "request_id": id, "status": "pending", "reason": "x" })),
    ]
}

/// Carries a write out, with the yes that its requester can give.
async fn tried(rig: &Rig, caller: &Arc<Caller>, tool: &str, arguments: Value) -> Value {
    let mut told = rig.ask(caller, tool, arguments).await;
    if let Some(id) = told["confirmation_id"].as_str() {
        let facts = crate::rig::facts();
        told = crate::rig::told(postern::call::host::Host::confirm(&rig.gate, caller.clone(), id, true, &facts).await);
    }
    told
}

#[tokio::test]
async fn b01_w01_no_write_is_sent_to_anothers_record_though_the_system_would_take_it() {
    let desk = Careless::new(None);
    let rig = Rig::new(desk.clone());
    for (id, of) in TICKETS {
        for (caller, tool, arguments) in writes(id) {
            let told = tried(&rig, &caller, tool, arguments.clone()).await;
            if of == Some("12") || (of == Some("13") && caller.realm == Realm::Employee) {
                let written = desk.written();
                assert_eq!(told["status"], "success", "{tool}: {told}");
                assert!(!written.is_empty() && written.iter().all(|it| it == id), "{tool}: {written:?}");
                continue;
            }
            let missing = tried(&rig, &caller, tool, rename(arguments, "T-nowhere")).await;
            assert_eq!(told, missing, "{tool} {id}");
            assert_eq!(told["code"], "TICKET_NOT_FOUND", "{tool} {id}");
            assert_eq!(desk.written(), [""; 0], "{tool} {id}");
        }
    }
    // What is raised is raised for the own organisation, which `create` holds.
    let raised = json!({ "subject": "x", "description": "x" });
    assert_eq!(rig.ask(&lead(), "customer_submit_ticket", raised).await["status"], "success");
    assert_eq!(desk.written().len(), 1);
}

fn rename(mut arguments: Value, id: &str) -> Value {
    for name in ["ticket_id", "request_id"] {
        if arguments.get(name).is_some() {
            arguments[name] = json!(id);
        }
    }
    arguments
}

/// What went to somebody else's record cannot be undone from here. It is not told as done, nothing of the record is shown, it is an
/// alarm and a row, and it is never sent a second time.
#[tokio::test]
async fn b03_w09_a_write_that_the_system_lets_through_to_another_customer_is_an_alarm_and_no_success() {
    for astray in ["T-13", "T-99", "T-0"] {
        let desk = Careless::new(Some(astray));
        let rig = Rig::new(desk.clone());
        for (caller, tool, arguments) in writes("T-1") {
            let before = rig.rows().len();
            let told = tried(&rig, &caller, tool, arguments).await;
            assert_eq!((&told["status"], &told["code"]), (&json!("unknown"), &json!("OUTCOME_UNKNOWN")), "{tool}");
            assert!(told["suggested_action"].as_str().unwrap().starts_with("Do not repeat the action."));
            for theirs in ["Ticket of row", "globex", "CANARY"] {
                assert!(!told.to_string().contains(theirs), "{tool}: {told}");
            }
            let rows = rig.rows().split_off(before);
            let outcome = rows.iter().rfind(|row| row["phase"] == "outcome").unwrap();
            assert_eq!((&outcome["decision"], &outcome["dropped"]), (&json!("unknown"), &json!(1)), "{tool}");
            assert_eq!(desk.written(), [astray], "{tool}");
        }
        let log = crate::logs::text();
        let alarms =
            ["returned a row outside the caller's scope", "answered a write with another organisation's record"];
        assert!(alarms.iter().any(|it| log.contains(it)));
    }
}
