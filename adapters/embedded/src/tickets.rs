//! The service desk.

mod change;
mod create;
mod list;
mod one;
mod write;

pub(crate) use write::agent;

use crate::adapter::{Tenant, organisation_in_reach};
use crate::convert::{id, owner};
use crate::fail::refuse;
use postern_api::*;

#[async_trait]
impl ServiceDesk for Tenant {
    async fn tickets(&self, cx: &CallCx, query: &TicketQuery) -> Result<Page<Owned<Ticket>>> {
        self.read(cx, |rows| list::page(rows, &cx.reach, query))
    }

    async fn ticket(&self, cx: &CallCx, id: &TicketId) -> Result<Owned<Ticket>> {
        self.read(cx, |rows| one::whole(rows, &cx.reach, id))
    }

    async fn upload(&self, cx: &CallCx, organisation: &ExternalId, id: &AttachmentId) -> Result<Owned<Attachment>> {
        self.read(cx, |rows| create::uploaded(rows, &cx.reach, organisation, id))
    }

    async fn reply(
        &self,
        cx: &CallCx,
        id: &TicketId,
        new: &NewComment,
        files: &[AttachmentId],
    ) -> Result<Owned<Comment>> {
        let (call, id, new, files) = (cx.clone(), id.clone(), new.clone(), files.to_vec());
        self.write(cx, move |rows| write::reply(rows, &call, &id, &new, &files)).await
    }

    async fn create_task(&self, cx: &CallCx, new: &NewTicket) -> Result<Owned<Ticket>> {
        let (call, new) = (cx.clone(), NewTicket { visibility: Visibility::Staff, ..new.clone() });
        self.write(cx, move |rows| create::create(rows, &call, &new)).await
    }

    async fn adjust(&self, cx: &CallCx, id: &TicketId, adjustment: &Adjustment) -> Result<Owned<Ticket>> {
        let (call, id, new) = (cx.clone(), id.clone(), adjustment.clone());
        self.write(cx, move |rows| change::adjust(rows, &call, &id, &new)).await
    }

    async fn create(&self, cx: &CallCx, new: &NewTicket) -> Result<Owned<Ticket>> {
        let (call, new) = (cx.clone(), new.clone());
        if new.visibility == Visibility::Staff {
            return refuse_task();
        }
        self.write(cx, move |rows| create::create(rows, &call, &new)).await
    }

    async fn comment(&self, cx: &CallCx, id: &TicketId, new: &NewComment) -> Result<Owned<Comment>> {
        let (call, id, new) = (cx.clone(), id.clone(), new.clone());
        self.write(cx, move |rows| write::comment(rows, &call, &id, &new)).await
    }

    async fn close(&self, cx: &CallCx, id: &TicketId, closure: &Closure) -> Result<Owned<Ticket>> {
        let (call, id, closure) = (cx.clone(), id.clone(), closure.clone());
        self.write(cx, move |rows| write::close(rows, &call, &id, &closure)).await
    }

    async fn escalate(&self, cx: &CallCx, id: &TicketId, escalation: &NewEscalation) -> Result<Owned<Ticket>> {
        let (call, id, new) = (cx.clone(), id.clone(), escalation.clone());
        self.write(cx, move |rows| write::escalate(rows, &call, &id, &new)).await
    }

    async fn change(&self, cx: &CallCx, id: &TicketId, change: &TicketChange) -> Result<Owned<Ticket>> {
        let (call, id, change) = (cx.clone(), id.clone(), change.clone());
        self.write(cx, move |rows| change::change(rows, &call, &id, &change)).await
    }

    async fn time(&self, cx: &CallCx, ticket: &TicketId) -> Result<Vec<Owned<TimeEntry>>> {
        self.read(cx, |rows| change::worked(rows, &cx.reach, ticket))
    }

    async fn vocabulary(&self, _cx: &CallCx) -> Result<Vocabulary> {
        Ok(change::vocabulary())
    }

    async fn requester(&self, cx: &CallCx, organisation: &ExternalId, email: &str) -> Result<Option<Owned<Person>>> {
        let email = email.to_lowercase();
        self.read(cx, |rows| {
            let Some(key) = organisation_in_reach(rows, &cx.reach, organisation)? else { return Ok(None) };
            let mut people = rows.all(
                "SELECT o.id, c.id, c.name, c.email FROM contact c JOIN organisation o ON o.key = c.organisation
                 WHERE c.tenant = :tenant AND c.organisation = :organisation AND c.email = :email LIMIT 2",
                &[(":organisation", &key), (":email", &email)],
                |row| {
                    let person =
                        Person { contact: Some(id(row, 1, ContactId::new)?), name: row.get(2)?, email: row.get(3)? };
                    Ok(Owned::new(owner(row, 0)?, person))
                },
            )?;
            let first = people.pop();
            if people.is_empty() { Ok(first) } else { refuse(ErrorKind::Conflict, "two contacts share this address") }
        })
    }
}

fn refuse_task<T>() -> Result<T> {
    Err(Error::new(ErrorKind::InvalidArgument, "a task of the employees' own is made as one; use `create_task`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::Embedded;
    use std::time::Duration;

    #[tokio::test]
    async fn two_contacts_with_one_address_are_a_conflict_and_never_a_guess() {
        let embedded = Embedded::open_in_memory().expect("a database");
        let tenant = TenantId::new("msp").expect("an id");
        crate::demo::seed(&embedded, &tenant, jiff::Timestamp::now()).expect("a demo");
        let adapter = embedded.tenant(&tenant);
        let twin = "INSERT INTO contact (tenant, id, organisation, name, email, active)
                    SELECT tenant, 'CT-9', organisation, 'Twin', email, 1 FROM contact
                    WHERE tenant = :tenant AND email = 'basic@acme.example'";
        adapter.write_now(|rows| rows.change(twin, &[])).expect("a second contact");
        let acme = ExternalId::new("acme").expect("an id");
        let cx = CallCx::new(Reach::Organisations(vec![acme.clone()]), Duration::from_secs(9));
        let answer = adapter.requester(&cx, &acme, "basic@acme.example").await;
        assert_eq!(answer.map(drop).expect_err("a conflict").kind(), ErrorKind::Conflict);
    }
}
