//! Portal users, their roles, and what they did: reading.

use crate::convert::{
    from_json, id, json, login_status, micros, named, owner, some_id, some_text, some_time, time, words,
};
use crate::fail::Result;
use crate::filter::{Filter, MOST};
use crate::rows::Rows;
use postern_api::*;
use rusqlite::Row;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT o.id, c.id, c.name, l.email, l.status, l.locked, l.two_factor, l.last_login, l.expires_at,
             (SELECT json_group_array(id) FROM (SELECT r.id FROM login_role g JOIN access_role r ON r.key = g.role
              WHERE g.contact = l.contact ORDER BY r.id))
             FROM login l JOIN contact c ON c.key = l.contact JOIN organisation o ON o.key = l.organisation
             WHERE l.tenant = :tenant",
            $rest
        )
    };
}

/// The users of one organisation, by its key.
pub(super) fn list(rows: &Rows<'_>, organisation: i64) -> Result<Vec<Owned<PortalUser>>> {
    let sql = select!(" AND l.organisation = :organisation ORDER BY l.email");
    rows.all(sql, &[(":organisation", &organisation)], user)
}

/// One user, by the key of the contact.
pub(super) fn stored(rows: &Rows<'_>, contact: i64) -> Result<Owned<PortalUser>> {
    let found = rows.one(select!(" AND l.contact = :contact"), &[(":contact", &contact)], user)?;
    found.ok_or_else(|| Error::internal("a portal user is gone").into())
}

fn user(row: &Row<'_>) -> Result<Owned<PortalUser>> {
    let record = PortalUser {
        id: id(row, 1, ContactId::new)?,
        name: row.get(2)?,
        email: row.get(3)?,
        roles: from_json(row, 9)?,
        status: login_status(row, 4)?,
        locked: row.get(5)?,
        two_factor: row.get(6)?,
        last_login: some_time(row, 7)?,
        expires_at: some_time(row, 8)?,
    };
    Ok(Owned::new(owner(row, 0)?, record))
}

/// Every role, by name.
pub(super) fn roles(rows: &Rows<'_>) -> Result<Vec<AccessRole>> {
    rows.all(
        "SELECT id, name, rights, is_default, internal FROM access_role WHERE tenant = :tenant
         ORDER BY name COLLATE NOCASE, id",
        &[],
        |row| {
            Ok(AccessRole {
                id: id(row, 0, AccessRoleId::new)?,
                name: row.get(1)?,
                rights: from_json(row, 2)?,
                is_default: row.get(3)?,
                internal: row.get(4)?,
            })
        },
    )
}

/// The keys of roles that a customer may have. Unknown ones and the MSP's own are refused.
pub(crate) fn grantable(rows: &Rows<'_>, roles: &[AccessRoleId]) -> Result<Vec<i64>> {
    let mut keys = Vec::with_capacity(roles.len());
    for role in roles {
        let key: Option<i64> = rows.one(
            "SELECT key FROM access_role WHERE tenant = :tenant AND id = :id AND internal = 0",
            &[(":id", &role.as_str())],
            |row| Ok(row.get(0)?),
        )?;
        keys.push(key.ok_or_else(|| {
            Error::new(ErrorKind::InvalidArgument, "a role is unknown or not for customers; list the access roles")
        })?);
    }
    keys.sort_unstable();
    keys.dedup();
    Ok(keys)
}

/// How people sign in; what nobody set is not said.
pub(super) fn policy(rows: &Rows<'_>) -> Result<AuthPolicy> {
    let found = rows.one(
        "SELECT password_min_length, two_factor_required, reset_expires_secs, invitation_expires_secs, lockout_after,
         lockout_secs, session_idle_secs, session_max_secs FROM auth_policy WHERE tenant = :tenant",
        &[],
        |row| {
            Ok(AuthPolicy {
                password_min_length: row.get(0)?,
                two_factor_required: row.get(1)?,
                reset_expires_secs: some_secs(row, 2)?,
                invitation_expires_secs: some_secs(row, 3)?,
                lockout_after: row.get(4)?,
                lockout_secs: some_secs(row, 5)?,
                session_idle_secs: some_secs(row, 6)?,
                session_max_secs: some_secs(row, 7)?,
            })
        },
    )?;
    Ok(found.unwrap_or_default())
}

fn some_secs(row: &Row<'_>, column: usize) -> Result<Option<u64>> {
    Ok(row.get::<_, Option<u32>>(column)?.map(u64::from))
}

/// Something that happened to a login, to be kept.
pub(super) struct Event<'a> {
    pub(super) organisation: i64,
    pub(super) contact: i64,
    pub(super) kind: AccessEventKind,
    pub(super) by: &'a str,
    pub(super) detail: String,
    pub(super) at: i64,
}

pub(super) fn happened(rows: &Rows<'_>, event: &Event<'_>) -> Result<()> {
    rows.insert(
        "INSERT INTO access_event (tenant, organisation, contact, kind, email, by, detail, at)
         SELECT :tenant, :organisation, contact, :kind, email, :by, :detail, :at FROM login
         WHERE tenant = :tenant AND contact = :contact",
        &[
            (":organisation", &event.organisation),
            (":contact", &event.contact),
            (":kind", &crate::convert::word(&event.kind)?),
            (":by", &event.by),
            (":detail", &event.detail),
            (":at", &event.at),
        ],
    )?;
    Ok(())
}

/// What happened in one organisation, by its key, newest first.
pub(super) fn events(rows: &Rows<'_>, organisation: i64, query: &AccessEventQuery) -> Result<Vec<Owned<AccessEvent>>> {
    let mut filter = Filter::default();
    filter.only("e.organisation", ":organisation", Some(organisation));
    filter.only("c.id", ":user", query.user.as_ref().map(|it| it.as_str().to_owned()));
    filter.one_of("e.kind", ":kinds", &words(&query.kinds)?);
    if let Some(since) = query.since {
        filter.and("e.at >= :since");
        filter.bind(":since", micros(since));
    }
    let sql = format!(
        "SELECT o.id, e.at, e.kind, c.id, e.email, e.by, e.address, e.detail
         FROM access_event e JOIN organisation o ON o.key = e.organisation LEFT JOIN contact c ON c.key = e.contact
         WHERE e.tenant = :tenant{} ORDER BY e.at DESC, e.key DESC LIMIT :limit",
        filter.sql()
    );
    filter.bind(":limit", query.limit.min(MOST));
    rows.all(&sql, &filter.params(), |row| {
        let record = AccessEvent {
            at: time(row, 1)?,
            kind: named(row, 2)?,
            user: some_id(row, 3, ContactId::new)?,
            email: row.get(4)?,
            by: row.get(5)?,
            address: row.get(6)?,
            detail: some_text(row, 7)?,
        };
        Ok(Owned::new(owner(row, 0)?, record))
    })
}

/// Rights as they are kept.
pub(crate) fn rights(rights: &[Right]) -> Result<String> {
    json(&rights)
}
