//! Finding a write again by its reference, in the journals of the organisation's users.
//!
//! An entry that is still open says that the write began and not how far it came: then nobody knows, until somebody looks. A
//! journal keeps two dozen entries, and a user who is not yet the organisation's is not among its users, so that what is not
//! found proves nothing.

use crate::adapter::Keycloak;
use crate::error::unknown;
use crate::journal::{self, Earlier};
use postern_api::{CallCx, Error, LoginRole, Op, Owned, Owner, Result, Sought, Trace, Traceable};

pub(crate) fn traceable(op: Op) -> Traceable {
    let is_kept =
        matches!(op, Op::LoginInvite | Op::LeadTransfer | Op::PortalUserInvite | Op::AccessChange | Op::AccessReset);
    if is_kept { Traceable::Later } else { Traceable::No }
}

/// The user who was invited or changed; of a change of lead, the new one.
pub(crate) async fn find(keycloak: &Keycloak, cx: &CallCx, sought: &Sought) -> Result<Option<Owned<Trace>>> {
    if traceable(sought.op) == Traceable::No {
        return Err(Error::unsupported(sought.op));
    }
    let cx = CallCx { reference: Some(sought.reference.clone()), looking: true, ..cx.clone() };
    let organisation = sought.organisation.as_ref().ok_or_else(|| Error::not_found("organisation"))?;
    let own = Owner::Organisation(organisation.clone());
    let mut begun = false;
    for it in keycloak.users_of(&cx, organisation).await?.into_iter().filter(|it| it.owner == own) {
        match journal::earlier(&it.user, &cx, sought.op) {
            Earlier::Done if sought.op != Op::LeadTransfer || became_lead(&it.user, &cx) => {
                return Ok(Some(Owned::new(own, Trace { record: it.user.id })));
            }
            Earlier::Open => begun = true,
            Earlier::Done | Earlier::None => {}
        }
    }
    if begun { Err(unknown().with("detail", "the write began, and did not note that it ended")) } else { Ok(None) }
}

/// Whether the entry of this write is the one of the new lead, which is closed last.
fn became_lead(user: &crate::wire::UserRow, cx: &CallCx) -> bool {
    journal::find(user, cx, Op::LeadTransfer).is_some_and(|it| it.to == Some(LoginRole::Lead))
}
