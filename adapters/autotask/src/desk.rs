//! The service desk.

mod change;
mod list;
mod notes;
mod people;
mod ticket;
mod time;
pub(crate) mod trace;
mod words;
mod write;

pub(crate) use list::companies;
pub(crate) use notes::escalates;
pub(crate) use people::{People, agent};

use crate::adapter::{Autotask, in_reach, number};
use crate::wire::{name, owner};
use postern_api::{
    CallCx, Closure, Comment, ContactId, Error, ErrorKind, ExternalId, NewComment, NewEscalation, NewTicket, Owned,
    Owner, Page, Person, Result, ServiceDesk, Ticket, TicketChange, TicketId, TicketQuery, TimeEntry, Vocabulary,
};

#[postern_api::async_trait]
impl ServiceDesk for Autotask {
    async fn tickets(&self, cx: &CallCx, query: &TicketQuery) -> Result<Page<Owned<Ticket>>> {
        list::tickets(self, cx, query).await
    }

    async fn ticket(&self, cx: &CallCx, id: &TicketId) -> Result<Owned<Ticket>> {
        let number = number(id.as_str()).ok_or_else(|| Error::not_found("ticket"))?;
        let row = self.client.one(cx, "Tickets", number, "ticket").await?;
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
        words::vocabulary(self, cx).await
    }

    async fn requester(&self, cx: &CallCx, organisation: &ExternalId, email: &str) -> Result<Option<Owned<Person>>> {
        let Some(company) = in_reach(cx, organisation) else { return Ok(None) };
        let wanted = email.trim().to_lowercase();
        if wanted.is_empty() {
            return Ok(None);
        }
        // All of them are compared here: whether the vendor's `eq` minds the case is not certain. The second and third
        // address of a contact are not looked at, since nobody says whether somebody else has them too.
        let ours = Owner::Organisation(organisation.clone());
        let rows = self.contact_rows(cx, company).await?;
        let mut people = rows.into_iter().filter(|row| {
            let same = row.email_address.get().is_some_and(|it| it.to_lowercase() == wanted);
            same && owner(row.company) == ours && row.is_active.0 == Some(true)
        });
        match (people.next(), people.next()) {
            (Some(_), Some(_)) => Err(Error::new(
                ErrorKind::Conflict,
                "two people at this organisation have this e-mail address; ask an agent to correct one of them",
            )),
            (Some(row), None) => {
                let id = row.id.id().and_then(|id| ContactId::new(&id.to_string()).ok());
                let person = Person {
                    contact: Some(id.ok_or_else(|| Error::bad_reply("a contact without a number"))?),
                    name: name(&row.first_name, &row.last_name),
                    email: Some(wanted),
                };
                Ok(Some(Owned::new(ours, person)))
            }
            (None, _) => Ok(None),
        }
    }
}
