//! Serves the web pages over the demo's data, with a sign-in that believes everybody and clients that nobody connected: for the
//! browser's tests of what is on the pages. On the loopback interface alone.
//!
//! `cargo run --example console --features conformance -- 7802 DIR`
//!
//! `/rig/as?email=EMAIL&to=PATH` signs a browser in, `/rig/ask?tool=TOOL&arguments=JSON` calls a tool as that person, and
//! `/rig/give-up?id=ID` makes a request that waits one of which nobody knows what became, and
//! `/rig/pages/NAME` shows each page of the sign-in and of the authority's flow.

use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use parking_lot::Mutex;
use postern::app::{App, Instead, Parts};
use postern::authority::browser;
use postern::authority::identity::{BrowserSessions, Identity, SignedIn};
use postern::authority::pages::{ClientView, ConnectView, ConsentView, ErrorView, Pages, Publisher, ScopeView};
use postern::authority::sign_in::pages::{
    CONTENT_SECURITY_POLICY, ChooserPage, EmailPage, Form, MessagePage, NewPasswordPage, Notice, Onward, PasswordPage,
    RealmChoice, RecoveryPage, ResetRequestPage, SignInPages, SignOutPage, TotpPage, TotpSetupPage,
};
use postern::authority::{Connected, RevokedBy};
use postern::call::host::{Answer, Call, Facts, Host};
use postern::caller::Principal;
use postern::console::flow::Drawn;
use postern::console::{self, Budget, ConnectedClients, Console, Health, Healths};
use postern::demo::Demo;
use postern::govern::action::{ActionId, Actions, State as Stands, Verdict};
use postern::govern::lease::{Begun, Finish, Hold};
use postern_api::{OrganisationId, Result, TenantId};
use postern_policies::Realm;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;

type Failed = Box<dyn std::error::Error>;

/// A sign-in that believes the cookie.
#[derive(Debug)]
struct Believing(HashMap<String, Arc<Identity>>);

impl BrowserSessions for Believing {
    fn signed_in(&self, headers: &HeaderMap) -> Option<SignedIn> {
        let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
        let email = cookies.split(';').find_map(|it| it.trim().strip_prefix("rig="))?;
        let identity = self.0.get(email)?.clone();
        Some(SignedIn { identity, session: email.into(), csrf: format!("csrf-of-{email}").into() })
    }

    fn sign_in_path(&self, return_to: &str) -> String {
        format!("/rig/pages/email?{return_to}")
    }
}

/// Clients that nobody connected.
#[derive(Debug)]
struct Made(Mutex<Vec<(TenantId, Connected)>>);

impl ConnectedClients for Made {
    fn connected(&self, tenant: &TenantId, principal: &Principal) -> Result<Vec<Connected>> {
        let all = self.0.lock();
        Ok(all.iter().filter(|(of, it)| of == tenant && it.principal == *principal).map(|(_, it)| it.clone()).collect())
    }

    fn connected_in(&self, tenant: &TenantId, skip: u32, limit: u32) -> Result<Vec<Connected>> {
        let all = self.0.lock();
        let of_tenant = all.iter().filter(|(of, _)| of == tenant).map(|(_, it)| it.clone());
        Ok(of_tenant.skip(usize::try_from(skip).unwrap_or(0)).take(usize::try_from(limit).unwrap_or(0)).collect())
    }

    fn revoke(&self, tenant: &TenantId, principal: &Principal, grant: &str, by: RevokedBy) -> Result<bool> {
        let mut all = self.0.lock();
        let before = all.len();
        all.retain(|(of, it)| {
            !(of == tenant && *it.grant == *grant && (by == RevokedBy::Administrator || it.principal == *principal))
        });
        Ok(all.len() < before)
    }
}

/// A system that answers.
#[derive(Debug)]
struct Well;

impl Healths for Well {
    fn last(&self, _tenant: &TenantId, _system: &str) -> Option<Health> {
        Some(Health { well: true, at: Timestamp::now(), says: None })
    }

    fn budget(&self, _tenant: &TenantId, _system: &str) -> Option<Budget> {
        Some(Budget { left: 45, waiting: 3, paused_secs: 12 })
    }

    fn left_alone_secs(&self, _tenant: &TenantId, _system: &str) -> Option<u64> {
        None
    }
}

#[tokio::main]
async fn main() -> std::result::Result<(), Failed> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: console PORT DIR";
    let port: u16 = arguments.next().ok_or(usage)?.parse()?;
    let dir = std::path::PathBuf::from(arguments.next().ok_or(usage)?);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let listen = listener.local_addr()?;
    let demo = Demo::at(listen, &dir);
    let mut config = demo.prepare(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    // The pages are made below, of others than the demo's own sign-in and clients.
    (config.authority.enabled, config.console.enabled) = (false, Some(false));
    let sessions = Arc::new(Believing(people(&demo)?));
    let clients = Arc::new(Made(Mutex::new(clients(&sessions))));
    let (realms, url) = (demo.routes()?, demo.mcp_url());
    let app = App::build_with(config, listen, Instead::default(), |parts| {
        realms.merge(rig(parts, sessions.clone())).merge(console::routes(Console {
            mcp_url: url,
            server: "Postern demo".into(),
            sign_out: "/rig/pages/sign_out".into(),
            tenants: parts.tenants.clone(),
            sessions,
            clients,
            host: Arc::new(parts.gate.clone()),
            confirmations: parts.store.clone(),
            actions: parts.store.clone(),
            policies: parts.engine.clone(),
            journal: parts.journal.clone(),
            ledger: Arc::new(parts.journal.clone()),
            healths: Arc::new(Well),
            organisations: parts.organisations.clone(),
        }))
    })?;
    println!("http://{listen}/console");
    app.serve(listener).await?;
    Ok(())
}

/// The demo's accounts, and one whom no role lets connect.
fn people(demo: &Demo) -> std::result::Result<HashMap<String, Arc<Identity>>, Failed> {
    let mut people = HashMap::new();
    for account in postern_embedded::demo::ACCOUNTS {
        let token = demo.token(account.email, Timestamp::now())?;
        let claims = token.split('.').nth(1).ok_or("a token has parts")?;
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims)?)?;
        let text = |key: &str| claims.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let customer = account.realm == "customer";
        let identity = Identity {
            principal: Principal { issuer: text("iss").into(), subject: text("sub").into() },
            realm: if customer { Realm::Customer } else { Realm::Employee },
            tenant: TenantId::new("msp-example")?,
            organisation: account.organisation.map(OrganisationId::new).transpose()?,
            assigned: None,
            roles: [account.role.to_owned()].into(),
            name: Some(account.name.into()),
            email: Some(account.email.into()),
            realm_session: None,
            signed_in_at: Timestamp::now().as_second(),
        };
        people.insert(account.email.to_owned(), Arc::new(identity));
    }
    if let Some(known) = people.values().find(|it| it.realm == Realm::Employee).cloned() {
        let principal = Principal { subject: "nobody".into(), ..known.principal.clone() };
        let nobody = Identity { principal, roles: [].into(), name: Some("Ned Newcomer".into()), ..(*known).clone() };
        people.insert("nobody@msp.example".to_owned(), Arc::new(nobody));
    }
    Ok(people)
}

fn scope(scope: &str, area: &str, says: &str, writes: bool) -> ScopeView {
    ScopeView {
        scope: scope.into(),
        area: area.into(),
        says: says.into(),
        writes,
        requested: true,
        available: true,
        held: false,
        new: false,
    }
}

fn scopes() -> Vec<ScopeView> {
    vec![
        scope("support.read", "Support", "Reads tickets, organisations, contacts and articles.", false),
        scope("support.write", "Support", "Raises, comments and closes tickets, and manages contacts.", true),
    ]
}

fn clients(people: &Believing) -> Vec<(TenantId, Connected)> {
    let now = Timestamp::now().as_second();
    let mut all = Vec::new();
    let hostile = "<img src=x onerror=alert(1)>\u{202e}edualC\u{200b} and a name that goes on and on and on and on";
    for (email, person) in &people.0 {
        if email.starts_with("nobody") || email.starts_with("basic") {
            continue;
        }
        let made = [
            ("Claude Code", Publisher::Host("claude.ai".into()), Some(now - 65), 2),
            ("Service desk portal", Publisher::FirstParty, Some(now - 86_400), 1),
            (hostile, Publisher::Unknown, None, 1),
        ];
        for (nth, (name, publisher, used_at, sessions)) in made.into_iter().enumerate() {
            let connected = Connected {
                grant: format!("g-{}-{nth}", person.principal.subject).into(),
                principal: person.principal.clone(),
                person: person.name.clone(),
                name: name.to_owned(),
                client: format!("https://example.com/{nth}").into(),
                publisher,
                authorised_at: now - 3_600,
                used_at,
                sessions,
                scopes: if nth == 2 { scopes().into_iter().take(1).collect() } else { scopes() },
            };
            all.push((person.tenant.clone(), connected));
        }
    }
    all
}

#[derive(Clone)]
struct Rig {
    sessions: Arc<Believing>,
    host: Arc<dyn Host>,
    actions: Arc<dyn Actions>,
}

fn rig(parts: &Parts, sessions: Arc<Believing>) -> Router {
    let host: Arc<dyn Host> = Arc::new(parts.gate.clone());
    Router::new()
        .route("/rig/as", get(sign_in))
        .route("/rig/ask", get(ask))
        .route("/rig/give-up", get(give_up))
        .route("/rig/pages/{name}", get(shown).post(async || StatusCode::NO_CONTENT))
        .with_state(Rig { sessions, host, actions: parts.store.clone() })
}

async fn sign_in(Query(asked): Query<HashMap<String, String>>) -> Response {
    let of = |key: &str| asked.get(key).cloned().unwrap_or_default();
    let cookie = format!("rig={}; Path=/; HttpOnly; SameSite=Lax", of("email"));
    ([(header::SET_COOKIE, cookie)], Redirect::to(&of("to"))).into_response()
}

async fn ask(State(rig): State<Rig>, Query(asked): Query<HashMap<String, String>>, headers: HeaderMap) -> Response {
    let Some(signed_in) = rig.sessions.signed_in(&headers) else { return StatusCode::UNAUTHORIZED.into_response() };
    let arguments: Map<String, Value> =
        asked.get("arguments").and_then(|it| serde_json::from_str(it).ok()).unwrap_or_default();
    let call = Call {
        caller: Arc::new(browser::caller(&signed_in, Timestamp::now().as_second())),
        name: asked.get("tool").cloned().unwrap_or_default(),
        arguments,
        facts: Facts::default(),
    };
    match rig.host.call(call).await {
        Answer::Done { envelope, .. } | Answer::Confirm { envelope, .. } => Json(envelope).into_response(),
        Answer::UnknownTool => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Approves what waits, sends it to nobody, and gives up looking for it: a person has to find out.
async fn give_up(State(rig): State<Rig>, Query(asked): Query<HashMap<String, String>>, headers: HeaderMap) -> Response {
    let Some(signed_in) = rig.sessions.signed_in(&headers) else { return StatusCode::UNAUTHORIZED.into_response() };
    let id = asked.get("id").cloned().and_then(|it| ActionId::try_from(it).ok());
    let Some(id) = id else { return StatusCode::BAD_REQUEST.into_response() };
    let (tenant, now) = (&signed_in.identity.tenant, Timestamp::now());
    let hold = Hold { owner: "rig".into(), now, until: now };
    let given_up = Finish { needs_human: true, tries: 8, ..Finish::unknown(now) };
    let verdict = Verdict { approve: true, by: "Rig".into(), reason: "to look at it".into() };
    let done = rig.actions.decide(tenant, &id, &verdict, now).and_then(|_| {
        let begun = rig.actions.begin(tenant, &id, Stands::Approved, &hold)?;
        match begun {
            Begun::Mine { epoch, .. } => rig.actions.finish(tenant, &id, epoch, &given_up, now),
            Begun::Gone => Ok(false),
        }
    });
    if done.unwrap_or(false) { StatusCode::OK } else { StatusCode::CONFLICT }.into_response()
}

fn client(hostile: bool) -> ClientView {
    let name = if hostile {
        "<b>Clаude</b>\u{202e}edoC and a very long name that does not end here at all, ever"
    } else {
        "Claude Code"
    };
    ClientView {
        name: name.to_owned(),
        id: "https://claude.ai/oauth/claude-code-client-metadata".to_owned(),
        publisher: if hostile { Publisher::Unknown } else { Publisher::Host("claude.ai".to_owned()) },
        redirect_to: "this computer".to_owned(),
        local_only: true,
        lookalike: hostile,
    }
}

/// With the header that the sign-in and the authority put on their pages.
async fn shown(Path(name): Path<String>) -> Response {
    let mut response = drawn(&name);
    let policy = HeaderValue::from_static(CONTENT_SECURITY_POLICY);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

fn drawn(name: &str) -> Response {
    let form = |problem: Option<&str>| Form {
        action: format!("/rig/pages/{name}"),
        csrf: "c".to_owned(),
        return_to: "/console".to_owned(),
        problem: problem.map(ToOwned::to_owned),
    };
    let (realm, back) = ("Example MSP: customers".to_owned(), "/rig/pages/email".to_owned());
    let email = || "lead@acme.example".to_owned();
    let message =
        |notice| MessagePage { notice, request_id: Some("r-17".to_owned()), next: "/rig/pages/email".to_owned() };
    let consent = |hostile: bool| {
        let mut scopes = scopes();
        scopes.push(ScopeView {
            available: false,
            ..scope("billing.read", "Billing", "Reads invoices and payments.", false)
        });
        if let Some(first) = scopes.first_mut() {
            first.held = true;
        }
        Drawn.consent(&ConsentView {
            server: "Postern demo".into(),
            client: client(hostile),
            person: Some("Jane Smith".into()),
            scopes,
            again: !hostile,
            changed: hostile,
            action: "/rig/pages/consent",
            flow: "f".into(),
            csrf: "c".into(),
            switch_account: "/rig/pages/sign_out".into(),
            notice: hostile.then_some("Tick at least one box, or do not allow it."),
        })
    };
    let text = match name {
        "email" => Drawn.email(&EmailPage { form: form(None), email: String::new(), chooser: Some("/rig/pages/chooser".into()) }),
        "email_wrong" => Drawn.email(&EmailPage {
            form: form(Some("We do not know where this address signs in. Check it, or choose from the list.")),
            email: "x@y.example".into(),
            chooser: Some("/rig/pages/chooser".into()),
        }),
        "chooser" => Drawn.chooser(&ChooserPage {
            realms: ["Example MSP: customers", "Example MSP: employees"]
                .map(|title| RealmChoice { title: title.into(), href: "/rig/pages/password".into() })
                .into(),
            back,
            problem: None,
        }),
        "chooser_empty" => Drawn.chooser(&ChooserPage { realms: vec![], back, problem: Some("Nothing is known of this address.".into()) }),
        "password" => Drawn.password(&PasswordPage {
            form: form(Some("The address or the password is wrong.")),
            realm,
            email: email(),
            forgot: "/rig/pages/reset_request".into(),
            back,
        }),
        "totp" => Drawn.totp(&TotpPage { form: form(None), realm }),
        "totp_setup" => Drawn.totp_setup(&TotpSetupPage {
            form: form(None),
            qr_svg: "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 8 8\"><path d=\"M0 0h3v3h-3zM5 0h3v3h-3zM0 5h3v3h-3zM4 4h1v1h-1zM6 6h2v1h-2z\"/></svg>".into(),
            secret: "JBSW Y3DP EHPK 3PXP".into(),
            address: "otpauth://totp/Postern:jane?secret=JBSWY3DPEHPK3PXP".into(),
            required: false,
            asks_current: true,
        }),
        "recovery" => Drawn.recovery(&RecoveryPage {
            codes: (1..=8).map(|it| format!("k{it}h2-9xqm-{it}{it}")).collect(),
            next: "/console".into(),
        }),
        "reset_request" => Drawn.reset_request(&ResetRequestPage { form: Some(form(None)), realm, back }),
        "reset_nowhere" => Drawn.reset_request(&ResetRequestPage { form: None, realm, back }),
        "new_password" => Drawn.new_password(&NewPasswordPage { form: form(None), token: None, asks_current: true, min_length: 12 }),
        "sign_out" => Drawn.sign_out(&SignOutPage { form: form(None), who: "Jane Smith".into() }),
        "onward" => Drawn.onward(&Onward { href: "/rig/pages/email".into(), host: None }),
        "signed_out" => Drawn.message(&message(Notice::SignedOut)),
        "failed" => Drawn.message(&message(Notice::SignInFailed)),
        "not_welcome" => Drawn.message(&message(Notice::NotWelcome)),
        "too_many" => Drawn.message(&message(Notice::TooMany { wait_secs: 300 })),
        "connect" | "connect_hostile" => {
            return Drawn.connect(&ConnectView {
                server: "Postern demo".into(),
                client: client(name == "connect_hostile"),
                action: "/rig/pages/connect",
                flow: "f".into(),
                csrf: "c".into(),
            });
        }
        "consent" => return consent(false),
        "consent_hostile" => return consent(true),
        "error" => {
            return Drawn.error(&ErrorView {
                server: "Postern demo".into(),
                title: "This client cannot be connected",
                message: "It asked to be answered at an address that it did not register. Start again from the client.",
                code: "invalid_redirect_uri",
                request_id: "r-17".into(),
                back: Some(("claude.ai".to_owned(), "https://claude.ai/api/mcp/auth_callback".to_owned())),
            });
        }
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    Html(text).into_response()
}
