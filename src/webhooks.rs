//! `POST /hooks/{tenant}/{name}`: messages that systems and realms send by themselves.
//!
//! In the order of a message: its address is counted; the tenant and the sender are looked up; the body is read whole, within
//! a limit; the signature over those very bytes is checked, and its time, or where there is none to check the sender is counted;
//! only then are they parsed; an event that was heard before is done; the rest is audited, and whatever it makes stale is read again by whoever asks next.
//!
//! A message that nobody can prove (nothing signs it, or its key is not to be had) is a nudge: whatever it says, who is who is read
//! again, seldom ([`APART`]), and nothing of it is read.
//!
//! **Invariants:** nothing is parsed before its signature was right, but for the address of a key that the system itself gives
//! out. Every message that is refused gets the same answer, whatever is wrong with it. An event is believed no more than that something changed: nothing of a message is kept, shown or passed on.

mod heard;
pub mod keycloak;
mod keys;
mod pace;
mod proof;

pub use heard::Heard;
pub use keys::{FETCHES, Keys};
pub use pace::APART;
pub use proof::{Proof, TOLERANCE};

use crate::authority::identity::{Identity, Welcomes};
use crate::caller::{Principal, RequestId};
use crate::edge::config::{LimitsConfig, ThrottleConfig};
use crate::edge::envelope::ClientIp;
use crate::edge::problem::{Kind, Problem};
use crate::edge::throttle::{Limiter, Throttle, too_many};
use aws_lc_rs::digest;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use jiff::Timestamp;
use pace::{Pace, When};
use postern_api::http::SecretString;
use postern_api::webhook::{Delivery, Entity, Event, Hook, Means};
use postern_api::{ExternalId, TenantId};
use postern_policies::Realm;
use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// The longest body, in bytes: what vendors send is a few records at the most.
pub const BODY_BYTES: usize = 256 * 1024;
/// People who are asked about at their realms at once.
const ASKING: usize = 8;
/// Messages without a signature that one sender is heard with in a minute, and at once. Anybody can write them, from anywhere.
const NUDGES: (u32, u32) = (60, 20);

/// Who sends.
#[derive(Debug)]
pub struct Sender {
    /// How it signs and what it tells.
    pub hook: Arc<dyn Hook>,
    /// What it signs with; empty: it does not, and a message is no more than a nudge.
    pub secrets: Vec<SecretString>,
    /// The system's own keys, for one that gives out what it signs with.
    pub keys: Option<Keys>,
    /// For a realm's events: the realm and its issuer.
    pub realm: Option<(Realm, Arc<str>)>,
}

/// What came of a message, for the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Note<'a> {
    /// Whose tenant.
    pub tenant: &'a TenantId,
    /// What, in a word of ours.
    pub code: &'a str,
    /// Whether it was refused.
    pub refused: bool,
    /// The request's id.
    pub request_id: &'a str,
}

/// Who is told of what came in.
pub trait Ears: std::fmt::Debug + Send + Sync {
    /// A message was refused, or an event was heard.
    fn heard(&self, note: &Note<'_>);
    /// A record changed: whatever is remembered of it is stale.
    fn stale(&self, tenant: &TenantId, system: &str, entity: Entity, organisation: Option<&ExternalId>);
}

/// What the receiver is made of.
#[derive(Debug)]
pub struct Parts {
    /// The senders, by tenant and name.
    pub senders: HashMap<(TenantId, String), Sender>,
    /// The origin that vendors send to, for example `https://mcp.msp.example`.
    pub origin: String,
    /// How long a body may take to arrive.
    pub limits: LimitsConfig,
    /// Rates of addresses.
    pub throttle: ThrottleConfig,
    /// How far looks are apart that nobody's proof asked for, usually [`APART`].
    pub apart: Duration,
    /// What was heard before.
    pub heard: Heard,
    /// Who is told.
    pub ears: Arc<dyn Ears>,
    /// Who knows whether people are still welcome.
    pub welcomes: Option<Arc<dyn Welcomes>>,
}

#[derive(Debug)]
struct Receiver {
    parts: Parts,
    throttle: Throttle,
    unsigned: Limiter,
    asking: Arc<Semaphore>,
    nudges: Pace<(TenantId, String)>,
}

/// The route.
pub fn routes(parts: Parts) -> Router {
    let throttle = Throttle::new(&parts.throttle);
    let unsigned = Limiter::new(NUDGES.0, NUDGES.1, 1 << 16);
    let nudges = Pace::new(parts.apart);
    let receiver = Arc::new(Receiver { parts, throttle, unsigned, asking: Arc::new(Semaphore::new(ASKING)), nudges });
    Router::new().route("/hooks/{tenant}/{name}", post(receive)).with_state(receiver)
}

/// Why a message is not taken: the answer, and the word for the audit, where it is worth a row.
struct Refused(Problem, Option<&'static str>);

fn refused(kind: Kind, code: &'static str) -> Refused {
    Refused(Problem::new(kind), Some(code))
}

async fn receive(
    State(receiver): State<Arc<Receiver>>,
    Path((tenant, name)): Path<(String, String)>,
    request: Request<Body>,
) -> Response {
    let ip = request.extensions().get::<ClientIp>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |it| it.0);
    let request_id = request.extensions().get::<RequestId>().map(|it| it.0.to_string()).unwrap_or_default();
    if let Err(wait) = receiver.throttle.stranger(ip) {
        return too_many(wait).into_response();
    }
    // Who is not known is not told from an address that is not there.
    let Ok(tenant) = TenantId::new(&tenant) else { return Problem::new(Kind::NotFound).into_response() };
    let Some(sender) = receiver.parts.senders.get(&(tenant.clone(), name.clone())) else {
        return Problem::new(Kind::NotFound).into_response();
    };
    let taken = receiver.take(sender, (&tenant, &name), request, &request_id).await;
    match taken {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(Refused(problem, code)) => {
            if let Some(code) = code {
                receiver.parts.ears.heard(&Note { tenant: &tenant, code, refused: true, request_id: &request_id });
            }
            problem.into_response()
        }
    }
}

impl Receiver {
    async fn take(
        self: &Arc<Self>,
        sender: &Sender,
        (tenant, name): (&TenantId, &str),
        request: Request<Body>,
        request_id: &str,
    ) -> Result<(), Refused> {
        let (head, body) = request.into_parts();
        let body = self.body(body).await?;
        let path = head.uri.path_and_query().map_or("/", |it| it.as_str());
        let uri = format!("{}{path}", self.parts.origin);
        let delivery = Delivery { method: head.method.as_str(), uri: &uri, headers: &head.headers, body: &body };
        let proof = match &sender.keys {
            Some(keys) => keys.check(&*sender.hook, &delivery).await,
            None => proof::check(&*sender.hook, &sender.secrets, &delivery, Timestamp::now()),
        };
        let proof = proof.map_err(|code| refused(Kind::BadRequest, code))?;
        if proof == Proof::None && sender.realm.is_none() {
            self.nudge((tenant, name), request_id);
            return Ok(());
        }
        if proof == Proof::None {
            self.unsigned.count(&(tenant, name)).map_err(|wait| Refused(too_many(wait), None))?;
        }
        let events = sender.hook.events(&body).map_err(|_| refused(Kind::BadRequest, "webhook_unreadable"))?;
        let bytes = digest::digest(&digest::SHA256, &body);
        let bytes: String = bytes.as_ref().iter().map(|it| format!("{it:02x}")).collect();
        let ids: Vec<&str> = events.iter().map(|it| it.id.as_deref().unwrap_or(&bytes)).collect();
        let new = self.parts.heard.note((tenant, name), &ids, sender.hook.retried_for(), Timestamp::now());
        let new = new.map_err(|error| {
            tracing::error!(%error, "events could not be noted, and are not taken");
            refused(Kind::Unavailable, "webhook_unavailable")
        })?;
        for (event, _) in events.iter().zip(new).filter(|(_, new)| *new) {
            self.act(sender, (tenant, name), event, proof, request_id);
        }
        Ok(())
    }

    /// The body, whole, in time and within the limit.
    async fn body(&self, body: Body) -> Result<Bytes, Refused> {
        let most = BODY_BYTES.min(self.parts.limits.body_bytes);
        let read = tokio::time::timeout(self.parts.limits.body_read(), axum::body::to_bytes(body, most)).await;
        let read = read.map_err(|_| refused(Kind::RequestTimeout, "webhook_slow"))?;
        read.map_err(|_| refused(Kind::PayloadTooLarge, "webhook_too_large"))
    }

    /// Somebody says that something changed, and cannot prove it: who is who is read again, now or soon.
    fn nudge(self: &Arc<Self>, (tenant, name): (&TenantId, &str), request_id: &str) {
        let look = |receiver: &Self, tenant: &TenantId, name: &str, request_id: &str| {
            receiver.parts.ears.stale(tenant, name, Entity::Organisation, None);
            let note = Note { tenant, code: "webhook_nudge", refused: false, request_id };
            receiver.parts.ears.heard(&note);
        };
        match self.nudges.nudged((tenant.clone(), name.to_owned()), Instant::now()) {
            When::Now => look(self, tenant, name, request_id),
            When::ToCome => {}
            When::At(time) => {
                let (receiver, tenant) = (self.clone(), tenant.clone());
                let (name, request_id) = (name.to_owned(), request_id.to_owned());
                tokio::spawn(async move {
                    tokio::time::sleep_until(time).await;
                    look(&receiver, &tenant, &name, &request_id);
                });
            }
        }
    }

    /// Does what an event asks for: nothing but reading again.
    fn act(&self, sender: &Sender, (tenant, name): (&TenantId, &str), event: &Event, proof: Proof, request_id: &str) {
        let told = |code: &str| {
            self.parts.ears.heard(&Note { tenant, code, refused: false, request_id });
            tracing::info!(tenant = tenant.as_str(), webhook = name, code, "webhook: {code}");
        };
        match &event.means {
            Means::Nothing => {}
            Means::Changed { entity, organisation } => {
                self.parts.ears.stale(tenant, name, *entity, organisation.as_ref());
                told(&format!("webhook_changed_{}", entity.name()));
            }
            Means::Person { subject } => {
                let Some((realm, issuer)) = &sender.realm else { return };
                let principal = Principal { issuer: issuer.clone(), subject: subject.as_str().into() };
                self.ask(tenant, *realm, principal);
                told(if proof == Proof::Right { "webhook_person" } else { "webhook_nudge" });
            }
        }
    }

    /// Asks the realm whether somebody is still welcome, behind the answer: the sender does not wait for it.
    fn ask(&self, tenant: &TenantId, realm: Realm, principal: Principal) {
        let Some(welcomes) = self.parts.welcomes.clone() else { return };
        let (places, tenant) = (self.asking.clone(), tenant.clone());
        tokio::spawn(async move {
            let Ok(_place) = places.acquire_owned().await else { return };
            let identity = bare(tenant, realm, principal);
            if let Err(error) = welcomes.still(&identity).await {
                tracing::warn!(kind = ?error.kind(), "a realm told of a change and could not be asked about it");
            }
        });
    }
}

/// A person of whom only the name is known: enough to ask about.
fn bare(tenant: TenantId, realm: Realm, principal: Principal) -> Identity {
    Identity {
        principal,
        realm,
        tenant,
        organisation: None,
        assigned: None,
        roles: BTreeSet::new(),
        name: None,
        email: None,
        realm_session: None,
        signed_in_at: 0,
    }
}

/// The longest that any sender's events are remembered.
pub(crate) const REMEMBERED: Duration = Duration::from_secs(14 * 24 * 3600);

#[cfg(test)]
mod tests;
