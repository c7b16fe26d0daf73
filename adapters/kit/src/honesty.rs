//! `supports()` and the methods agree, both ways. Every write names a record that does not exist, so nothing changes.

mod records;

use crate::check::word;
use crate::fixture::Fixture;
use crate::trial::{Group::Honesty, Trial, Verdict};
use postern_api::*;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::new(
            Honesty,
            "what is not supported answers Unsupported",
            "every operation that is not in `supports()` answers `Unsupported`",
            &[],
            |f| Box::pin(agree(f, false)),
        ),
        Trial::new(
            Honesty,
            "what is supported does not answer Unsupported",
            "every operation in `supports()` does something else",
            &[],
            |f| Box::pin(agree(f, true)),
        ),
    ]
}

async fn agree(f: &Fixture, supported: bool) -> Verdict {
    for op in Op::ALL.into_iter().filter(|op| f.adapter.supports().contains(op) == supported) {
        let kind = call(f, op).await;
        if (kind == Some(ErrorKind::Unsupported)) == supported {
            return Err(format!("{} answers {kind:?}", op.name()));
        }
    }
    Ok(())
}

/// Calls an operation in a way that changes nothing. A port that is not there is unsupported.
async fn call(f: &Fixture, op: Op) -> Option<ErrorKind> {
    let answer = match op {
        Op::TicketList
        | Op::TicketGet
        | Op::TicketCreate
        | Op::TicketComment
        | Op::TicketClose
        | Op::TicketEscalate
        | Op::RequesterFind => desk(f, op).await,
        Op::OrganisationGet | Op::OrganisationList | Op::ContactList | Op::ContactGet => crm(f, op).await,
        Op::ArticleSearch | Op::ArticleGet => knowledge(f, op).await,
        Op::LoginList | Op::LoginInvite | Op::LeadTransfer | Op::RoleChangeList => identity(f, op).await,
        _ => records::call(f, op).await,
    };
    answer.err().map(|e| e.kind())
}

async fn desk(f: &Fixture, op: Op) -> Result<()> {
    let (cx, ticket) = (f.own_cx(), &f.missing.ticket);
    let port = f.adapter.service_desk().ok_or_else(|| Error::unsupported(op))?;
    match op {
        Op::TicketList => port.tickets(&cx, &TicketQuery::default()).await.map(drop),
        Op::TicketGet => port.ticket(&cx, ticket).await.map(drop),
        Op::TicketCreate => {
            let new = NewTicket { organisation: f.missing.organisation.clone(), ..f.new_ticket("honesty") };
            port.create(&cx, &new).await.map(drop)
        }
        Op::TicketComment => {
            let new = NewComment { author: f.staff_author(), body: "honesty".into(), internal: true };
            port.comment(&cx, ticket, &new).await.map(drop)
        }
        Op::TicketClose => {
            let closure = Closure { resolution: "honesty".into(), by: f.staff.clone() };
            port.close(&cx, ticket, &closure).await.map(drop)
        }
        Op::TicketEscalate => {
            let new = NewEscalation { target: "honesty".into(), reason: "honesty".into(), by: f.staff.clone() };
            port.escalate(&cx, ticket, &new).await.map(drop)
        }
        Op::RequesterFind => port.requester(&cx, &f.own.external, "nobody@example.invalid").await.map(drop),
        _ => Err(Error::internal("not an operation of the service desk")),
    }
}

async fn crm(f: &Fixture, op: Op) -> Result<()> {
    let port = f.adapter.crm().ok_or_else(|| Error::unsupported(op))?;
    if op == Op::OrganisationGet {
        port.organisation(&f.own_cx(), &f.own.external).await.map(drop)
    } else if op == Op::OrganisationList {
        port.directory(&CallCx { reach: Reach::Tenant, ..f.own_cx() }).await.map(drop)
    } else if op == Op::ContactList {
        port.contacts(&f.own_cx(), &f.own.external).await.map(drop)
    } else {
        port.contact(&f.own_cx(), &f.missing.contact).await.map(drop)
    }
}

async fn knowledge(f: &Fixture, op: Op) -> Result<()> {
    let port = f.adapter.knowledge().ok_or_else(|| Error::unsupported(op))?;
    if op == Op::ArticleSearch {
        let query = ArticleQuery { text: word(), category: None, public_only: true, limit: 1 };
        port.search(&f.own_cx(), &query).await.map(drop)
    } else {
        port.article(&f.own_cx(), &f.missing.article).await.map(drop)
    }
}

async fn identity(f: &Fixture, op: Op) -> Result<()> {
    let port = f.adapter.identity().ok_or_else(|| Error::unsupported(op))?;
    let organisation = f.missing.organisation.clone();
    if op == Op::LoginList {
        port.logins(&f.own_cx(), &f.own.external).await.map(drop)
    } else if op == Op::LoginInvite {
        port.invite(&f.own_cx(), &crate::people::invitation(organisation)).await.map(drop)
    } else if op == Op::LeadTransfer {
        let (from, to) = (f.missing.contact.clone(), f.missing.contact.clone());
        port.transfer_lead(&f.own_cx(), &LeadTransfer { organisation, from, to, reason: None }).await.map(drop)
    } else {
        port.role_changes(&f.own_cx(), &f.own.external).await.map(drop)
    }
}
