//! Whose portal a call is about, and pages of it that hold nothing of anybody else's.

use crate::tools::cx::Port;
use crate::tools::refusal::missing;
use crate::tools::support::view::Pagination;
use crate::tools::{Code, Refusal, ToolCx};
use postern_api::{ExternalId, OrganisationId, Owned, Page};
use postern_policies::Realm;

/// Whether a customer asks.
pub(super) fn is_customer(cx: &ToolCx) -> bool {
    match cx.caller.realm {
        Realm::Customer => true,
        Realm::Employee => false,
    }
}

/// What is for employees alone, whatever the policies say.
pub(super) fn staff_only(cx: &ToolCx) -> Result<(), Refusal> {
    if is_customer(cx) {
        return Err(Refusal::new(Code::AccessDenied, "this is for the service provider's employees"));
    }
    Ok(())
}

/// A customer's own organisation, whatever is named; for an employee the one that is named and in reach.
pub(super) fn whose<'a>(cx: &'a ToolCx, named: Option<&'a OrganisationId>) -> Result<&'a OrganisationId, Refusal> {
    if is_customer(cx) {
        let own = cx.organisation()?;
        return match named {
            Some(named) if named != own => Err(missing(Code::OrganizationNotFound)),
            Some(_) | None => Ok(own),
        };
    }
    named.ok_or_else(|| Refusal::argument("customer_id", "expected the customer's organization ID"))
}

/// The organisation that a call is about, in our words and in this system's.
pub(super) fn located<P: ?Sized>(
    cx: &ToolCx,
    port: &Port<'_, P>,
    named: Option<&OrganisationId>,
) -> Result<(OrganisationId, ExternalId), Refusal> {
    let ours = whose(cx, named)?;
    if is_customer(cx) {
        return Ok((ours.clone(), port.own()?));
    }
    let external = port.external(ours).ok_or_else(|| missing(Code::OrganizationNotFound))?;
    cx.findings.lock().organisations.insert(ours.clone());
    Ok((ours.clone(), external))
}

/// The rows of one organisation, opened: also an employee who reaches many gets one customer's rows and no other's.
pub(super) fn admitted<T, P: ?Sized>(port: &Port<'_, P>, ours: &OrganisationId, rows: Vec<Owned<T>>) -> Vec<T> {
    let rows = rows.into_iter().filter_map(|row| port.admit(row));
    rows.filter(|it| it.organisation.as_ref() == Some(ours)).map(|it| it.record).collect()
}

/// Says that a page is not all.
pub(super) const MORE: &str = "Results truncated. Use pagination to see more.";

/// Rows that are looked through at most where the gateway itself decides which of them count.
const MOST: u32 = 1_000;
const STEP: u32 = 200;

/// A walk through the pages of a query.
///
/// Where the system can be asked for exactly what is wanted, it is one page. Where rows are left out here, as for every customer,
/// all are looked through first, so that neither a total nor a gap tells of what was left out.
#[derive(Debug)]
pub(super) struct Walk<T> {
    whole: bool,
    limit: u32,
    offset: u32,
    /// Where the next page begins; `None`: there is none.
    next: Option<u32>,
    rows: Vec<(OrganisationId, T)>,
    total: u64,
    cut: bool,
}

impl<T> Walk<T> {
    /// A walk for one page of the answer.
    pub(super) fn new(whole: bool, limit: u32, offset: u32) -> Self {
        let next = Some(if whole { 0 } else { offset });
        Self { whole, limit, offset, next, rows: Vec::new(), total: 0, cut: false }
    }

    /// Offset and limit of what to ask for next.
    pub(super) fn next(&self) -> Option<(u32, u32)> {
        Some((self.next?, if self.whole { STEP } else { self.limit }))
    }

    /// Takes a page: rows in reach, of the organisation that is asked for, that `keep` lets through.
    pub(super) fn take<P: ?Sized>(
        &mut self,
        port: &Port<'_, P>,
        ours: Option<&OrganisationId>,
        page: Page<Owned<T>>,
        keep: impl Fn(&T) -> bool,
    ) {
        let asked = page.rows.len();
        let (total, truncated) = (page.total, page.truncated);
        let rows = port.page(page).rows.into_iter().filter_map(|it| Some((it.organisation?, it.record)));
        let before = self.rows.len();
        self.rows.extend(rows.filter(|(owner, it)| ours.is_none_or(|ours| owner == ours) && keep(it)));
        let end = self.next.take().unwrap_or(0).saturating_add(u32::try_from(asked).unwrap_or(u32::MAX));
        if !self.whole {
            let dropped = asked.saturating_sub(self.rows.len() - before) as u64;
            self.total = total.saturating_sub(dropped);
            self.cut = truncated;
        } else if asked > 0 && u64::from(end) < total {
            if end < MOST { self.next = Some(end) } else { self.cut = true }
        } else {
            self.cut |= truncated;
        }
    }

    /// Every row that was kept, in order.
    pub(super) fn rows_mut(&mut self) -> &mut Vec<(OrganisationId, T)> {
        &mut self.rows
    }

    /// The rows of the page that was asked for, where it stands in the whole, and whether there is more.
    pub(super) fn done(self) -> (Vec<(OrganisationId, T)>, Pagination, bool) {
        let Self { whole, limit, offset, mut rows, mut total, cut, .. } = self;
        if whole {
            total = rows.len() as u64;
            rows = rows.into_iter().skip(offset as usize).take(limit as usize).collect();
        }
        let pagination = Pagination::new(total, limit, offset, rows.len());
        let more = pagination.has_more() || cut;
        (rows, pagination, more)
    }
}

/// One page of rows that are all there.
pub(super) fn paged<T>(rows: Vec<T>, limit: u32, offset: u32) -> (Vec<T>, Pagination, bool) {
    let total = rows.len() as u64;
    let rows: Vec<T> = rows.into_iter().skip(offset as usize).take(limit as usize).collect();
    let pagination = Pagination::new(total, limit, offset, rows.len());
    let more = pagination.has_more();
    (rows, pagination, more)
}
