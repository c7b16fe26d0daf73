//! What portal users did and what was done to them: Postern's own journal, the realm's login events, and the changes of other
//! administrators. What an event carries beside its kind, time, user and address is not read.

use crate::adapter::Keycloak;
use crate::journal;
use crate::wire::{AdminEventRow, EventRow, UserRow, time};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use postern_api::{AccessEvent, AccessEventKind, AccessEventQuery, CallCx, ContactId, Owned, Owner, Result, Text};

/// Users whose events are asked for at once.
const AT_ONCE: usize = 6;
/// The most events of one answer.
const MOST: u32 = 200;

/// The realm's event types that mean something here, and what. Keycloak answers an unknown one with 500.
const TYPES: [(&str, AccessEventKind, &str); 10] = [
    ("LOGIN", AccessEventKind::Login, ""),
    ("LOGIN_ERROR", AccessEventKind::LoginFailed, ""),
    ("USER_DISABLED_BY_PERMANENT_LOCKOUT", AccessEventKind::LoginFailed, "locked after failed tries"),
    ("USER_DISABLED_BY_TEMPORARY_LOCKOUT", AccessEventKind::LoginFailed, "locked for a while after failed tries"),
    ("LOGOUT", AccessEventKind::Other, "signed out"),
    ("UPDATE_PASSWORD", AccessEventKind::Other, "set a new password"),
    ("UPDATE_TOTP", AccessEventKind::Other, "set up a second factor"),
    ("REMOVE_TOTP", AccessEventKind::Other, "removed a second factor"),
    ("VERIFY_EMAIL", AccessEventKind::Other, "confirmed the e-mail address"),
    ("RESET_PASSWORD", AccessEventKind::Other, "asked for a new password"),
];

impl Keycloak {
    pub(crate) async fn list_events(&self, cx: &CallCx, query: &AccessEventQuery) -> Result<Vec<Owned<AccessEvent>>> {
        let own = Owner::Organisation(query.organisation.clone());
        let users = self.users_of(cx, &query.organisation).await?.into_iter().filter(|it| it.owner == own);
        let users = users
            .map(|it| it.user)
            .filter(|it| query.user.as_ref().is_none_or(|wanted| it.id.eq_ignore_ascii_case(wanted.as_str())));
        let found = stream::iter(users).map(|user| self.events_of(cx, query, user));
        let found: Vec<Vec<AccessEvent>> = found.buffered(AT_ONCE).try_collect().await?;
        let mut events: Vec<AccessEvent> = found.into_iter().flatten().collect();
        events.retain(|it| query.since.is_none_or(|since| it.at >= since));
        events.retain(|it| query.kinds.is_empty() || query.kinds.contains(&it.kind));
        events.sort_by_key(|it| std::cmp::Reverse(it.at));
        events.truncate(query.limit.min(MOST) as usize);
        Ok(events.into_iter().map(|it| Owned::new(own.clone(), it)).collect())
    }

    async fn events_of(&self, cx: &CallCx, query: &AccessEventQuery, user: UserRow) -> Result<Vec<AccessEvent>> {
        let Some(contact) = user.contact() else { return Ok(vec![]) };
        let mut events = Vec::new();
        for entry in journal::entries(&user).into_iter().filter(|it| !it.open) {
            let Ok(at) = Timestamp::from_microsecond(entry.at) else { continue };
            let it = event(at, entry.kind, (&user, &contact));
            events.push(AccessEvent { by: Some(entry.by), detail: entry.detail.map(Text::new), ..it });
        }
        if !self.config.events {
            return Ok(events);
        }
        let realm = self.realm(cx).await?;
        let types: Vec<_> = TYPES.iter().filter(|it| query.kinds.is_empty() || query.kinds.contains(&it.1)).collect();
        if realm.events_enabled != Some(false) && !types.is_empty() {
            let mut pairs = vec![("user", user.id.clone()), ("max", query.limit.min(MOST).to_string())];
            pairs.extend(types.iter().map(|it| ("type", it.0.to_owned())));
            pairs.extend(query.since.map(|it| ("dateFrom", day_before(it))));
            let rows: Vec<EventRow> = self.client.get(cx, &["events"], &pairs, "events").await?;
            for row in rows.into_iter().filter(|it| it.user_id.as_deref() == Some(&user.id)) {
                let meant = TYPES.iter().find(|it| it.0 == row.kind);
                let (Some((_, kind, detail)), Some(at)) = (meant, time(row.time)) else { continue };
                let it = event(at, *kind, (&user, &contact));
                let detail = (!detail.is_empty()).then(|| Text::from(*detail));
                events.push(AccessEvent { address: row.ip_address, detail, ..it });
            }
        }
        if realm.admin_events_enabled == Some(true) {
            self.others_changes(cx, query, (&user, &contact), &mut events).await?;
        }
        Ok(events)
    }

    /// What other administrators changed at a user. Postern's own changes are in the journal.
    async fn others_changes(
        &self,
        cx: &CallCx,
        query: &AccessEventQuery,
        (user, contact): (&UserRow, &ContactId),
        events: &mut Vec<AccessEvent>,
    ) -> Result<()> {
        let mine = self.own_account(cx).await?;
        let mut pairs =
            vec![("resourcePath", format!("users/{}*", user.id)), ("max", query.limit.min(MOST).to_string())];
        pairs.extend(query.since.map(|it| ("dateFrom", day_before(it))));
        let rows: Vec<AdminEventRow> = self.client.get(cx, &["admin-events"], &pairs, "events").await?;
        for row in rows.into_iter().filter(|it| mine.is_none() || it.auth_details.user_id != mine) {
            let below = row.resource_path.strip_prefix("users/").and_then(|it| it.strip_prefix(user.id.as_str()));
            let (Some(below), Some(at)) = (below.filter(|it| it.is_empty() || it.starts_with('/')), time(row.time))
            else {
                continue;
            };
            let (kind, detail) = meaning(&row.resource_type, &row.operation_type, below);
            let it = event(at, kind, (user, contact));
            let by = Some("an administrator of the directory".to_owned());
            events.push(AccessEvent { address: row.auth_details.ip_address, by, detail: Some(detail.into()), ..it });
        }
        Ok(())
    }

    /// The id of Postern's own service account.
    async fn own_account(&self, cx: &CallCx) -> Result<Option<String>> {
        if let Some(known) = self.own.lock().clone() {
            return Ok(Some(known));
        }
        let name = format!("service-account-{}", self.config.client_id).to_lowercase();
        let query = [("username", name.clone()), ("exact", "true".to_owned())];
        let found = self.client.users(cx, &["users"], &query, "users").await?;
        let found = found.into_iter().find(|it| it.username == name).map(|it| it.id);
        self.own.lock().clone_from(&found);
        Ok(found)
    }
}

fn event(at: Timestamp, kind: AccessEventKind, (user, contact): (&UserRow, &ContactId)) -> AccessEvent {
    let (user, email) = (Some(contact.clone()), Some(user.address()));
    AccessEvent { at, kind, user, email, by: None, address: None, detail: None }
}

/// What a change by another administrator was.
fn meaning(resource: &str, operation: &str, below: &str) -> (AccessEventKind, &'static str) {
    match (resource, operation, below) {
        ("REALM_ROLE_MAPPING" | "CLIENT_ROLE_MAPPING", _, _) => (AccessEventKind::RoleChange, "roles changed"),
        (_, "ACTION", "/execute-actions-email") => (AccessEventKind::Reset, "sent a link"),
        (_, "ACTION", "/reset-password") => (AccessEventKind::Reset, "password set"),
        (_, "ACTION", "/logout") => (AccessEventKind::Reset, "sessions ended"),
        (_, "DELETE", it) if it.starts_with("/credentials/") => (AccessEventKind::Reset, "credential removed"),
        ("USER", "CREATE", "") => (AccessEventKind::Invitation, "login made"),
        ("USER", "UPDATE", "") => (AccessEventKind::Other, "login changed"),
        _ => (AccessEventKind::Other, "something changed"),
    }
}

/// The day before, as Keycloak takes it: its days begin in its own zone.
fn day_before(since: Timestamp) -> String {
    let day = since.to_zoned(jiff::tz::TimeZone::UTC).date();
    day.yesterday().unwrap_or(day).to_string()
}
