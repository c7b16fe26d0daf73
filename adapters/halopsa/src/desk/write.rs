//! Writes: look, send once, read back, compare, answer.
//!
//! **Invariant:** a write is answered as done only after the vendor's own record was read back and holds what was asked:
//! the same organisation, the same person, the same visibility. Anything else after the request went out is
//! `OutcomeUnknown`, so that nobody repeats it blindly.

use super::actions::{body_of, escalation_text};
use crate::adapter::{HaloPsa, in_reach, number};
use crate::error;
use crate::text;
use crate::wire::{ActionRow, Fields, NamedRow, TicketRow, UserRow, owner};
use postern_api::domain::Author;
use postern_api::{
    CallCx, Closure, Comment, Error, ErrorKind, NewComment, NewEscalation, NewTicket, Owned, Owner, Result, Ticket,
    TicketId, TicketStatus, Visibility,
};
use serde_json::{Map, Value, json};

pub(super) fn refuse(kind: ErrorKind, message: &'static str) -> Error {
    Error::new(kind, message)
}

pub(crate) async fn create(halo: &HaloPsa, cx: &CallCx, new: &NewTicket) -> Result<Owned<Ticket>> {
    let client = in_reach(cx, &new.organisation).ok_or_else(|| Error::not_found("organisation"))?;
    let user = number(new.requester.as_str()).ok_or_else(no_person)?;
    if !new.attachments.is_empty() {
        return Err(refuse(
            ErrorKind::InvalidArgument,
            "the connected system takes no files here; leave `attachments` out",
        ));
    }
    if new.visibility == Visibility::Staff {
        return Err(refuse(ErrorKind::InvalidArgument, "the connected system keeps no tasks of the employees' own"));
    }
    let mut custom = Vec::new();
    match &halo.config.private_field {
        Some(field) => custom.push(json!({ "name": field, "value": new.visibility == Visibility::Private })),
        None if new.visibility != halo.config.unmarked_visibility => {
            let message =
                "the connected system cannot mark who may read a ticket; ask an administrator to set `private_field`";
            return Err(refuse(ErrorKind::Unsupported, message));
        }
        None => {}
    }
    let priority = halo.priorities.id(new.priority);
    let priority = priority.ok_or_else(|| {
        refuse(ErrorKind::InvalidArgument, "the connected system has no such priority; choose another")
    })?;
    if let Some(reference) = &cx.reference
        && let Some(row) = created_lately(halo, cx, client, reference).await?
    {
        // This very write arrived before, and its answer was lost.
        return created(halo, cx, new, row, client, user).await;
    }
    belongs(halo, cx, user, &Owner::Organisation(new.organisation.clone()), no_person).await?;
    let mut record = Map::from_iter([
        ("summary".to_owned(), json!(new.subject)),
        ("details".to_owned(), json!(new.description)),
        ("details_html".to_owned(), json!(text::to_html(&new.description))),
        ("client_id".to_owned(), json!(client)),
        ("user_id".to_owned(), json!(user)),
        ("priority_id".to_owned(), json!(priority)),
    ]);
    let mut set = |name: &str, value: Value| record.insert(name.to_owned(), value);
    if let Some(kind) = halo.config.ticket_type_id {
        set("tickettype_id", json!(kind));
    }
    if let Some(category) = &new.category {
        set("category_1", json!(category));
    }
    if let Some(due) = new.response_due {
        set("respondbydate", json!(halo.clock.write(due)));
    }
    if let Some(due) = new.resolution_due {
        set("fixbydate", json!(halo.clock.write(due)));
    }
    if let Some(reference) = &cx.reference {
        match custom_slot(&halo.config.reference_field) {
            Some(field) => custom.push(json!({ "name": field, "value": reference })),
            None => drop(set("third_party_id_string", json!(reference))),
        }
    }
    if !custom.is_empty() {
        set("customfields", Value::Array(custom));
    }
    let id = match halo.client.write(cx, "Tickets", &Value::Object(record), "ticket").await {
        Ok(id) => id,
        Err(lost) if lost.kind() == ErrorKind::OutcomeUnknown => {
            let Some(reference) = cx.reference.as_ref().filter(|_| !cx.remaining().is_zero()) else { return Err(lost) };
            match created_lately(halo, cx, client, reference).await {
                Ok(Some(row)) => return created(halo, cx, new, row, client, user).await,
                Ok(None) | Err(_) => return Err(lost),
            }
        }
        Err(refused) => return Err(refused),
    };
    let row = halo.ticket_row(cx, id).await.map_err(error::after_write)?;
    created(halo, cx, new, row, client, user).await
}

fn no_person() -> Error {
    refuse(ErrorKind::InvalidArgument, "the requester is not a contact of this organisation")
}

/// Compares a ticket that was read back with what was asked for.
async fn created(
    halo: &HaloPsa,
    cx: &CallCx,
    new: &NewTicket,
    row: TicketRow,
    client: i64,
    user: i64,
) -> Result<Owned<Ticket>> {
    let same = row.client_id.id() == Some(client) && row.user_id.id() == Some(user);
    if !same || halo.visibility(&row) != new.visibility {
        return Err(
            error::unknown().with("detail", "the ticket was stored for somebody else or with another visibility")
        );
    }
    halo.whole_ticket(cx, row).await.map_err(error::after_write)
}

/// Among how many of a client's newest tickets a write is that has just been sent.
const LATELY: u32 = 100;

/// The ticket that carries our reference, among the newest of this client: nothing searches the slot itself.
async fn created_lately(halo: &HaloPsa, cx: &CallCx, client: i64, reference: &str) -> Result<Option<TicketRow>> {
    let query = [
        ("client_id", client.to_string()),
        ("includeclosed", "true".to_owned()),
        ("order", "id".to_owned()),
        ("orderdesc", "true".to_owned()),
        ("count", LATELY.to_string()),
    ];
    let rows = halo.client.whole::<TicketRow>(cx, "Tickets", "tickets", &query).await?.rows;
    let found = rows.into_iter().find(|row| row.client_id.id() == Some(client) && carries(halo, row, reference));
    match found.and_then(|row| row.id.id()) {
        Some(id) => halo.ticket_row(cx, id).await.map(Some),
        None => Ok(None),
    }
}

/// Whether a ticket carries our reference in its slot.
pub(super) fn carries(halo: &HaloPsa, row: &TicketRow, reference: &str) -> bool {
    match custom_slot(&halo.config.reference_field) {
        Some(field) => row.customfields.text(field).as_deref() == Some(reference),
        None => row.third_party_id_string.get() == Some(reference),
    }
}

fn custom_slot(field: &str) -> Option<&str> {
    (field != "third_party_id_string").then_some(field)
}

pub(crate) async fn comment(halo: &HaloPsa, cx: &CallCx, id: &TicketId, new: &NewComment) -> Result<Owned<Comment>> {
    let (ticket, row) = reachable(halo, cx, id).await?;
    if new.body.trim().is_empty() {
        return Err(refuse(ErrorKind::InvalidArgument, "the comment is empty"));
    }
    if new.internal && matches!(new.author, Author::Customer(_)) {
        return Err(refuse(ErrorKind::InvalidArgument, "a customer cannot write internal notes"));
    }
    // The vendor takes a note on a closed ticket, and some tenants open the ticket again for it.
    let closed = halo.statuses(cx).await?.meaning(row.status_id.id()) == Some(TicketStatus::Closed);
    if closed && acted_before(halo, cx, ticket).await?.is_none() {
        return Err(refuse(ErrorKind::Conflict, "the ticket is closed; open a new one"));
    }
    let outcomes = &halo.config.outcomes;
    let mut action = Map::from_iter([
        ("outcome".to_owned(), json!(if new.internal { &outcomes.note } else { &outcomes.comment })),
        ("note_html".to_owned(), json!(text::to_html(&new.body))),
        ("hiddenfromuser".to_owned(), json!(new.internal)),
        ("sendemail".to_owned(), json!(false)),
    ]);
    match &new.author {
        Author::Customer(person) => {
            let contact = person.contact.as_ref().and_then(|it| number(it.as_str()));
            let contact = contact.ok_or_else(stranger)?;
            if row.user_id.id() != Some(contact) {
                belongs(halo, cx, contact, &owner(row.client_id), stranger).await?;
            }
            action.insert("actionby_user_id".into(), json!(contact));
            action.insert("who".into(), json!(person.name));
        }
        Author::Agent(agent) => {
            action.insert("who".into(), json!(agent.name));
        }
    }
    let stored = act(halo, cx, ticket, action, new.internal).await?;
    let comment = halo.comment_of(&stored).map_err(error::after_write)?.ok_or_else(error::unknown)?;
    Ok(Owned::new(owner(row.client_id), comment))
}

fn stranger() -> Error {
    refuse(ErrorKind::InvalidArgument, "the author is not a contact of the ticket's organisation")
}

/// A person's own row names the client. The vendor would take anybody's number.
async fn belongs(halo: &HaloPsa, cx: &CallCx, user: i64, client: &Owner, otherwise: fn() -> Error) -> Result<()> {
    let row: UserRow = halo
        .client
        .one(cx, "Users", user, &[], "contact")
        .await
        .map_err(|e| if e.kind() == ErrorKind::NotFound { otherwise() } else { e })?;
    if owner(row.client_id) == *client { Ok(()) } else { Err(otherwise()) }
}

pub(crate) async fn close(halo: &HaloPsa, cx: &CallCx, id: &TicketId, closure: &Closure) -> Result<Owned<Ticket>> {
    let statuses = halo.statuses(cx).await?;
    let closed = statuses.id(TicketStatus::Closed);
    let closed = closed.ok_or_else(|| {
        let message =
            "the connected system has no status that stands for closed; ask an administrator to set `statuses`";
        refuse(ErrorKind::Unsupported, message)
    })?;
    let (ticket, row) = reachable(halo, cx, id).await?;
    let is_closed = |row: &TicketRow| statuses.meaning(row.status_id.id()) == Some(TicketStatus::Closed);
    if is_closed(&row) {
        return match acted_before(halo, cx, ticket).await? {
            Some(_) => halo.whole_ticket(cx, row).await,
            None => Err(refuse(ErrorKind::Conflict, "the ticket is closed already")),
        };
    }
    let action = Map::from_iter([
        ("outcome".to_owned(), json!(halo.config.outcomes.close)),
        ("note_html".to_owned(), json!(text::to_html(&closure.resolution))),
        ("hiddenfromuser".to_owned(), json!(false)),
        ("sendemail".to_owned(), json!(false)),
        ("who".to_owned(), json!(closure.by.name)),
        // Status and resolution in one request: both or neither.
        ("new_status".to_owned(), json!(closed)),
    ]);
    act(halo, cx, ticket, action, false).await?;
    let row = halo.ticket_row(cx, ticket).await.map_err(error::after_write)?;
    if !is_closed(&row) {
        return Err(error::unknown().with("detail", "the resolution was stored and the ticket is still open"));
    }
    halo.whole_ticket(cx, row).await.map_err(error::after_write)
}

pub(crate) async fn escalate(
    halo: &HaloPsa,
    cx: &CallCx,
    id: &TicketId,
    escalation: &NewEscalation,
) -> Result<Owned<Ticket>> {
    let statuses = halo.statuses(cx).await?;
    let (ticket, row) = reachable(halo, cx, id).await?;
    if statuses.meaning(row.status_id.id()) == Some(TicketStatus::Closed) {
        return Err(refuse(ErrorKind::Conflict, "the ticket is closed; reopen it first"));
    }
    let target = target(halo, cx, &escalation.target).await?;
    let note = escalation_text(target.name(), &escalation.by.name, &escalation.reason);
    let mut action = Map::from_iter([
        ("outcome".to_owned(), json!(halo.config.outcomes.escalate)),
        ("note_html".to_owned(), json!(text::to_html(&note))),
        ("hiddenfromuser".to_owned(), json!(true)),
        ("sendemail".to_owned(), json!(false)),
        ("who".to_owned(), json!(escalation.by.name)),
    ]);
    // The new team or agent and the reason in one request: both or neither.
    match &target {
        Target::Team(name) => action.insert("new_team".into(), json!(name)),
        Target::Agent(id, _) => action.insert("new_agent".into(), json!(id)),
    };
    let stored = act(halo, cx, ticket, action, true).await?;
    let row = halo.ticket_row(cx, ticket).await.map_err(error::after_write)?;
    let moved = match &target {
        Target::Team(name) => row.team.get() == Some(name.as_str()),
        Target::Agent(id, _) => row.agent_id.id() == Some(*id),
    };
    if !moved || halo.escalation(&stored).is_none() {
        return Err(error::unknown().with("detail", "the escalation was stored in another form than it was sent"));
    }
    halo.whole_ticket(cx, row).await.map_err(error::after_write)
}

/// A ticket in reach, as it stands; the caller's own check came first, this one makes sure.
pub(super) async fn reachable(halo: &HaloPsa, cx: &CallCx, id: &TicketId) -> Result<(i64, TicketRow)> {
    let number = number(id.as_str()).ok_or_else(|| Error::not_found("ticket"))?;
    let row = halo.ticket_row(cx, number).await?;
    match owner(row.client_id) {
        Owner::Organisation(it) if cx.reach.contains(&it) => Ok((number, row)),
        Owner::Organisation(_) | Owner::Tenant | Owner::Unknown => Err(Error::not_found("ticket")),
    }
}

/// Writes one action, reads it back and compares who may see it.
async fn act(
    halo: &HaloPsa,
    cx: &CallCx,
    ticket: i64,
    mut action: Map<String, Value>,
    internal: bool,
) -> Result<ActionRow> {
    if let Some(before) = acted_before(halo, cx, ticket).await? {
        return seen_by(before, internal);
    }
    action.insert("ticket_id".into(), json!(ticket));
    if let (Some(field), Some(reference)) = (&halo.config.action_reference_field, &cx.reference) {
        action.insert("customfields".into(), json!([{ "name": field, "value": reference }]));
    }
    let id = match halo.client.write(cx, "Actions", &Value::Object(action), "ticket").await {
        Ok(id) => id,
        Err(lost) if lost.kind() == ErrorKind::OutcomeUnknown && !cx.remaining().is_zero() => {
            return match acted_before(halo, cx, ticket).await {
                Ok(Some(stored)) => seen_by(stored, internal),
                Ok(None) | Err(_) => Err(lost),
            };
        }
        Err(refused) => return Err(refused),
    };
    let rows = halo.action_rows(cx, ticket).await.map_err(error::after_write)?;
    let stored = rows.into_iter().find(|row| row.id.id() == Some(id) && !body_of(row).is_empty());
    seen_by(stored.ok_or_else(error::unknown)?, internal)
}

fn seen_by(stored: ActionRow, internal: bool) -> Result<ActionRow> {
    if stored.internal() == internal {
        return Ok(stored);
    }
    Err(error::unknown().with("detail", "the action was stored with another visibility than it was sent with"))
}

/// The action that carries our reference, where the configuration names a field for it.
pub(super) async fn acted_before(halo: &HaloPsa, cx: &CallCx, ticket: i64) -> Result<Option<ActionRow>> {
    let (Some(field), Some(reference)) = (&halo.config.action_reference_field, &cx.reference) else { return Ok(None) };
    let ours = |fields: &Fields| fields.text(field).as_deref() == Some(reference);
    Ok(halo.action_rows(cx, ticket).await?.into_iter().find(|row| ours(&row.customfields)))
}

/// To whom a ticket can be escalated.
enum Target {
    Team(String),
    Agent(i64, String),
}

impl Target {
    fn name(&self) -> &str {
        match self {
            Target::Team(name) | Target::Agent(_, name) => name,
        }
    }
}

/// The team with this name, or else the agent; names in any case, one of each or none.
async fn target(halo: &HaloPsa, cx: &CallCx, wanted: &str) -> Result<Target> {
    let wanted = wanted.trim();
    let named = |row: &NamedRow| {
        let off = row.inactive.0 == Some(true) || row.isdisabled.0 == Some(true);
        let name = row.name.get().filter(|it| !off && it.to_lowercase() == wanted.to_lowercase())?;
        Some((row.id.id()?, name.to_owned()))
    };
    let several = || refuse(ErrorKind::InvalidArgument, "several teams or agents have this name; use another `target`");
    for (path, key) in [("Team", "teams"), ("Agent", "agents")] {
        let rows = halo.client.whole::<NamedRow>(cx, path, key, &[]).await?.rows;
        let mut found = rows.iter().filter_map(named);
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => return Err(several()),
            (Some((_, name)), None) if path == "Team" => return Ok(Target::Team(name)),
            (Some((id, name)), None) => return Ok(Target::Agent(id, name)),
            (None, _) => {}
        }
    }
    Err(refuse(ErrorKind::InvalidArgument, "no team or agent has this name; use the name of one as `target`"))
}
