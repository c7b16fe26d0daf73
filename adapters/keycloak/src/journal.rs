//! What Postern did to a user, kept in an attribute of that user: the history that Keycloak has no place for, and the
//! reference by which a write is found again.
//!
//! A write opens its entry before it changes anything and closes it when all is done, so that the same write, sent again,
//! knows whether it was there before and how far it came. Open entries are no history.

use crate::wire::UserRow;
use jiff::Timestamp;
use postern_api::{AccessEventKind, CallCx, LoginRole, Op};
use serde::{Deserialize, Serialize};

/// The attribute.
pub(crate) const JOURNAL: &str = "postern_journal";
/// The attribute that says when an invitation ends, in seconds since 1970.
pub(crate) const INVITED_UNTIL: &str = "postern_invited_until";

/// Entries that are kept; the oldest go first.
const KEPT: usize = 24;
/// The longest entry: Keycloak takes 2048 characters in an attribute's value.
const LONGEST: usize = 2_000;

/// One thing that Postern did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// When, in microseconds since 1970.
    pub(crate) at: i64,
    /// The operation's name.
    pub(crate) op: String,
    /// The call's reference.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    /// Begun and not known to be done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) open: bool,
    pub(crate) kind: AccessEventKind,
    pub(crate) by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    /// The role before, of a change of lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<LoginRole>,
    /// The role after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<LoginRole>,
    /// For which organisation, of an invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) of: Option<String>,
}

/// How far a write came that was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Earlier {
    /// It was not there.
    None,
    /// It began.
    Open,
    /// It is done.
    Done,
}

impl Entry {
    /// An open entry for a call.
    pub(crate) fn open(cx: &CallCx, op: Op, kind: AccessEventKind, by: &str) -> Self {
        let (at, by) = (Timestamp::now().as_microsecond(), cut(by, 200));
        let (op, reference) = (op.name().to_owned(), cx.reference.clone());
        Self { at, op, reference, open: true, kind, by, detail: None, from: None, to: None, of: None }
    }

    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    pub(crate) fn roles(mut self, from: Option<LoginRole>, to: LoginRole) -> Self {
        (self.from, self.to) = (from, Some(to));
        self
    }

    fn is_of(&self, op: Op, reference: &str) -> bool {
        self.op == op.name() && self.reference.as_deref() == Some(reference)
    }

    /// As it is kept; a long detail is shortened until it fits.
    fn text(&self) -> Option<String> {
        let mut entry = self.clone();
        loop {
            let text = serde_json::to_string(&entry).ok()?;
            if text.encode_utf16().count() <= LONGEST {
                return Some(text);
            }
            let detail = entry.detail.take().filter(|it| it.chars().count() > 1)?;
            entry.detail = Some(cut(&detail, detail.chars().count() / 2));
        }
    }
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// Every entry that can be read, oldest first.
pub(crate) fn entries(user: &UserRow) -> Vec<Entry> {
    let kept = user.attributes.get(JOURNAL).map(Vec::as_slice).unwrap_or_default();
    let mut entries: Vec<Entry> = kept.iter().filter_map(|it| serde_json::from_str(it).ok()).collect();
    entries.sort_by_key(|it| it.at);
    entries
}

/// The entry of this call's write, where it was there before.
pub(crate) fn find(user: &UserRow, cx: &CallCx, op: Op) -> Option<Entry> {
    let reference = cx.reference.as_deref()?;
    entries(user).into_iter().rfind(|it| it.is_of(op, reference))
}

/// The attribute's values for a new user.
pub(crate) fn alone(entry: &Entry) -> Vec<String> {
    entry.text().into_iter().collect()
}

/// How far this call's write came before.
pub(crate) fn earlier(user: &UserRow, cx: &CallCx, op: Op) -> Earlier {
    match find(user, cx, op) {
        Some(entry) if entry.open => Earlier::Open,
        Some(_) => Earlier::Done,
        None => Earlier::None,
    }
}

/// Keeps an entry, in the place of one of the same write.
pub(crate) fn keep(user: &mut UserRow, entry: &Entry) {
    let mut all = entries(user);
    all.retain(|it| !same(it, entry));
    all.push(entry.clone());
    write(user, &all);
}

/// Keeps that it is done.
pub(crate) fn close(user: &mut UserRow, entry: &Entry) {
    keep(user, &Entry { open: false, ..entry.clone() });
}

fn same(a: &Entry, b: &Entry) -> bool {
    (a.at, &a.op, &a.reference) == (b.at, &b.op, &b.reference)
        || a.reference.is_some() && (&a.op, &a.reference) == (&b.op, &b.reference)
}

fn write(user: &mut UserRow, all: &[Entry]) {
    let newest = all.get(all.len().saturating_sub(KEPT)..).unwrap_or_default();
    user.attributes.insert(JOURNAL.to_owned(), newest.iter().filter_map(Entry::text).collect());
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_api::Reach;
    use std::collections::BTreeMap;
    use std::time::Duration;

    fn user() -> UserRow {
        UserRow {
            id: "i".into(),
            username: "u".into(),
            email: None,
            first_name: None,
            last_name: None,
            enabled: true,
            totp: None,
            attributes: BTreeMap::new(),
            required_actions: vec![],
        }
    }

    fn cx(reference: &str) -> CallCx {
        let cx = CallCx::new(Reach::Tenant, Duration::from_secs(1));
        CallCx { reference: Some(reference.into()), ..cx }
    }

    fn entry(cx: &CallCx) -> Entry {
        Entry::open(cx, Op::AccessReset, AccessEventKind::Reset, "Ada")
    }

    #[test]
    fn a_write_is_found_by_its_reference_and_only_as_what_it_was() {
        let (mut user, mine) = (user(), cx("gw:1"));
        assert_eq!(earlier(&user, &mine, Op::AccessReset), Earlier::None);
        let entry = entry(&mine);
        keep(&mut user, &entry);
        assert_eq!(earlier(&user, &mine, Op::AccessReset), Earlier::Open);
        close(&mut user, &entry);
        assert_eq!(earlier(&user, &mine, Op::AccessReset), Earlier::Done);
        assert_eq!(entries(&user).len(), 1, "closing replaces the open entry");
        assert_eq!(earlier(&user, &mine, Op::AccessChange), Earlier::None);
        assert_eq!(earlier(&user, &cx("gw:2"), Op::AccessReset), Earlier::None);
    }

    #[test]
    fn an_entry_fits_into_an_attribute_and_the_oldest_go_first() {
        let mut user = user();
        for nth in 0..40 {
            let it = entry(&cx(&format!("gw:{nth}"))).detail("\"\u{1f511}".repeat(3_000));
            keep(&mut user, &Entry { at: nth, ..it });
        }
        let kept = user.attributes.get(JOURNAL).expect("a journal");
        assert_eq!(kept.len(), KEPT);
        assert!(kept.iter().all(|it| it.encode_utf16().count() <= 2_048));
        let first = entries(&user).into_iter().next().expect("an entry");
        assert_eq!(first.at, 40 - i64::try_from(KEPT).expect("small"));
    }

    #[test]
    fn what_others_wrote_into_the_attribute_is_no_entry() {
        let mut user = user();
        user.attributes.insert(JOURNAL.into(), vec!["{\"at\":1}".into(), "x".into()]);
        assert!(entries(&user).is_empty());
    }
}
