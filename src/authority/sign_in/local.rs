//! Signing in with a local account: password, then the authenticator's code where one is set up; links to set a new password.
//!
//! **Invariant:** a wrong password, no such account, a locked one and one that has to wait are one answer, after the same work.

pub(super) mod own;

use super::answer::{self, Refused, or_refusal};
use super::flow::{Flow, LIFE};
use super::pages::{
    MessagePage, NewPasswordPage, Notice, Onward, PasswordPage, RecoveryPage, ResetRequestPage, TotpPage, TotpSetupPage,
};
use super::sessions::Session;
use super::{Asked, Door, Means, SignIn, attempts_key, cookies};
use crate::authority::accounts::{address, digest_of, password, random_text, totp};
use crate::mail::Mail;
use crate::store::sign_in_accounts::Account;
use axum::extract::{Extension, Path, Query, State};
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode};
use postern_api::{CallCx, Reach};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// How long a link to set a password holds, in seconds.
const RESET_LIFE: i64 = 1800;
const WRONG: &str = "the e-mail address or the password is wrong, or there were too many attempts: then wait a while";
const WRONG_CODE: &str = "the code is wrong or was used; enter a new one";

/// Every field that a form of local accounts can have.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    csrf: String,
    return_to: String,
    email: String,
    password: Zeroizing<String>,
    again: Zeroizing<String>,
    current: Zeroizing<String>,
    code: String,
    token: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asking {
    flow: String,
    token: String,
    return_to: String,
}

type Work = Result<Response, Refused>;
type Desk = State<Arc<SignIn>>;
type Place = Path<(String, String)>;

fn status(problem: Option<&str>) -> StatusCode {
    if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
}

impl SignIn {
    fn local(&self, tenant: &str, realm: &str) -> Result<&Arc<Door>, Refused> {
        let door = self.door(tenant, realm)?;
        match door.means {
            Means::Local(_) => Ok(door),
            Means::Oidc(_) => Err(Refused::new("unknown_realm", StatusCode::NOT_FOUND, Notice::NotFound)),
        }
    }

    fn check_network(&self, asked: &Asked) -> Result<(), Refused> {
        match self.attempts.network_waits(asked.ip, self.clock.unix_secs()) {
            None => Ok(()),
            Some(wait_secs) => {
                Err(Refused::new("attempts", StatusCode::TOO_MANY_REQUESTS, Notice::TooMany { wait_secs }))
            }
        }
    }

    /// The account whose password this is. The same work whether or not there is one.
    async fn account_by_password(
        &self,
        door: &Door,
        email: Option<&str>,
        password: Zeroizing<String>,
        asked: &Asked,
    ) -> Result<Option<Account>, Refused> {
        let now = self.clock.unix_secs();
        let key = attempts_key(&door.at, email.unwrap_or_default());
        let account = email.map(|it| self.store.account_of(&door.at, it)).transpose()?.flatten();
        let hash = account.as_ref().and_then(|it| it.password.as_deref());
        let long = password.len() > password::MAX_BYTES;
        let password = if long { Zeroizing::default() } else { password };
        let same = self.hasher.is(password, hash).await?;
        let waits = self.attempts.account_waits(&key, now);
        match account.filter(|it| same && !long && !waits && !it.locked) {
            Some(account) => Ok(Some(account)),
            None => {
                self.attempts.failed(&key, asked.ip, now);
                Ok(None)
            }
        }
    }

    /// The session of a form that carries its secret.
    pub(super) fn signed_in_form(&self, headers: &HeaderMap, csrf: &str) -> Result<Arc<Session>, Refused> {
        let refused = || Refused::new("csrf", StatusCode::FORBIDDEN, Notice::Stale);
        let site = headers.get("sec-fetch-site").and_then(|it| it.to_str().ok());
        let session = self.sessions.of(headers).ok_or_else(refused)?;
        let expected = session.signed_in.csrf.as_bytes();
        let same = aws_lc_rs::constant_time::verify_slices_are_equal(expected, csrf.as_bytes()).is_ok();
        if same && site.is_none_or(|it| it == "same-origin") { Ok(session) } else { Err(refused()) }
    }

    /// Signs an account in and leads on.
    fn finish_local(
        &self,
        door: &Door,
        account: &Account,
        to: &str,
        headers: &HeaderMap,
        asked: &Asked,
        recovery: Option<Vec<String>>,
    ) -> Work {
        let refused = || Refused::new("not_welcome", StatusCode::FORBIDDEN, Notice::NotWelcome).at(&door.at.tenant);
        let identity = self.welcome(door, account, self.clock.unix_secs()).ok_or_else(refused)?;
        self.attempts.forget(&attempts_key(&door.at, &account.email));
        let cookies = self.sign_in(&identity, None, headers, asked)?;
        let html = match recovery {
            Some(codes) => self.pages.recovery(&RecoveryPage { codes, next: to.to_owned() }),
            None => self.pages.onward(&Onward { href: to.to_owned(), host: None }),
        };
        Ok(answer::page(StatusCode::OK, html, cookies))
    }
}

/// The password page.
pub(super) fn password_page(
    desk: &SignIn,
    door: &Door,
    headers: &HeaderMap,
    to: &str,
    email: &str,
    problem: Option<&str>,
) -> Work {
    let cookie = desk.form_cookie(headers)?;
    let page = PasswordPage {
        form: desk.form(&cookie, door.path(), to, problem),
        realm: door.title.clone(),
        email: email.to_owned(),
        forgot: format!("{}/forgot", door.path()),
        back: "/sign-in".into(),
    };
    Ok(answer::page(status(problem), desk.pages.password(&page), vec![desk.cookies.set("form", Some(&cookie), None)]))
}

/// `POST /sign-in/{tenant}/{realm}`: e-mail address and password.
pub(super) async fn password(
    State(desk): Desk,
    Extension(asked): Extension<Asked>,
    Path((tenant, realm)): Place,
    headers: HeaderMap,
    axum::Form(form): axum::Form<Fields>,
) -> Response {
    let work = async {
        let door = desk.local(&tenant, &realm)?;
        desk.check_form(&headers, &form.csrf)?;
        desk.check_network(&asked)?;
        let to = cookies::own_path(&form.return_to, &desk.home);
        let email = address(&form.email);
        let Some(account) = desk.account_by_password(door, email.as_deref(), form.password, &asked).await? else {
            let code = Refused::new("wrong_password", StatusCode::OK, Notice::SignInFailed).at(&door.at.tenant);
            let _ = answer::refusal(&desk, &asked, code);
            return password_page(&desk, door, &headers, &to, &form.email, Some(WRONG));
        };
        let Means::Local(local) = &door.means else { return Err(Refused::failed("no_accounts")) };
        if !account.totp && !local.require_totp {
            return desk.finish_local(door, &account, &to, &headers, &asked, None);
        }
        let secret = if account.totp { None } else { Some(totp::new_secret()?.to_vec()) };
        let flow = Flow {
            door: door.path(),
            state: random_text()?,
            nonce: String::new(),
            verifier: String::new(),
            return_to: to,
            ends_at: desk.clock.unix_secs() + LIFE,
            account: Some(account.id.clone()),
            secret,
        };
        code_page(&desk, door, &account, &flow, &headers, None)
    };
    let outcome = work.await;
    or_refusal(&desk, &asked, outcome)
}

/// Asks for a code, or sets an authenticator up first.
fn code_page(
    desk: &SignIn,
    door: &Door,
    account: &Account,
    flow: &Flow,
    headers: &HeaderMap,
    problem: Option<&str>,
) -> Work {
    let cookie = desk.form_cookie(headers)?;
    let form = desk.form(&cookie, format!("{}/code?flow={}", door.path(), flow.state), &flow.return_to, problem);
    let mut cookies = desk.keep_flow(flow, headers)?;
    cookies.push(desk.cookies.set("form", Some(&cookie), None));
    let html = match &flow.secret {
        None => desk.pages.totp(&TotpPage { form, realm: door.title.clone() }),
        Some(secret) => desk.pages.totp_setup(&TotpSetupPage { form, ..setup_page(desk, secret, account, true)? }),
    };
    Ok(answer::page(status(problem), html, cookies))
}

fn setup_page(desk: &SignIn, secret: &[u8], account: &Account, required: bool) -> Result<TotpSetupPage, Refused> {
    let address = totp::address(secret, &desk.service_name, &account.email);
    let (qr_svg, secret) = (totp::picture(&address)?, totp::for_typing(secret));
    Ok(TotpSetupPage { qr_svg, secret, address, required, ..TotpSetupPage::default() })
}

/// `GET .../code`: the page again, after a reload.
pub(super) async fn ask_code(
    State(desk): Desk,
    Extension(asked): Extension<Asked>,
    Path((tenant, realm)): Place,
    Query(asking): Query<Asking>,
    headers: HeaderMap,
) -> Response {
    let work = || {
        let door = desk.local(&tenant, &realm)?;
        let flow = desk.flow(&asking.flow, &door.path(), &headers)?;
        let account = flow.account.as_deref().map(|it| desk.store.account(&door.at, it)).transpose()?.flatten();
        code_page(&desk, door, &account.ok_or(Refused::failed("no_account"))?, &flow, &headers, None)
    };
    or_refusal(&desk, &asked, work())
}

/// `POST .../code`: the code of the app, or a recovery code.
pub(super) async fn code(
    State(desk): Desk,
    Extension(asked): Extension<Asked>,
    Path((tenant, realm)): Place,
    Query(asking): Query<Asking>,
    headers: HeaderMap,
    axum::Form(form): axum::Form<Fields>,
) -> Response {
    let work = || {
        let door = desk.local(&tenant, &realm)?;
        desk.check_form(&headers, &form.csrf)?;
        desk.check_network(&asked)?;
        let flow = desk.flow(&asking.flow, &door.path(), &headers)?;
        let account = flow.account.as_deref().map(|it| desk.store.account(&door.at, it)).transpose()?.flatten();
        let account = account.ok_or(Refused::failed("no_account"))?;
        let (now, id) = (desk.clock.unix_secs(), account.id.as_str());
        let key = attempts_key(&door.at, &account.email);
        let held = match &flow.secret {
            Some(secret) => Some(Zeroizing::new(secret.clone())),
            None => desk.store.totp(&door.at, id)?,
        };
        let step = held.as_ref().and_then(|it| totp::step_of(it, &form.code, now));
        let mut right = false;
        if !desk.attempts.account_waits(&key, now) {
            right = match (step, &flow.secret) {
                (Some(_), Some(_)) => true,
                (Some(step), None) => desk.store.use_totp_step(&door.at, id, step)?,
                (None, Some(_)) => false,
                (None, None) => desk.store.use_recovery(&door.at, id, &totp::recovery_digest(&form.code))?,
            };
        }
        if !right {
            desk.attempts.failed(&key, asked.ip, now);
            let code = Refused::new("wrong_code", StatusCode::OK, Notice::SignInFailed).at(&door.at.tenant);
            let _ = answer::refusal(&desk, &asked, code);
            return code_page(&desk, door, &account, &flow, &headers, Some(WRONG_CODE));
        }
        desk.use_flow(&flow)?;
        let mut recovery = None;
        if let (Some(secret), Some(step)) = (&flow.secret, step) {
            recovery = Some(desk.keep_totp(door, id, secret, step)?);
        }
        desk.finish_local(door, &account, &flow.return_to, &headers, &asked, recovery)
    };
    or_refusal(&desk, &asked, work())
}

impl SignIn {
    /// Keeps an authenticator's secret that was proved, its code used; the recovery codes.
    fn keep_totp(&self, door: &Door, id: &str, secret: &[u8], step: i64) -> Result<Vec<String>, Refused> {
        let codes = totp::recovery_codes()?;
        let digests: Vec<_> = codes.iter().map(|it| totp::recovery_digest(it)).collect();
        self.store.set_totp(&door.at, id, Some(secret), &digests)?;
        self.store.use_totp_step(&door.at, id, step)?;
        Ok(codes)
    }
}

/// `GET .../forgot`.
pub(super) async fn ask_reset(
    State(desk): Desk,
    Extension(asked): Extension<Asked>,
    Path((tenant, realm)): Place,
    headers: HeaderMap,
) -> Response {
    let work = || {
        let door = desk.local(&tenant, &realm)?;
        let cookie = desk.form_cookie(&headers)?;
        let form = desk.form(&cookie, format!("{}/forgot", door.path()), "", None);
        let form = desk.mailer.is_some().then_some(form);
        let page = ResetRequestPage { form, realm: door.title.clone(), back: door.path() };
        let cookies = vec![desk.cookies.set("form", Some(&cookie), None)];
        Ok(answer::page(StatusCode::OK, desk.pages.reset_request(&page), cookies))
    };
    or_refusal(&desk, &asked, work())
}

/// `POST .../forgot`: the same answer at once whether or not there is an account; what there is to do is done behind it.
pub(super) async fn send_reset(
    State(desk): Desk,
    Extension(asked): Extension<Asked>,
    Path((tenant, realm)): Place,
    headers: HeaderMap,
    axum::Form(form): axum::Form<Fields>,
) -> Response {
    let work = || {
        let door = desk.local(&tenant, &realm)?.clone();
        desk.check_form(&headers, &form.csrf)?;
        desk.check_network(&asked)?;
        let now = desk.clock.unix_secs();
        if let (Some(email), Some(_)) = (address(&form.email), &desk.mailer) {
            // Each asking counts, so that nobody's mailbox is filled.
            let key = format!("reset {}", attempts_key(&door.at, &email));
            let waits = desk.attempts.account_waits(&key, now);
            desk.attempts.failed(&key, asked.ip, now);
            if !waits {
                let desk = Arc::clone(&desk);
                tokio::spawn(async move {
                    if let Err(error) = desk.mail_reset(&door, &email, now).await {
                        tracing::error!(%error, "a mail with a link to set a password could not be sent");
                    }
                });
            }
        }
        let page = MessagePage { notice: Notice::ResetSent, request_id: None, next: "/sign-in".into() };
        Ok(answer::page(StatusCode::OK, desk.pages.message(&page), vec![]))
    };
    or_refusal(&desk, &asked, work())
}

impl SignIn {
    async fn mail_reset(&self, door: &Door, email: &str, now: i64) -> postern_api::Result<()> {
        let account = self.store.account_of(&door.at, email)?.filter(|it| !it.locked);
        let (Some(account), Some(mailer)) = (account, &self.mailer) else { return Ok(()) };
        let token = random_text()?;
        self.store.add_reset(&door.at, &account.id, &digest_of(&token), now + RESET_LIFE)?;
        let link = format!("{}{}/reset?token={token}", self.origin, door.path());
        let (name, service) = (&account.name, &self.service_name);
        let text = format!(
            "Hello {name},\n\nsomebody, you we hope, asked for a new password for {service}. Set it here within 30 minutes:\n\n\
             {link}\n\nIf it was not you, do nothing: your password stays as it is.\n"
        );
        let subject = format!("Your new password for {service}");
        // Nobody waits for it: the page was shown before.
        let cx = CallCx::new(Reach::Organisations(vec![]), Duration::from_secs(60));
        mailer.deliver_one(&cx, Mail { to: account.email, subject, text, ..Mail::default() }).await
    }

    fn new_password_page(
        &self,
        headers: &HeaderMap,
        action: String,
        token: Option<&str>,
        problem: Option<&str>,
    ) -> Work {
        let cookie = self.form_cookie(headers)?;
        let page = NewPasswordPage {
            form: self.form(&cookie, action, "", problem),
            token: token.map(str::to_owned),
            asks_current: false,
            min_length: password::MIN_LENGTH,
        };
        let cookies = vec![self.cookies.set("form", Some(&cookie), None)];
        Ok(answer::page(status(problem), self.pages.new_password(&page), cookies))
    }

    fn changed(&self, cookies: Vec<Option<HeaderValue>>) -> Response {
        let page = MessagePage { notice: Notice::PasswordChanged, request_id: None, next: "/sign-in".into() };
        answer::page(StatusCode::OK, self.pages.message(&page), cookies)
    }
}

fn stale() -> Refused {
    Refused::new("reset_link", StatusCode::BAD_REQUEST, Notice::Stale)
}

/// `GET .../reset?token=`: the link of the mail. Looking changes nothing, since mail scanners look, too.
pub(super) async fn ask_password(
    State(desk): Desk,
    Extension(asked): Extension<Asked>,
    Path((tenant, realm)): Place,
    Query(asking): Query<Asking>,
    headers: HeaderMap,
) -> Response {
    let work = || {
        let door = desk.local(&tenant, &realm)?;
        desk.store.reset_of(&door.at, &digest_of(&asking.token), desk.clock.unix_secs())?.ok_or_else(stale)?;
        desk.new_password_page(&headers, format!("{}/reset", door.path()), Some(&asking.token), None)
    };
    or_refusal(&desk, &asked, work())
}

fn chosen(form: &Fields, email: &str) -> Option<&'static str> {
    let same = form.password == form.again;
    password::problem(&form.password, email).or((!same).then_some("the two passwords differ"))
}

/// `POST .../reset`: sets the password; everything of the account ends.
pub(super) async fn reset(
    State(desk): Desk,
    Extension(asked): Extension<Asked>,
    Path((tenant, realm)): Place,
    headers: HeaderMap,
    axum::Form(form): axum::Form<Fields>,
) -> Response {
    let work = async {
        let door = desk.local(&tenant, &realm)?;
        desk.check_form(&headers, &form.csrf)?;
        desk.check_network(&asked)?;
        let (digest, now) = (digest_of(&form.token), desk.clock.unix_secs());
        let Some(id) = desk.store.reset_of(&door.at, &digest, now)? else {
            desk.attempts.failed("", asked.ip, now);
            return Err(stale().at(&door.at.tenant));
        };
        let account = desk.store.account(&door.at, &id)?.filter(|it| !it.locked).ok_or_else(stale)?;
        if let Some(problem) = chosen(&form, &account.email) {
            return desk.new_password_page(
                &headers,
                format!("{}/reset", door.path()),
                Some(&form.token),
                Some(problem),
            );
        }
        let hash = desk.hasher.hash(form.password).await?;
        desk.store.take_reset(&door.at, &digest, now)?.ok_or_else(stale)?;
        desk.store.set_password(&door.at, &id, &hash)?;
        desk.settle();
        Ok(desk.changed(vec![]))
    };
    let outcome = work.await;
    or_refusal(&desk, &asked, outcome)
}
