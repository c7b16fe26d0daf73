//! The service desk.

mod actions;
mod change;
mod list;
mod ticket;
mod time;
pub(crate) mod trace;
mod words;
mod write;

pub(crate) use actions::Counts;
pub(crate) use list::clients;

use crate::adapter::{HaloPsa, in_reach, number};
use crate::wire::{UserRow, owner};
use postern_api::{
    CallCx, Closure, Comment, ContactId, Error, ErrorKind, ExternalId, NewComment, NewEscalation, NewTicket, Owned,
    Owner, Page, Person, Result, ServiceDesk, Ticket, TicketChange, TicketId, TicketQuery, TimeEntry, Vocabulary,
};

#[postern_api::async_trait]
impl ServiceDesk for HaloPsa {
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
        words::vocabulary(self, cx).await
    }

    async fn requester(&self, cx: &CallCx, organisation: &ExternalId, email: &str) -> Result<Option<Owned<Person>>> {
        let Some(client) = in_reach(cx, organisation) else { return Ok(None) };
        let wanted = email.trim().to_lowercase();
        if wanted.is_empty() {
            return Ok(None);
        }
        let query = [("client_id", client.to_string()), ("search", wanted.clone())];
        let found = self.client.paged::<UserRow>(cx, "Users", "users", &query).await?;
        let ours = Owner::Organisation(organisation.clone());
        let mut people = found.rows.into_iter().filter(|row| {
            let same = row.emailaddress.get().is_some_and(|it| it.to_lowercase() == wanted);
            same && owner(row.client_id) == ours && row.inactive.0 != Some(true)
        });
        match (people.next(), people.next()) {
            (Some(_), Some(_)) => Err(Error::new(
                ErrorKind::Conflict,
                "two people at this organisation have this e-mail address; ask an agent to correct one of them",
            )),
            (Some(row), None) => Ok(Some(Owned::new(ours, person(&row)?))),
            (None, _) if found.truncated => Err(Error::bad_reply("more people than can be searched")),
            (None, _) => Ok(None),
        }
    }
}

fn person(row: &UserRow) -> Result<Person> {
    let id = row.id.id().and_then(|id| ContactId::new(&id.to_string()).ok());
    Ok(Person {
        contact: Some(id.ok_or_else(|| Error::bad_reply("a user without a number"))?),
        name: crate::crm::name_of(row),
        email: row.emailaddress.get().map(str::to_lowercase),
    })
}
