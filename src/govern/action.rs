//! Action requests: governed writes on their way, from a preview to one effect.
//!
//! **Invariants:** what is carried out is what was previewed, byte for byte; once; for the person who asked; and only while the
//! records, the policies and the person's rights are as they were. A request leaves each state once, whatever races.

use super::finding::Finding;
use super::lease::{Hold, Leases, Upstream};
use crate::caller::{Caller, Principal};
use jiff::Timestamp;
use postern_api::{OrganisationId, Result, TenantId};
use postern_policies::{Effect, Lately, Realm};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// How far back it is counted what a person asked for by the same write.
pub const COUNTED: Duration = Duration::from_secs(24 * 3600);

/// How long a preview can be carried out, or waits for an approval.
pub const LIFE: Duration = Duration::from_secs(24 * 3600);

/// An action request's id: `act-` and 128 random bits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^act-[0-9a-f]{32}$"))]
pub struct ActionId(String);

impl ActionId {
    /// A new one.
    pub fn fresh() -> Self {
        Self(format!("act-{}", uuid::Uuid::new_v4().simple()))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The reference by which its effect is found upstream.
    pub fn reference(&self) -> String {
        format!("gw:{}", self.0.trim_start_matches("act-"))
    }
}

impl TryFrom<String> for ActionId {
    type Error = &'static str;
    fn try_from(text: String) -> std::result::Result<Self, Self::Error> {
        let random = text.strip_prefix("act-").filter(|it| it.len() == 32);
        match random {
            Some(it) if it.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) => Ok(Self(text)),
            Some(_) | None => Err("expected an action request's id, `act-` and 32 digits"),
        }
    }
}

impl From<ActionId> for String {
    fn from(id: ActionId) -> Self {
        id.0
    }
}

impl std::fmt::Display for ActionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where an action request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Can be carried out by the requester.
    Previewed,
    /// Waits for somebody with the right.
    PendingApproval,
    /// Approved; can be carried out by the requester.
    Approved,
    /// Somebody with the right said no.
    Rejected,
    /// Not carried out in time.
    Expired,
    /// Being carried out.
    Executing,
    /// Carried out.
    Done,
    /// Refused by the connected system; nothing was changed.
    Failed,
    /// Sent, and nobody knows whether it happened.
    Unknown,
    /// Withdrawn by the requester, or dead with the grant that asked for it.
    Cancelled,
}

impl State {
    /// Every state there is.
    pub const ALL: [State; 10] = [
        State::Previewed,
        State::PendingApproval,
        State::Approved,
        State::Rejected,
        State::Expired,
        State::Executing,
        State::Done,
        State::Failed,
        State::Unknown,
        State::Cancelled,
    ];

    /// The word for it in the store, in logs and in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Previewed => "previewed",
            State::PendingApproval => "pending_approval",
            State::Approved => "approved",
            State::Rejected => "rejected",
            State::Expired => "expired",
            State::Executing => "executing",
            State::Done => "done",
            State::Failed => "failed",
            State::Unknown => "unknown",
            State::Cancelled => "cancelled",
        }
    }

    /// The state of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// Whether nothing was sent yet and it can still be carried out.
    pub fn open(self) -> bool {
        match self {
            State::Previewed | State::PendingApproval | State::Approved => true,
            State::Rejected
            | State::Expired
            | State::Executing
            | State::Done
            | State::Failed
            | State::Unknown
            | State::Cancelled => false,
        }
    }
}

/// Who asked, as the approver sees them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Requester {
    /// In which realm.
    pub realm: Realm,
    /// The name, where the token says.
    pub name: Option<String>,
    /// The e-mail address, where the token says.
    pub email: Option<String>,
    /// The client that the person used.
    pub client: Option<String>,
}

impl Requester {
    /// As the token says.
    pub fn of(caller: &Caller) -> Self {
        Self {
            realm: caller.realm,
            name: caller.name.as_deref().map(str::to_owned),
            email: caller.email.as_deref().map(str::to_owned),
            client: caller.client.as_deref().map(str::to_owned),
        }
    }
}

/// What a request holds beside its state; sealed at rest.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Content {
    /// The write's arguments, as JSON text.
    pub arguments: String,
    /// Who asked.
    pub requester: Requester,
    /// What would be done, in words, redacted for the requester.
    pub message: String,
    /// What would be done, as JSON text, redacted for the requester.
    pub data: String,
    /// What the policies were told of it.
    pub effect: Effect,
    /// The records it is about, and how each stood.
    pub targets: BTreeMap<String, String>,
    /// What the records are called that become visible, for whoever decides and may read such records; never for the requester.
    #[serde(default)]
    pub names: Vec<Named>,
}

/// What a record is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The tool that lists such records: whoever may call it may read their names.
    pub list: String,
    /// The record's id.
    pub id: String,
    /// Redacted for the requester, so it says no more to anybody else.
    pub name: String,
}

/// How a write came to be kept here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It is governed: previewed, and approved or confirmed where the policies say so.
    Governed,
    /// It was called and carried out; kept while it is under way, and for longer only where its outcome was not known.
    Direct,
}

impl Origin {
    /// The word for it in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::Governed => "governed",
            Origin::Direct => "direct",
        }
    }

    /// What a word of the store says.
    pub fn parse(word: &str) -> Option<Self> {
        [Origin::Governed, Origin::Direct].into_iter().find(|it| it.as_str() == word)
    }
}

/// An action request.
#[derive(Debug, Clone)]
pub struct ActionRequest {
    /// The id.
    pub id: ActionId,
    /// Whose tenant.
    pub tenant: TenantId,
    /// Who asked; nobody else carries it out.
    pub principal: Principal,
    /// Whose records it is about, where that is one organisation.
    pub organisation: Option<OrganisationId>,
    /// The write.
    pub tool: String,
    /// Of tenant, person, organisation, write, arguments, targets, effect and policies: SHA-256, in hex.
    pub digest: String,
    /// The caller's own key.
    pub key: Option<String>,
    /// The policies under which it was previewed.
    pub policy_version: String,
    /// Where it stands.
    pub state: State,
    /// How it came here.
    pub origin: Origin,
    /// When it was previewed.
    pub created_at: Timestamp,
    /// When it can no longer be carried out.
    pub expires_at: Timestamp,
    /// When it got to its state.
    pub changed_at: Timestamp,
    /// The authority's session that asked for it, with which it dies.
    pub session: Option<std::sync::Arc<str>>,
    /// Who approved or rejected it, in words.
    pub decided_by: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// How often it was sent.
    pub attempts: u32,
    /// How often it was looked for upstream.
    pub tries: u32,
    /// What that came to.
    pub upstream: Option<Upstream>,
    /// Whether any try got so far that something may have been sent. Without it nothing of it is upstream.
    pub let_go: bool,
    /// Whether a person has to look, since nobody can find out what happened.
    pub needs_human: bool,
    /// The rest.
    pub content: Content,
    /// The answer, as JSON text, once it is done or failed.
    pub answer: Option<String>,
}

impl ActionRequest {
    /// The digest that binds a request to what was previewed.
    pub fn digest_of(
        tenant: &TenantId,
        principal: &Principal,
        organisation: Option<&OrganisationId>,
        tool: &str,
        policy_version: &str,
        content: &Content,
    ) -> String {
        let parts = (
            tenant.as_str(),
            &*principal.issuer,
            &*principal.subject,
            organisation.map(OrganisationId::as_str),
            tool,
            policy_version,
            &content.arguments,
            &content.targets,
            &content.effect.itself(),
        );
        sha256(&serde_json::to_vec(&parts).unwrap_or_default())
    }
}

/// SHA-256, in hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
        use std::fmt::Write as _;
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Which request the others are counted beside.
#[derive(Debug, Clone, Copy)]
pub enum Beside<'a> {
    /// One that is kept.
    Kept(&'a ActionId),
    /// One with these arguments that is not kept yet.
    New(&'a str),
}

/// What an approver decided.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Yes or no.
    pub approve: bool,
    /// Who, in words.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// What waits for an approval, without what is sealed.
#[derive(Debug, Clone)]
pub struct Pending {
    /// The id.
    pub id: ActionId,
    /// Who asked.
    pub principal: Principal,
    /// In which realm they are; `None`: only the sealed content says.
    pub realm: Option<Realm>,
    /// Whose records it is about, where that is one organisation.
    pub organisation: Option<OrganisationId>,
    /// The write.
    pub tool: String,
    /// What the policies were told of it; `None`: only the sealed content says.
    pub effect: Option<Effect>,
    /// When it was previewed.
    pub created_at: Timestamp,
}

/// Where action requests are kept. Every change is one step from one state, so that of many parallel tries one gets it.
pub trait Actions: Leases {
    /// Keeps a new one. `Conflict` if this person's key is taken, or the session that asks has ended.
    fn create(&self, request: &ActionRequest) -> Result<()>;
    /// Keeps a direct write and begins it in the same step; its epoch.
    fn intend(&self, request: &ActionRequest, hold: &Hold) -> Result<u32>;
    /// One by its id, within the tenant.
    fn get(&self, tenant: &TenantId, id: &ActionId) -> Result<Option<ActionRequest>>;
    /// The newest of this person with this key.
    fn by_key(&self, tenant: &TenantId, principal: &Principal, key: &str) -> Result<Option<ActionRequest>>;
    /// The newest of this person with this digest that is open, being carried out, or unknown.
    fn by_digest(
        &self,
        tenant: &TenantId,
        principal: &Principal,
        digest: &str,
        now: Timestamp,
    ) -> Result<Option<ActionRequest>>;
    /// Approves or rejects what waits; answers whether it did.
    fn decide(&self, tenant: &TenantId, id: &ActionId, verdict: &Verdict, now: Timestamp) -> Result<bool>;
    /// Notes that somebody looked at it, and answers who else did and when, the first first.
    fn seen(&self, tenant: &TenantId, id: &ActionId, by: &Principal, name: &str) -> Result<Vec<(String, Timestamp)>>;
    /// Withdraws what is open; answers whether it did.
    fn cancel(&self, tenant: &TenantId, principal: &Principal, id: &ActionId, now: Timestamp) -> Result<bool>;
    /// Those that wait for an approval, oldest first, behind one that was seen already. Nothing is unsealed for it.
    fn waiting(&self, tenant: &TenantId, now: Timestamp, after: Option<&ActionId>, limit: u32) -> Result<Vec<Pending>>;
    /// Lets what could be carried out wait for an approval after all; answers whether it does.
    fn hold(&self, tenant: &TenantId, id: &ActionId, now: Timestamp) -> Result<bool>;
    /// What this person asked for by this write within [`COUNTED`], beside one: what was carried out or approved, and what is open,
    /// but for open previews of the very same arguments. Too many to count are [`Lately::MOST`].
    fn lately(
        &self,
        tenant: &TenantId,
        principal: &Principal,
        tool: &str,
        beside: Beside<'_>,
        now: Timestamp,
    ) -> Result<Lately>;
    /// Those of which a person has to find out what happened, the newest first.
    fn needing(&self, tenant: &TenantId, limit: u32) -> Result<Vec<ActionRequest>>;
    /// Keeps what a person found out about one of which a person has to find out, durably; answers whether it was one. It is looked for
    /// no more, and nothing can begin it again.
    fn found_out(&self, tenant: &TenantId, id: &ActionId, finding: &Finding, now: Timestamp) -> Result<bool>;
    /// How many of this person's were decided or found out about without their having seen it; at most that many are counted.
    fn untold(&self, tenant: &TenantId, principal: &Principal, limit: u32) -> Result<u32>;
    /// Notes that this person saw what was decided on theirs, or found out about them.
    fn told(&self, tenant: &TenantId, principal: &Principal) -> Result<()>;
    /// This person's own, newest first.
    fn own(&self, tenant: &TenantId, principal: &Principal, limit: u32) -> Result<Vec<ActionRequest>>;
}
