//! Resets of one login: switched off and on, links, second factor, lock, sessions.

use crate::adapter::Keycloak;
use crate::client::NOTHING;
use crate::directory::status;
use crate::error::after_write;
use crate::invite::new_password;
use crate::journal::{self, Earlier, Entry};
use crate::wire::UserRow;
use jiff::{SignedDuration, Timestamp};
use postern_api::http::Method;
use postern_api::*;

/// How long an invitation works where the realm does not say, in seconds.
const INVITATION_SECS: u64 = 12 * 3_600;

impl Keycloak {
    pub(crate) async fn reset(&self, cx: &CallCx, order: &ResetOrder) -> Result<Owned<PortalUser>> {
        if !cx.reach.contains(&order.organisation) {
            return Err(Error::not_found("portal user"));
        }
        self.writable(cx).await?;
        let _one = self.changing.lock().await;
        let user = self.user_of(cx, &order.organisation, order.user.as_str()).await?;
        let earlier = journal::earlier(&user, cx, Op::AccessReset);
        match earlier {
            Earlier::Done => return self.read_user(cx, &order.organisation, &user.id).await,
            Earlier::Open if matches!(order.reset, AccessReset::PasswordReset | AccessReset::ReissueInvitation) => {
                return Err(Error::new(
                    ErrorKind::OutcomeUnknown,
                    "it is not known whether the mail was sent; ask that person before sending another",
                ));
            }
            Earlier::Open => {}
            Earlier::None if self.fits(cx, &user, order.reset).await? => {}
            Earlier::None => {
                let words = "there is nothing to reset; list the portal users again";
                return Err(Error::new(ErrorKind::Conflict, words));
            }
        }
        let entry = Entry::open(cx, Op::AccessReset, AccessEventKind::Reset, &order.by).detail(format!(
            "{}: {}",
            done(order.reset),
            order.reason
        ));
        self.carry_out(cx, &user, order.reset, entry).await?;
        self.read_user(cx, &order.organisation, &user.id).await.map_err(after_write)
    }

    /// Whether there is something to reset.
    async fn fits(&self, cx: &CallCx, user: &UserRow, reset: AccessReset) -> Result<bool> {
        let status = status(user).0;
        Ok(match reset {
            AccessReset::Disable => status != LoginStatus::Disabled,
            AccessReset::Enable => status == LoginStatus::Disabled,
            AccessReset::PasswordReset => status == LoginStatus::Active,
            AccessReset::ReissueInvitation => status == LoginStatus::Pending,
            AccessReset::TwoFactorReset => {
                status == LoginStatus::Active && !self.factors(cx, &user.id).await?.is_empty()
            }
            AccessReset::Unlock => self.is_locked(cx, &user.id).await?,
            AccessReset::EndSessions => self.sessions(cx, &user.id).await?.0 > 0,
        })
    }

    async fn carry_out(&self, cx: &CallCx, user: &UserRow, reset: AccessReset, entry: Entry) -> Result<()> {
        let id = user.id.as_str();
        let mut begun = user.clone();
        journal::keep(&mut begun, &entry);
        match reset {
            AccessReset::Enable => {
                begun.enabled = true;
                journal::close(&mut begun, &entry);
                return self.client.put(cx, &begun).await;
            }
            AccessReset::Disable => {
                begun.enabled = false;
                self.client.put(cx, &begun).await?;
                // Whatever comes now, the login stays off: that is never put back.
                self.log_out(cx, id).await.map_err(after_write)?;
            }
            AccessReset::EndSessions => {
                self.client.put(cx, &begun).await?;
                if let Err(failed) = self.log_out(cx, id).await {
                    return Err(self.as_before(cx, user, failed).await);
                }
            }
            AccessReset::Unlock => {
                self.client.put(cx, &begun).await?;
                let path = ["attack-detection", "brute-force", "users", id];
                if let Err(failed) = self.client.change(cx, Method::DELETE, &path, &[], NOTHING, "portal user").await {
                    return Err(self.as_before(cx, user, failed).await);
                }
            }
            AccessReset::TwoFactorReset => {
                // The new one is asked for before the old one is forgotten: in between nobody gets in with less.
                if !begun.required_actions.contains(&self.config.second_factor_action) {
                    begun.required_actions.push(self.config.second_factor_action.clone());
                }
                self.client.put(cx, &begun).await?;
                for (nth, factor) in self.factors(cx, id).await.map_err(after_write)?.iter().enumerate() {
                    let path = ["users", id, "credentials", factor];
                    let gone = self.client.change(cx, Method::DELETE, &path, &[], NOTHING, "credential").await;
                    match gone {
                        Ok(()) => {}
                        Err(error) if error.kind() == ErrorKind::NotFound => {}
                        Err(failed) if nth == 0 => return Err(self.as_before(cx, user, failed).await),
                        Err(failed) => return Err(after_write(failed)),
                    }
                }
            }
            AccessReset::PasswordReset => {
                self.client.put(cx, &begun).await?;
                if let Err(failed) = self.mail(cx, id, &new_password(), None).await {
                    return Err(self.as_before(cx, user, failed).await);
                }
            }
            AccessReset::ReissueInvitation => {
                let realm = self.realm(cx).await?;
                let secs = realm.action_token_generated_by_admin_lifespan.unwrap_or(INVITATION_SECS);
                let secs = SignedDuration::from_secs(i64::try_from(secs).unwrap_or(i64::MAX));
                let until = Timestamp::now().saturating_add(secs).unwrap_or(Timestamp::MAX);
                return self.invite_again(cx, user.clone(), until, entry).await;
            }
        }
        self.close(cx, id, &entry).await
    }

    async fn log_out(&self, cx: &CallCx, id: &str) -> Result<()> {
        self.client.change(cx, Method::POST, &["users", id, "logout"], &[], NOTHING, "portal user").await
    }
}

fn done(reset: AccessReset) -> &'static str {
    match reset {
        AccessReset::Disable => "switched off",
        AccessReset::Enable => "switched on",
        AccessReset::PasswordReset => "sent a link to set a new password",
        AccessReset::TwoFactorReset => "second factor forgotten",
        AccessReset::Unlock => "unlocked",
        AccessReset::ReissueInvitation => "invited again",
        AccessReset::EndSessions => "sessions ended",
    }
}
