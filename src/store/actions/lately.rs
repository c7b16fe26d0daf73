//! What a person asked for by one write within a day, added up from an index.

use crate::caller::Principal;
use crate::govern::action::{ActionId, Beside, COUNTED, sha256};
use crate::store::Database;
use crate::store::sqlite::failed;
use jiff::{SignedDuration, Timestamp};
use postern_api::{Result, TenantId};
use postern_policies::Lately;
use rusqlite::params;

/// How many requests are added up; of more nobody says that they are few.
const MOST: u32 = 10_000;
/// The most that one request counts for, so that [`MOST`] of them can be added up.
const MOST_OF_ONE: u64 = 100_000_000_000_000;

/// The same arguments are the same digest.
pub(super) fn arguments(text: &str) -> String {
    sha256(text.as_bytes())
}

/// A number as it is kept.
pub(super) fn bounded(number: u64) -> i64 {
    i64::try_from(number.min(MOST_OF_ONE)).unwrap_or_default()
}

pub(super) fn read(
    database: &Database,
    tenant: &TenantId,
    principal: &Principal,
    tool: &str,
    beside: Beside<'_>,
    now: Timestamp,
) -> Result<Lately> {
    let window = SignedDuration::try_from(COUNTED).unwrap_or_default();
    let since = now.checked_sub(window).unwrap_or(Timestamp::MIN);
    let (id, new) = match beside {
        Beside::Kept(id) => (ActionId::as_str(id), None),
        Beside::New(text) => ("", Some(arguments(text))),
    };
    let reader = database.reader();
    let mut statement = reader
        .prepare_cached(
            "SELECT count(*), coalesce(sum(recipients), 0), coalesce(sum(amount), 0) FROM (
                SELECT recipients, amount FROM action_request
                WHERE tenant = ?1 AND issuer = ?2 AND subject = ?3 AND tool = ?4 AND created_at > ?5 AND id <> ?6
                    AND (recipients > 0 OR amount > 0)
                    AND (state IN ('executing', 'unknown', 'done') OR expires_at > ?7 AND (state = 'approved'
                        OR state IN ('previewed', 'pending_approval') AND arguments IS NOT
                            coalesce(?8, (SELECT arguments FROM action_request WHERE tenant = ?1 AND id = ?6))))
                LIMIT ?9)",
        )
        .map_err(failed)?;
    let bound = params![
        tenant.as_str(),
        &*principal.issuer,
        &*principal.subject,
        tool,
        since.as_millisecond(),
        id,
        now.as_millisecond(),
        new,
        MOST + 1
    ];
    let (count, recipients, amount): (u32, i64, i64) =
        statement.query_row(bound, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).map_err(failed)?;
    let many = |it: i64| u64::try_from(it).unwrap_or(u64::MAX);
    Ok(if count > MOST { Lately::MOST } else { Lately { recipients: many(recipients), amount: many(amount) } })
}
