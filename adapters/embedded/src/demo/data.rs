//! What the demo's records are written in.

use postern_api::{LoginRole, LoginStatus, Priority, TicketStatus};

/// One organisation, its people and its cases.
pub(super) struct Customer {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) domain: &'static str,
    pub(super) tier: &'static str,
    pub(super) sla: &'static str,
    pub(super) tickets_per_month: u32,
    pub(super) contacts: u32,
    pub(super) response_hours: u32,
    pub(super) resolution_hours: u32,
    pub(super) people: &'static [Person],
    pub(super) cases: &'static [Case],
}

/// Somebody at a customer.
pub(super) struct Person {
    pub(super) local: &'static str,
    pub(super) name: &'static str,
    pub(super) phone: &'static str,
    pub(super) title: &'static str,
    pub(super) login: Option<(LoginRole, LoginStatus)>,
    pub(super) notes: Option<&'static str>,
}

pub(super) const LEAD: Option<(LoginRole, LoginStatus)> = Some((LoginRole::Lead, LoginStatus::Active));
pub(super) const BASIC: Option<(LoginRole, LoginStatus)> = Some((LoginRole::Basic, LoginStatus::Active));
pub(super) const INVITED: Option<(LoginRole, LoginStatus)> = Some((LoginRole::Basic, LoginStatus::Pending));
pub(super) const GONE: Option<(LoginRole, LoginStatus)> = Some((LoginRole::Basic, LoginStatus::Disabled));

/// Something that was said on a ticket: by whom (their place among the staff or the customer's people), how many minutes
/// after the ticket was created, what.
pub(super) enum Line {
    Agent(usize, i64, &'static str),
    Note(usize, i64, &'static str),
    Customer(usize, i64, &'static str),
}

/// Places among the staff.
pub(super) const MARCUS: usize = 1;
pub(super) const SOFIA: usize = 3;
pub(super) const LEO: usize = 6;

/// One ticket.
pub(super) struct Case {
    pub(super) who: usize,
    pub(super) subject: &'static str,
    pub(super) text: &'static str,
    pub(super) status: TicketStatus,
    pub(super) priority: Priority,
    pub(super) category: &'static str,
    pub(super) private: bool,
    pub(super) hours_ago: i64,
    pub(super) agent: Option<usize>,
    pub(super) talk: &'static [Line],
    pub(super) resolution: Option<&'static str>,
    pub(super) breach: Option<&'static str>,
    /// Target, reason, by whom, minutes after the beginning.
    pub(super) escalations: &'static [(&'static str, &'static str, &'static str, i64)],
    /// Name, media type, bytes, for employees only.
    pub(super) files: &'static [(&'static str, &'static str, i64, bool)],
}

impl Case {
    /// When it was created, in minutes before the demo's beginning. The odd minutes keep two cases apart.
    pub(super) fn minutes_ago(&self) -> i64 {
        let odd = i64::try_from(self.subject.len()).unwrap_or(0) % 53;
        self.hours_ago * 60 + odd
    }
}

/// What most cases are.
pub(super) const CASE: Case = Case {
    who: 1,
    subject: "",
    text: "",
    status: TicketStatus::Open,
    priority: Priority::Medium,
    category: "General",
    private: false,
    hours_ago: 1,
    agent: Some(MARCUS),
    talk: &[],
    resolution: None,
    breach: None,
    escalations: &[],
    files: &[],
};
