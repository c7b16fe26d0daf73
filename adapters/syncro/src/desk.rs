//! The service desk.

mod change;
mod comments;
mod list;
mod ticket;
mod time;
pub(crate) mod trace;
mod write;

pub(crate) use comments::Facts;
pub(crate) use list::customers;

use crate::adapter::{Syncro, in_reach, number};
use crate::wire::{ContactRow, owner};
use postern_api::{
    CallCx, Closure, Comment, ContactId, Error, ErrorKind, ExternalId, NewComment, NewEscalation, NewTicket, Owned,
    Owner, Page, Person, Result, ServiceDesk, Ticket, TicketChange, TicketId, TicketQuery, TimeEntry, Vocabulary,
};

#[postern_api::async_trait]
impl ServiceDesk for Syncro {
    async fn tickets(&self, cx: &CallCx, query: &TicketQuery) -> Result<Page<Owned<Ticket>>> {
        list::tickets(self, cx, query).await
    }

    async fn ticket(&self, cx: &CallCx, id: &TicketId) -> Result<Owned<Ticket>> {
        let number = number(id.as_str()).ok_or_else(|| Error::not_found("ticket"))?;
        let row = self.ticket_row(cx, number).await?;
        self.whole_ticket(cx, row).await
    }

    async fn create(&self, cx: &CallCx, new: &NewTicket) -> Result<Owned<Ticket>> {
        write::create(self, cx, new).await
    }

    async fn comment(&self, cx: &CallCx, id: &TicketId, new: &NewComment) -> Result<Owned<Comment>> {
        write::comment(self, cx, id, new).await
    }

    async fn close(&self, cx: &CallCx, id: &TicketId, closure: &Closure) -> Result<Owned<Ticket>> {
        write::close(self, cx, id, closure).await
    }

    async fn escalate(&self, cx: &CallCx, id: &TicketId, escalation: &NewEscalation) -> Result<Owned<Ticket>> {
        write::escalate(self, cx, id, escalation).await
    }

    async fn change(&self, cx: &CallCx, id: &TicketId, change: &TicketChange) -> Result<Owned<Ticket>> {
        change::change(self, cx, id, change).await
    }

    async fn time(&self, cx: &CallCx, ticket: &TicketId) -> Result<Vec<Owned<TimeEntry>>> {
        time::time(self, cx, ticket).await
    }

    async fn vocabulary(&self, cx: &CallCx) -> Result<Vocabulary> {
        let settings = self.settings(cx).await?;
        let names = settings.ticket_status_list.0.iter().filter_map(|it| it.get());
        let meaning = |name: &str| (name.to_owned(), crate::vocabulary::status(&self.config.statuses, name));
        let priorities = self.config.priorities.iter().map(|(name, it)| (name.clone(), Some(*it)));
        Ok(Vocabulary { statuses: names.map(meaning).collect(), priorities: priorities.collect(), queues: vec![] })
    }

    async fn requester(&self, cx: &CallCx, organisation: &ExternalId, email: &str) -> Result<Option<Owned<Person>>> {
        let Some(customer) = in_reach(cx, organisation) else { return Ok(None) };
        let wanted = email.trim().to_lowercase();
        if wanted.is_empty() {
            return Ok(None);
        }
        let ours = Owner::Organisation(organisation.clone());
        let rows = self.contact_rows(cx, customer).await?;
        let mut people = rows.into_iter().filter(|row| {
            row.email.get().is_some_and(|it| it.to_lowercase() == wanted) && owner(row.customer_id) == ours
        });
        match (people.next(), people.next()) {
            (Some(_), Some(_)) => Err(Error::new(
                ErrorKind::Conflict,
                "two people at this organisation have this e-mail address; ask an agent to correct one of them",
            )),
            (Some(row), None) => Ok(Some(Owned::new(ours, person(&row)?))),
            (None, _) => Ok(None),
        }
    }
}

fn person(row: &ContactRow) -> Result<Person> {
    let id = row.id.id().and_then(|id| ContactId::new(&id.to_string()).ok());
    Ok(Person {
        contact: Some(id.ok_or_else(|| Error::bad_reply("a contact without a number"))?),
        name: row.name.get().unwrap_or("Unknown").to_owned(),
        email: row.email.get().map(str::to_lowercase),
    })
}
