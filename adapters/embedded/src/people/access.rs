//! Portal users' access: inviting with a role, changing roles, resetting a login.
//!
//! **Invariant:** a role that belongs to the MSP's own people is never given. The secret of a link goes to its owner's
//! messages and to no answer, no event and no notice.

use super::logins;
use super::users::{self, Event};
use crate::adapter::required_organisation;
use crate::convert::{login_status, micros};
use crate::fail::{Result, refuse};
use crate::once;
use crate::rows::Rows;
use jiff::{SignedDuration, Timestamp};
use postern_api::*;

/// How long an invitation works where the tenant's policy does not say, in seconds.
const INVITATION_SECS: i64 = 7 * 24 * 3600;

/// How long a link to set a new password works where the tenant's policy does not say, in seconds.
const RESET_SECS: i64 = 3600;

pub(super) fn invite(rows: &Rows<'_>, cx: &CallCx, new: &PortalInvitation) -> Result<Owned<PortalUser>> {
    let organisation = required_organisation(rows, &cx.reach, &new.organisation)?;
    if let Some(earlier) = once::earlier(rows, cx, Op::PortalUserInvite, organisation)? {
        return users::stored(rows, required_user(rows, organisation, &earlier)?.contact);
    }
    let roles = users::grantable(rows, std::slice::from_ref(&new.role))?;
    let now = Timestamp::now();
    if new.expires_at <= now {
        return refuse(ErrorKind::InvalidArgument, "the invitation would end before it begins; give a later time");
    }
    let email = new.email.to_lowercase();
    let taken = "SELECT 1 FROM login WHERE tenant = :tenant AND email = :email";
    if rows.one(taken, &[(":email", &email)], |_| Ok(()))?.is_some() {
        return refuse(ErrorKind::Conflict, "this address already has a login");
    }
    let contact = logins::contact(rows, organisation, &email, (&new.first_name, &new.last_name))?;
    rows.insert(
        "INSERT INTO login (contact, tenant, organisation, email, role, status, expires_at, two_factor)
         VALUES (:contact, :tenant, :organisation, :email, 1, 1, :expires, 0)",
        &[
            (":contact", &contact),
            (":organisation", &organisation),
            (":email", &email),
            (":expires", &micros(new.expires_at)),
        ],
    )?;
    logins::invited(rows, organisation, contact, &new.by, micros(now))?;
    give(rows, contact, &roles)?;
    let text = new.message.as_deref().map(|it| format!("{it} ")).unwrap_or_default();
    link(rows, contact, "invitation", new.expires_at, &format!("{text}You are invited to the portal."))?;
    let (kind, detail) = (AccessEventKind::Invitation, format!("invited as {}", new.role));
    users::happened(rows, &Event { organisation, contact, kind, by: &new.by, detail, at: micros(now) })?;
    once::keep(rows, cx, Op::PortalUserInvite, organisation, &contact_id(rows, contact)?)?;
    users::stored(rows, contact)
}

pub(super) fn change(rows: &Rows<'_>, cx: &CallCx, change: &AccessChange) -> Result<Owned<PortalUser>> {
    let organisation = required_organisation(rows, &cx.reach, &change.organisation)?;
    let user = required_user(rows, organisation, change.user.as_str())?;
    if once::earlier(rows, cx, Op::AccessChange, organisation)?.is_some_and(|it| it == change.user.as_str()) {
        return users::stored(rows, user.contact);
    }
    let to = users::grantable(rows, &change.to)?;
    let names = |roles: &[AccessRoleId]| {
        let mut names: Vec<_> = roles.iter().map(|it| it.as_str().to_owned()).collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    let (before, after) = (names(&change.from), names(&change.to));
    let held = rows.all(
        "SELECT r.id FROM login_role g JOIN access_role r ON r.key = g.role
         WHERE g.tenant = :tenant AND g.contact = :contact ORDER BY r.id",
        &[(":contact", &user.contact)],
        |row| Ok(row.get::<_, String>(0)?),
    )?;
    if held != before {
        return refuse(ErrorKind::Conflict, "the roles have changed meanwhile; list the portal users again");
    }
    rows.change(
        "DELETE FROM login_role WHERE tenant = :tenant AND contact = :contact",
        &[(":contact", &user.contact)],
    )?;
    give(rows, user.contact, &to)?;
    let reason = change.reason.as_deref().map(|it| format!(": {it}")).unwrap_or_default();
    let detail = format!("from {} to {}{reason}", listed(&before), listed(&after));
    let (contact, kind, at) = (user.contact, AccessEventKind::RoleChange, micros(Timestamp::now()));
    users::happened(rows, &Event { organisation, contact, kind, by: &change.by, detail, at })?;
    once::keep(rows, cx, Op::AccessChange, organisation, change.user.as_str())?;
    users::stored(rows, contact)
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(" and ") }
}

pub(super) fn reset(rows: &Rows<'_>, cx: &CallCx, order: &ResetOrder) -> Result<Owned<PortalUser>> {
    let organisation = required_organisation(rows, &cx.reach, &order.organisation)?;
    let user = required_user(rows, organisation, order.user.as_str())?;
    if once::earlier(rows, cx, Op::AccessReset, organisation)?.is_some_and(|it| it == order.user.as_str()) {
        return users::stored(rows, user.contact);
    }
    let (contact, now) = (user.contact, Timestamp::now());
    let policy = users::policy(rows)?;
    let done = match (order.reset, user.status) {
        (AccessReset::EndSessions, _) => {
            let message = "the built-in directory keeps no sessions; disable the login instead";
            return refuse(ErrorKind::Unsupported, message);
        }
        (AccessReset::Disable, LoginStatus::Active | LoginStatus::Pending) => {
            set(rows, contact, "status = 2")?;
            tell(rows, contact, "Your login was switched off.", now)?;
            "switched off"
        }
        (AccessReset::Enable, LoginStatus::Disabled) => {
            // An invitation that nobody accepted waits again.
            set(rows, contact, "status = iif(expires_at IS NULL, 0, 1)")?;
            tell(rows, contact, "Your login was switched on again.", now)?;
            "switched on"
        }
        (AccessReset::PasswordReset, LoginStatus::Active) => {
            let until = after(now, policy.reset_expires_secs, RESET_SECS);
            link(rows, contact, "password", until, "Set a new password for the portal.")?;
            "sent a link to set a new password"
        }
        (AccessReset::TwoFactorReset, LoginStatus::Active) if user.two_factor => {
            set(rows, contact, "two_factor = 0")?;
            tell(rows, contact, "Your second factor was reset; set it up when you next sign in.", now)?;
            "second factor forgotten"
        }
        (AccessReset::Unlock, _) if user.locked => {
            set(rows, contact, "locked = 0")?;
            tell(rows, contact, "Your login was unlocked.", now)?;
            "unlocked"
        }
        (AccessReset::ReissueInvitation, LoginStatus::Pending) => {
            let until = after(now, policy.invitation_expires_secs, INVITATION_SECS);
            rows.change(
                "UPDATE login SET expires_at = :until WHERE tenant = :tenant AND contact = :contact",
                &[(":until", &micros(until)), (":contact", &contact)],
            )?;
            link(rows, contact, "invitation", until, "You are invited to the portal.")?;
            "invited again"
        }
        _ => return refuse(ErrorKind::Conflict, "there is nothing to reset; list the portal users again"),
    };
    let (kind, detail) = (AccessEventKind::Reset, format!("{done}: {}", order.reason));
    users::happened(rows, &Event { organisation, contact, kind, by: &order.by, detail, at: micros(now) })?;
    once::keep(rows, cx, Op::AccessReset, organisation, order.user.as_str())?;
    users::stored(rows, contact)
}

/// What a write must know about the user whom it is about.
struct User {
    contact: i64,
    status: LoginStatus,
    locked: bool,
    two_factor: bool,
}

/// Another organisation's user is as if there was none.
fn required_user(rows: &Rows<'_>, organisation: i64, user: &str) -> Result<User> {
    let found = rows.one(
        "SELECT l.contact, l.status, l.locked, coalesce(l.two_factor, 0)
         FROM login l JOIN contact c ON c.key = l.contact
         WHERE l.tenant = :tenant AND l.organisation = :organisation AND c.id = :id",
        &[(":organisation", &organisation), (":id", &user)],
        |row| {
            Ok(User {
                contact: row.get(0)?,
                status: login_status(row, 1)?,
                locked: row.get(2)?,
                two_factor: row.get(3)?,
            })
        },
    )?;
    found.ok_or_else(|| Error::not_found("portal user").into())
}

fn contact_id(rows: &Rows<'_>, contact: i64) -> Result<String> {
    let found =
        rows.one("SELECT id FROM contact WHERE tenant = :tenant AND key = :key", &[(":key", &contact)], |row| {
            Ok(row.get(0)?)
        })?;
    found.ok_or_else(|| Error::internal("a contact is gone").into())
}

pub(crate) fn give(rows: &Rows<'_>, contact: i64, roles: &[i64]) -> Result<()> {
    for role in roles {
        rows.change(
            "INSERT INTO login_role (tenant, contact, role) VALUES (:tenant, :contact, :role)",
            &[(":contact", &contact), (":role", role)],
        )?;
    }
    Ok(())
}

/// Changes one thing of a login; `change` is ours.
fn set(rows: &Rows<'_>, contact: i64, change: &'static str) -> Result<()> {
    let sql = format!("UPDATE login SET {change} WHERE tenant = :tenant AND contact = :contact");
    rows.change(&sql, &[(":contact", &contact)])?;
    Ok(())
}

fn after(now: Timestamp, policy_secs: Option<u64>, else_secs: i64) -> Timestamp {
    let secs = policy_secs.and_then(|it| i64::try_from(it).ok()).unwrap_or(else_secs);
    now.saturating_add(SignedDuration::from_secs(secs)).unwrap_or(Timestamp::MAX)
}

/// A new secret of a link in place of the former, known to its owner alone.
fn link(rows: &Rows<'_>, contact: i64, purpose: &str, until: Timestamp, text: &str) -> Result<()> {
    let secret = rows.secret()?;
    rows.change(
        "INSERT INTO login_link (tenant, contact, purpose, secret, expires_at)
         VALUES (:tenant, :contact, :purpose, :secret, :until)
         ON CONFLICT (contact, purpose) DO UPDATE SET secret = excluded.secret, expires_at = excluded.expires_at",
        &[(":contact", &contact), (":purpose", &purpose), (":secret", &secret), (":until", &micros(until))],
    )?;
    tell(rows, contact, &format!("{text} Your code is {secret}, until {until}."), Timestamp::now())
}

fn tell(rows: &Rows<'_>, contact: i64, text: &str, now: Timestamp) -> Result<()> {
    rows.insert(
        "INSERT INTO notification (tenant, contact, text, at) VALUES (:tenant, :contact, :text, :now)",
        &[(":contact", &contact), (":text", &text), (":now", &micros(now))],
    )?;
    Ok(())
}
