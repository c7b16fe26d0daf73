//! The service desk.

mod change;
mod list;
mod marker;
mod notes;
mod target;
mod ticket;
mod time;
pub(crate) mod trace;
mod words;
mod write;

pub(crate) use list::companies;
pub(crate) use notes::Counts;

use crate::adapter::{ConnectWise, in_reach};
use crate::client::Query;
use crate::conditions::{Conditions, Literal};
use crate::config::number;
use crate::crm::{addresses, name_of};
use crate::wire::{self, ContactRow, Flag, owner};
use postern_api::{
    CallCx, Closure, Comment, ContactId, Error, ErrorKind, ExternalId, NewComment, NewEscalation, NewTicket, Owned,
    Owner, Page, Person, Result, ServiceDesk, Ticket, TicketChange, TicketId, TicketQuery, TimeEntry, Vocabulary,
};

#[postern_api::async_trait]
impl ServiceDesk for ConnectWise {
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
        let wanted = email.trim().to_lowercase();
        // An address that does not fit into a literal is nobody's here, rather than a way out of it.
        let (Some(company), Some(address)) = (in_reach(cx, organisation), Literal::exact(&wanted)) else {
            return Ok(None);
        };
        let query = Query {
            conditions: Conditions::new().is("company/id", company),
            child_conditions: Conditions::new().text("communicationItems/value", &address),
            fields: wire::CONTACT,
        };
        let rows = self.client.all::<ContactRow>(cx, &["company", "contacts"], &query).await?;
        let ours = Owner::Organisation(organisation.clone());
        let mut people = rows.into_iter().filter(|row| {
            let same = addresses(row).any(|it| it.to_lowercase() == wanted);
            same && owner(row.company.id) == ours && row.inactive_flag != Flag::Yes
        });
        match (people.next(), people.next()) {
            (Some(_), Some(_)) => Err(Error::new(
                ErrorKind::Conflict,
                "two people at this organisation have this e-mail address; ask an agent to correct one of them",
            )),
            (Some(row), None) => Ok(Some(Owned::new(ours, person(&row, wanted)?))),
            (None, _) => Ok(None),
        }
    }
}

fn person(row: &ContactRow, email: String) -> Result<Person> {
    let id = row.id.id().and_then(|id| ContactId::new(&id.to_string()).ok());
    let contact = Some(id.ok_or_else(|| Error::bad_reply("a contact without a number"))?);
    Ok(Person { contact, name: name_of(row), email: Some(email) })
}
