//! Resets of portal users' logins.
//!
//! **Invariant:** no answer holds a password, a seed or a link, and that person is told, by the directory or by us.

use super::access::user_of;
use super::account::tell_of_account;
use super::governed::{PersonView, blocked, by, named, words};
use super::told::Telling;
use crate::tools::args::{Line, Prose};
use crate::tools::refusal::or_missing;
use crate::tools::{Code, Kind, Preview, Refusal, Reply, Sends, Tool, ToolCx};
use postern_api::{AccessReset, ContactId, ErrorKind, LoginStatus, Op, OrganisationId, PortalUser, ResetOrder, Text};
use postern_policies::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Disable or reset a portal user's login: password, second factor, lock, invitation. What goes to that person goes to nobody else.
/// You are asked to confirm first, or somebody with the right approves it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ResetAccess {
    /// Whose portal.
    customer_id: OrganisationId,
    /// The portal user.
    user_id: ContactId,
    /// What to do.
    reset: AccessReset,
    /// How it was made sure that the person is who they say; needed for what lets somebody in.
    #[serde(default)]
    identity_verified_by: Option<Line<200>>,
    /// Why, for the record.
    reason: Prose<1_000>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct AccessWasReset {
    user_id: ContactId,
    status: LoginStatus,
    locked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    two_factor: Option<bool>,
    /// What came of telling that person, where the directory does not do so itself.
    notification: Telling,
    message: &'static str,
}

#[derive(Debug, Serialize)]
struct ResetFacts {
    action: &'static str,
    customer_id: OrganisationId,
    user: PersonView,
    reset: AccessReset,
    status_now: LoginStatus,
    locked_now: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity_verified_by: Option<Text>,
    reason: Text,
}

/// Whether a reset lets somebody in who could not get in.
fn lets_in(reset: AccessReset) -> bool {
    match reset {
        AccessReset::Enable
        | AccessReset::PasswordReset
        | AccessReset::TwoFactorReset
        | AccessReset::Unlock
        | AccessReset::ReissueInvitation => true,
        AccessReset::Disable | AccessReset::EndSessions => false,
    }
}

/// What that person is told of it.
fn said(reset: AccessReset) -> &'static str {
    match reset {
        AccessReset::Disable => "Your login to the portal was switched off.",
        AccessReset::Enable => "Your login to the portal was switched on again.",
        AccessReset::PasswordReset => "You were sent a link to set a new password.",
        AccessReset::TwoFactorReset => "Your second factor was reset; set it up when you next sign in.",
        AccessReset::Unlock => "Your login to the portal was unlocked.",
        AccessReset::ReissueInvitation => "You were invited to the portal again.",
        AccessReset::EndSessions => "You were signed out of the portal everywhere.",
    }
}

impl ResetAccess {
    async fn check(&self, cx: &ToolCx) -> Result<PortalUser, Refusal> {
        let user = user_of(cx, &self.customer_id, &self.user_id).await?;
        if lets_in(self.reset) && self.identity_verified_by.is_none() {
            let refusal = blocked("nobody has made sure who asks for this reset");
            return Err(refusal.suggest("Verify the person's identity and say how in `identity_verified_by`."));
        }
        let fits = match self.reset {
            AccessReset::Disable => user.status != LoginStatus::Disabled,
            AccessReset::Enable => user.status == LoginStatus::Disabled,
            AccessReset::PasswordReset | AccessReset::EndSessions => user.status == LoginStatus::Active,
            AccessReset::TwoFactorReset => user.status == LoginStatus::Active && user.two_factor != Some(false),
            AccessReset::Unlock => user.locked,
            AccessReset::ReissueInvitation => user.status == LoginStatus::Pending,
        };
        if !fits {
            return Err(Refusal::new(Code::Conflict, "there is nothing to reset"));
        }
        Ok(user)
    }

    fn reason(&self) -> String {
        match &self.identity_verified_by {
            Some(how) => format!("{} (identity verified: {})", self.reason.as_str(), how.as_str()),
            None => self.reason.as_str().to_owned(),
        }
    }
}

impl Tool for ResetAccess {
    const NAME: &'static str = "portal.user.access_reset";
    const TITLE: &'static str = "Reset a portal user's access";
    const KIND: Kind = Kind::Governed;
    const SENDS: Option<Op> = Some(Op::AccessReset);
    type Output = AccessWasReset;

    fn sends(&self) -> Option<Sends> {
        Some(Sends::on(Op::AccessReset, &self.user_id))
    }

    async fn preview(&self, cx: &ToolCx) -> Result<Preview, Refusal> {
        let user = self.check(cx).await?;
        let facts = ResetFacts {
            action: "reset_access",
            customer_id: self.customer_id.clone(),
            user: PersonView::of_user(&user),
            reset: self.reset,
            status_now: user.status,
            locked_now: user.locked,
            identity_verified_by: self.identity_verified_by.as_ref().map(|it| it.as_str().into()),
            reason: self.reason.as_str().into(),
        };
        let preview = Preview::new(facts, |facts| {
            words(
                "Reset a portal user's access?",
                facts,
                &[
                    ("Customer", "customer"),
                    ("User", "user"),
                    ("What", "reset"),
                    ("Login now", "status_now"),
                    ("Locked now", "locked_now"),
                    ("Identity verified", "identity_verified_by"),
                    ("Reason", "reason"),
                ],
            )
        });
        let effect = Effect { sensitive: true, recipients: 1, elevation: lets_in(self.reset), ..Effect::default() };
        let stands = format!("{:?} {} {:?}", user.status, user.locked, user.two_factor);
        Ok(preview.with(effect).target(format!("user:{}", user.id), stands))
    }

    async fn call(self, cx: &ToolCx) -> Result<Reply<AccessWasReset>, Refusal> {
        self.check(cx).await?;
        let identity = cx.identity()?;
        let order = ResetOrder {
            organisation: named(cx, &identity, &self.customer_id)?,
            user: self.user_id.clone(),
            reset: self.reset,
            reason: self.reason(),
            by: by(cx),
        };
        let reset = identity.timed(identity.port.reset_access(&identity.cx, &order)).await;
        let reset = reset.map_err(|error| {
            if error.kind() == ErrorKind::Conflict {
                Refusal::new(Code::Conflict, "there is nothing to reset")
            } else {
                or_missing(error, Code::ContactNotFound)
            }
        })?;
        let user = identity.written(reset, &self.customer_id)?;
        // A link goes to its owner, whatever else the directory tells.
        let is_link = matches!(self.reset, AccessReset::PasswordReset | AccessReset::ReissueInvitation);
        let itself = is_link || identity.port.tells_people();
        let notification = match itself {
            true => Telling::NotAsked,
            false => {
                let words = ("About your login", format!("{} If it was not you, call us.", said(self.reset)));
                tell_of_account(cx, &self.customer_id, &[&user.email], words).await
            }
        };
        let told = itself || notification == Telling::Sent;
        Ok(Reply::from(AccessWasReset {
            user_id: user.id,
            status: user.status,
            locked: user.locked,
            two_factor: user.two_factor,
            notification,
            message: if told { "Done, and that person was told" } else { "Done; tell that person, nobody else could" },
        }))
    }
}
