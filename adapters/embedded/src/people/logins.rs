//! Logins: listing, inviting, moving the lead role. What portal users may do is beside.

use super::{access, users};
use crate::adapter::{Tenant, organisation_in_reach, required_organisation};
use crate::convert::{id, login_status, micros, owner, role, some_time, time};
use crate::fail::{Result as Inner, refuse};
use crate::rows::Rows;
use jiff::Timestamp;
use postern_api::*;
use rusqlite::Row;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT o.id, c.id, c.name, l.email, l.role, l.status, l.last_login, l.expires_at
             FROM login l JOIN contact c ON c.key = l.contact JOIN organisation o ON o.key = l.organisation
             WHERE l.tenant = :tenant",
            $rest
        )
    };
}

#[async_trait]
impl Identity for Tenant {
    async fn logins(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<Login>>> {
        self.read(cx, |rows| {
            let key = required_organisation(rows, &cx.reach, organisation)?;
            let sql = select!(" AND l.organisation = :organisation ORDER BY l.email");
            rows.all(sql, &[(":organisation", &key)], login)
        })
    }

    async fn invite(&self, cx: &CallCx, invitation: &Invitation) -> Result<Owned<Login>> {
        let (call, invitation) = (cx.clone(), invitation.clone());
        self.write(cx, move |rows| invite(rows, &call, &invitation)).await
    }

    async fn transfer_lead(&self, cx: &CallCx, transfer: &LeadTransfer) -> Result<Owned<Login>> {
        let (call, change) = (cx.clone(), transfer.clone());
        self.write(cx, move |rows| transfer_lead(rows, &call, &change)).await
    }

    async fn role_changes(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<RoleChange>>> {
        self.read(cx, |rows| {
            let key = required_organisation(rows, &cx.reach, organisation)?;
            rows.all(
                "SELECT o.id, c.id, l.email, r.before, r.after, r.by, r.reason, r.at
                 FROM role_change r JOIN contact c ON c.key = r.contact JOIN login l ON l.contact = r.contact
                 JOIN organisation o ON o.key = r.organisation
                 WHERE r.tenant = :tenant AND r.organisation = :organisation ORDER BY r.at, r.key",
                &[(":organisation", &key)],
                role_change,
            )
        })
    }

    async fn portal_users(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<PortalUser>>> {
        self.read(cx, |rows| users::list(rows, required_organisation(rows, &cx.reach, organisation)?))
    }

    async fn access_roles(&self, cx: &CallCx) -> Result<Vec<AccessRole>> {
        self.read(cx, users::roles)
    }

    async fn auth_policy(&self, cx: &CallCx) -> Result<AuthPolicy> {
        self.read(cx, users::policy)
    }

    async fn invite_user(&self, cx: &CallCx, invitation: &PortalInvitation) -> Result<Owned<PortalUser>> {
        let (call, new) = (cx.clone(), invitation.clone());
        self.write(cx, move |rows| access::invite(rows, &call, &new)).await
    }

    async fn change_access(&self, cx: &CallCx, change: &AccessChange) -> Result<Owned<PortalUser>> {
        let (call, change) = (cx.clone(), change.clone());
        self.write(cx, move |rows| access::change(rows, &call, &change)).await
    }

    async fn reset_access(&self, cx: &CallCx, order: &ResetOrder) -> Result<Owned<PortalUser>> {
        let (call, order) = (cx.clone(), order.clone());
        self.write(cx, move |rows| access::reset(rows, &call, &order)).await
    }

    async fn access_events(&self, cx: &CallCx, query: &AccessEventQuery) -> Result<Vec<Owned<AccessEvent>>> {
        self.read(cx, |rows| {
            let organisation = required_organisation(rows, &cx.reach, &query.organisation)?;
            users::events(rows, organisation, query)
        })
    }
}

fn login(row: &Row<'_>) -> Inner<Owned<Login>> {
    let record = Login {
        id: id(row, 1, ContactId::new)?,
        name: row.get(2)?,
        email: row.get(3)?,
        role: role(row.get(4)?)?,
        status: login_status(row, 5)?,
        last_login: some_time(row, 6)?,
        expires_at: some_time(row, 7)?,
    };
    Ok(Owned::new(owner(row, 0)?, record))
}

fn role_change(row: &Row<'_>) -> Inner<Owned<RoleChange>> {
    let record = RoleChange {
        login: id(row, 1, ContactId::new)?,
        email: row.get(2)?,
        from: row.get::<_, Option<i64>>(3)?.map(role).transpose()?,
        to: role(row.get(4)?)?,
        by: row.get(5)?,
        reason: row.get(6)?,
        at: time(row, 7)?,
    };
    Ok(Owned::new(owner(row, 0)?, record))
}

/// One login, by its contact's key.
fn stored(rows: &Rows<'_>, contact: i64) -> Inner<Owned<Login>> {
    let found = rows.one(select!(" AND l.contact = :contact"), &[(":contact", &contact)], login)?;
    found.ok_or_else(|| Error::internal("a login is gone").into())
}

/// A login that an address already has.
struct Earlier {
    contact: i64,
    organisation: i64,
    /// An invitation that was not accepted in time.
    lapsed: bool,
    reference: Option<String>,
}

fn invite(rows: &Rows<'_>, cx: &CallCx, invitation: &Invitation) -> Inner<Owned<Login>> {
    let organisation = required_organisation(rows, &cx.reach, &invitation.organisation)?;
    let email = invitation.email.to_lowercase();
    let now = micros(Timestamp::now());
    let earlier = rows.one(
        "SELECT contact, organisation, status = 1 AND expires_at <= :now, reference FROM login
         WHERE tenant = :tenant AND email = :email",
        &[(":email", &email), (":now", &now)],
        |row| {
            let lapsed: Option<bool> = row.get(2)?;
            let (contact, organisation) = (row.get(0)?, row.get(1)?);
            Ok(Earlier { contact, organisation, lapsed: lapsed.unwrap_or(false), reference: row.get(3)? })
        },
    )?;
    let renewed = match earlier {
        Some(it) if it.organisation == organisation && cx.reference.is_some() && it.reference == cx.reference => {
            return stored(rows, it.contact);
        }
        Some(it) if it.organisation == organisation && it.lapsed => Some(it.contact),
        Some(_) => return refuse(ErrorKind::Conflict, "this address already has a login"),
        None => None,
    };
    let expires = micros(invitation.expires_at);
    if let Some(contact) = renewed {
        rows.change(
            "UPDATE login SET expires_at = :expires, reference = :reference
             WHERE tenant = :tenant AND contact = :contact",
            &[(":expires", &expires), (":reference", &cx.reference), (":contact", &contact)],
        )?;
        return stored(rows, contact);
    }
    room(rows, organisation, invitation.max_logins)?;
    let contact = contact(rows, organisation, &email, (&invitation.first_name, &invitation.last_name))?;
    rows.insert(
        "INSERT INTO login (contact, tenant, organisation, email, role, status, expires_at, reference)
         VALUES (:contact, :tenant, :organisation, :email, 1, 1, :expires, :reference)",
        &[
            (":contact", &contact),
            (":organisation", &organisation),
            (":email", &email),
            (":expires", &expires),
            (":reference", &cx.reference),
        ],
    )?;
    invited(rows, organisation, contact, &invitation.by, now)?;
    stored(rows, contact)
}

/// Keeps that there is a new login.
pub(super) fn invited(rows: &Rows<'_>, organisation: i64, contact: i64, by: &str, now: i64) -> Inner<()> {
    let change = Change { organisation, contact, before: None, after: LoginRole::Basic, by, reason: None };
    record(rows, &change, now, None)
}

/// Refuses past the number of logins that are active or pending.
fn room(rows: &Rows<'_>, organisation: i64, most: Option<u32>) -> Inner<()> {
    let Some(most) = most else { return Ok(()) };
    let count: Option<i64> = rows.one(
        "SELECT count(*) FROM login WHERE tenant = :tenant AND organisation = :organisation AND status <> 2",
        &[(":organisation", &organisation)],
        |row| Ok(row.get(0)?),
    )?;
    if count.unwrap_or(0) >= i64::from(most) {
        return refuse(ErrorKind::LimitReached, "the organisation's contact limit is reached");
    }
    Ok(())
}

/// The contact of that address in the organisation, or a new one.
pub(super) fn contact(rows: &Rows<'_>, organisation: i64, email: &str, (first, last): (&str, &str)) -> Inner<i64> {
    let known = rows.one(
        "SELECT key FROM contact WHERE tenant = :tenant AND organisation = :organisation AND email = :email
         ORDER BY key LIMIT 1",
        &[(":organisation", &organisation), (":email", &email)],
        |row| Ok(row.get(0)?),
    )?;
    if let Some(key) = known {
        return Ok(key);
    }
    let name = format!("{} {}", first.trim(), last.trim());
    rows.insert(
        "INSERT INTO contact (tenant, id, organisation, name, email, active)
         VALUES (:tenant, :id, :organisation, :name, :email, 1)",
        &[
            (":id", &format!("CT-{:06}", rows.next("contact")?)),
            (":organisation", &organisation),
            (":name", &name.trim()),
            (":email", &email),
        ],
    )
}

struct Change<'a> {
    organisation: i64,
    contact: i64,
    before: Option<LoginRole>,
    after: LoginRole,
    by: &'a str,
    reason: Option<&'a str>,
}

fn record(rows: &Rows<'_>, change: &Change<'_>, now: i64, reference: Option<&str>) -> Inner<()> {
    rows.insert(
        "INSERT INTO role_change (tenant, organisation, contact, before, after, by, reason, at, reference)
         VALUES (:tenant, :organisation, :contact, :before, :after, :by, :reason, :now, :reference)",
        &[
            (":organisation", &change.organisation),
            (":contact", &change.contact),
            (":before", &change.before.map(crate::convert::role_number)),
            (":after", &crate::convert::role_number(change.after)),
            (":by", &change.by),
            (":reason", &change.reason),
            (":now", &now),
            (":reference", &reference),
        ],
    )?;
    Ok(())
}

/// A login of an organisation: its contact's key, name, whether it is lead, whether it is active.
fn member(rows: &Rows<'_>, organisation: i64, contact: &ContactId) -> Inner<Option<(i64, String, bool, bool)>> {
    rows.one(
        "SELECT l.contact, c.name, l.role = 0, l.status = 0 FROM login l JOIN contact c ON c.key = l.contact
         WHERE l.tenant = :tenant AND l.organisation = :organisation AND c.id = :id",
        &[(":organisation", &organisation), (":id", &contact.as_str())],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )
}

fn transfer_lead(rows: &Rows<'_>, cx: &CallCx, transfer: &LeadTransfer) -> Inner<Owned<Login>> {
    let Some(organisation) = organisation_in_reach(rows, &cx.reach, &transfer.organisation)? else {
        return Err(Error::not_found("organisation").into());
    };
    let from = member(rows, organisation, &transfer.from)?;
    let to = member(rows, organisation, &transfer.to)?;
    if let (Some(reference), Some((key, ..))) = (&cx.reference, &to) {
        let earlier = rows.one(
            "SELECT 1 FROM role_change
             WHERE tenant = :tenant AND reference = :reference AND contact = :contact AND after = 0",
            &[(":reference", reference), (":contact", key)],
            |_| Ok(()),
        )?;
        if earlier.is_some() {
            return stored(rows, *key);
        }
    }
    let Some((from, from_name, true, _)) = from else {
        return refuse(ErrorKind::Conflict, "the lead has changed meanwhile; list the contacts again");
    };
    let (to, to_name) = match to {
        Some((to, name, false, true)) => (to, name),
        Some(_) | None => {
            return refuse(
                ErrorKind::InvalidArgument,
                "the new lead must be another active contact of the organisation",
            );
        }
    };
    // The old lead first: an organisation never has two.
    for (contact, role) in [(from, LoginRole::Basic), (to, LoginRole::Lead)] {
        rows.change(
            "UPDATE login SET role = :role WHERE tenant = :tenant AND contact = :contact",
            &[(":role", &crate::convert::role_number(role)), (":contact", &contact)],
        )?;
    }
    let now = micros(Timestamp::now());
    let told = [
        (from, LoginRole::Lead, LoginRole::Basic, format!("You handed the lead role to {to_name}.")),
        (to, LoginRole::Basic, LoginRole::Lead, format!("{from_name} handed the lead role to you.")),
    ];
    for (contact, before, after, text) in told {
        let reason = transfer.reason.as_deref();
        let change = Change { organisation, contact, before: Some(before), after, by: &from_name, reason };
        record(rows, &change, now, cx.reference.as_deref())?;
        rows.insert(
            "INSERT INTO notification (tenant, contact, text, at) VALUES (:tenant, :contact, :text, :now)",
            &[(":contact", &contact), (":text", &text), (":now", &now)],
        )?;
    }
    stored(rows, to)
}
