//! What a customer's own access roles open. An employee's rights are the policies' business alone.

use super::whose::{admitted, is_customer};
use crate::tools::{Code, Refusal, ToolCx};
use postern_api::{AccessRoleId, ContactId, LoginStatus, Right};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A customer as the portal's directory knows them.
#[derive(Debug, Clone)]
pub(super) struct Member {
    /// The directory's id.
    pub(super) id: ContactId,
    /// The directory.
    pub(super) system: Arc<str>,
    /// The access roles, none of them the MSP's own.
    pub(super) roles: BTreeSet<AccessRoleId>,
    /// What they open.
    rights: BTreeSet<Right>,
}

impl Member {
    pub(super) fn may(&self, right: Right) -> bool {
        self.rights.contains(&right)
    }
}

fn denied() -> Refusal {
    Refusal::new(Code::AccessDenied, "your portal account does not include this")
        .suggest("Ask your lead contact for an access role that includes it.")
}

/// The calling customer's portal user, found by the verified e-mail address within the own organisation; nobody for an employee.
pub(super) async fn member(cx: &ToolCx) -> Result<Option<Member>, Refusal> {
    if !is_customer(cx) {
        return Ok(None);
    }
    let email = cx.caller.email.as_deref().ok_or_else(denied)?;
    let identity = cx.identity()?;
    let (own, organisation) = (cx.organisation()?, identity.own()?);
    let users = identity.timed(identity.port.portal_users(&identity.cx, &organisation)).await?;
    let users = admitted(&identity, own, users);
    let mut mine = users.into_iter().filter(|it| it.email.eq_ignore_ascii_case(email));
    let user = mine.next().filter(|it| it.status == LoginStatus::Active).ok_or_else(denied)?;
    // Two of one address are nobody.
    if mine.next().is_some() {
        return Err(denied());
    }
    let known = identity.timed(identity.port.access_roles(&identity.cx)).await?;
    let held: Vec<_> = known.into_iter().filter(|it| !it.internal && user.roles.contains(&it.id)).collect();
    Ok(Some(Member {
        id: user.id,
        system: identity.system.ids.clone(),
        rights: held.iter().flat_map(|it| it.rights.iter().copied()).collect(),
        roles: held.into_iter().map(|it| it.id).collect(),
    }))
}

/// A customer needs this right; the portal user, where a customer asks.
pub(super) async fn require(cx: &ToolCx, right: Right) -> Result<Option<Member>, Refusal> {
    let member = member(cx).await?;
    match &member {
        Some(member) if !member.may(right) => Err(denied()),
        Some(_) | None => Ok(member),
    }
}
