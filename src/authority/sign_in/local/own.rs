//! What somebody who is signed in does with their own local account: another password, another authenticator app.
//!
//! **Invariant:** neither is changed without the present password. A browser that was left open, or a stolen cookie, is not enough
//! to take the account over.

use super::super::answer::{self, Refused, or_refusal};
use super::super::flow::{Flow, LIFE};
use super::super::pages::{self, NewPasswordPage, Notice, RecoveryPage, TotpSetupPage};
use super::super::sessions::Session;
use super::super::{Asked, Door, Means, SignIn, SignInEvent, cookies};
use super::{Asking, Desk, Fields, WRONG_CODE, Work, chosen, setup_page, status};
use crate::authority::accounts::{password, random_text, totp};
use crate::store::sign_in_accounts::Account;
use axum::extract::{Extension, Query, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use std::sync::Arc;
use zeroize::Zeroizing;

const WRONG_PRESENT: &str = "the present password is wrong, or there were too many attempts";

impl SignIn {
    /// The local account of a signed-in browser.
    fn own_account(&self, session: &Session) -> Result<(&Arc<Door>, Account), Refused> {
        let who = &session.signed_in.identity.principal;
        let none = || Refused::new("no_account", StatusCode::NOT_FOUND, Notice::NotFound);
        let door = self.doors.iter().find(|it| it.issuer == who.issuer && matches!(it.means, Means::Local(_)));
        let door = door.ok_or_else(none)?;
        let account = self.store.account(&door.at, &who.subject)?.ok_or_else(none)?;
        Ok((door, account))
    }

    /// Whether this is the account's password; the audit learns where it is not.
    async fn is_present(
        &self,
        door: &Door,
        account: &Account,
        session: &Session,
        password: Zeroizing<String>,
        asked: &Asked,
    ) -> Result<bool, Refused> {
        if self.account_by_password(door, Some(&account.email), password, asked).await?.is_some() {
            return Ok(true);
        }
        let refused = Refused::new("wrong_password", StatusCode::OK, Notice::SignInFailed);
        let refused = refused.by(&session.signed_in.identity.principal).at(&door.at.tenant);
        let _ = answer::refusal(self, asked, refused);
        Ok(false)
    }

    fn change_page(&self, session: &Session, problem: Option<&str>) -> Response {
        let page = NewPasswordPage {
            form: pages::Form {
                action: "/account/password".into(),
                csrf: session.signed_in.csrf.to_string(),
                return_to: self.home.clone(),
                problem: problem.map(str::to_owned),
            },
            token: None,
            asks_current: true,
            min_length: password::MIN_LENGTH,
        };
        answer::page(status(problem), self.pages.new_password(&page), vec![])
    }
}

/// `GET /account/password`.
pub(in super::super) async fn ask_change(
    State(desk): Desk,
    Extension(asked): Extension<Asked>,
    headers: HeaderMap,
) -> Response {
    let Some(session) = desk.sessions.of(&headers) else {
        return answer::redirect("/sign-in?return_to=%2Faccount%2Fpassword", vec![]);
    };
    or_refusal(&desk, &asked, desk.own_account(&session).map(|_| desk.change_page(&session, None)))
}

/// `POST /account/password`: everything that rests on the account ends, clients that it connected too: whoever changes a password
/// may do so because somebody else had it. Whoever did goes on in a session that begins anew.
pub(in super::super) async fn change(
    State(desk): Desk,
    Extension(asked): Extension<Asked>,
    headers: HeaderMap,
    axum::Form(form): axum::Form<Fields>,
) -> Response {
    let work = async {
        let session = desk.signed_in_form(&headers, &form.csrf)?;
        desk.check_network(&asked)?;
        let (door, account) = desk.own_account(&session)?;
        if let Some(problem) = chosen(&form, &account.email) {
            return Ok(desk.change_page(&session, Some(problem)));
        }
        if !desk.is_present(door, &account, &session, form.current, &asked).await? {
            return Ok(desk.change_page(&session, Some(WRONG_PRESENT)));
        }
        let hash = desk.hasher.hash(form.password).await?;
        desk.store.set_password(&door.at, &account.id, &hash)?;
        desk.settle();
        let refused = || Refused::new("not_welcome", StatusCode::FORBIDDEN, Notice::NotWelcome).at(&door.at.tenant);
        let identity = desk.welcome(door, &account, desk.clock.unix_secs()).ok_or_else(refused)?;
        Ok(desk.changed(desk.sign_in(&identity, None, &headers, &asked)?))
    };
    let outcome = work.await;
    or_refusal(&desk, &asked, outcome)
}

/// `GET /account/totp`: sets an authenticator app up, or a new one.
pub(in super::super) async fn ask_setup(
    State(desk): Desk,
    Extension(asked): Extension<Asked>,
    Query(asking): Query<Asking>,
    headers: HeaderMap,
) -> Response {
    let Some(session) = desk.sessions.of(&headers) else {
        return answer::redirect("/sign-in?return_to=%2Faccount%2Ftotp", vec![]);
    };
    let work = || {
        let (door, account) = desk.own_account(&session)?;
        let flow = Flow {
            door: "/account/totp".into(),
            state: random_text()?,
            nonce: String::new(),
            verifier: String::new(),
            return_to: cookies::own_path(&asking.return_to, &desk.home),
            ends_at: desk.clock.unix_secs() + LIFE,
            account: Some(account.id.clone()),
            secret: Some(totp::new_secret()?.to_vec()),
        };
        let Means::Local(local) = &door.means else { return Err(Refused::failed("no_accounts")) };
        own_setup(&desk, &session, &account, &flow, local.require_totp, &headers, None)
    };
    or_refusal(&desk, &asked, work())
}

fn own_setup(
    desk: &SignIn,
    session: &Session,
    account: &Account,
    flow: &Flow,
    required: bool,
    headers: &HeaderMap,
    problem: Option<&str>,
) -> Work {
    let form = pages::Form {
        action: format!("/account/totp?flow={}", flow.state),
        csrf: session.signed_in.csrf.to_string(),
        return_to: flow.return_to.clone(),
        problem: problem.map(str::to_owned),
    };
    let secret = flow.secret.as_deref().unwrap_or_default();
    let page = TotpSetupPage { form, asks_current: true, ..setup_page(desk, secret, account, required)? };
    Ok(answer::page(status(problem), desk.pages.totp_setup(&page), desk.keep_flow(flow, headers)?))
}

/// `POST /account/totp`: the present password and a code of the new app, both.
pub(in super::super) async fn setup(
    State(desk): Desk,
    Extension(asked): Extension<Asked>,
    Query(asking): Query<Asking>,
    headers: HeaderMap,
    axum::Form(form): axum::Form<Fields>,
) -> Response {
    let work = async {
        let session = desk.signed_in_form(&headers, &form.csrf)?;
        desk.check_network(&asked)?;
        let flow = desk.flow(&asking.flow, "/account/totp", &headers)?;
        let (door, account) = desk.own_account(&session)?;
        let secret = flow.secret.clone().unwrap_or_default();
        if flow.account.as_deref() != Some(&*account.id) {
            return Err(Refused::failed("other_account"));
        }
        let Means::Local(local) = &door.means else { return Err(Refused::failed("no_accounts")) };
        let again = |problem| own_setup(&desk, &session, &account, &flow, local.require_totp, &headers, Some(problem));
        if !desk.is_present(door, &account, &session, form.current, &asked).await? {
            return again(WRONG_PRESENT);
        }
        let Some(step) = totp::step_of(&secret, &form.code, desk.clock.unix_secs()) else { return again(WRONG_CODE) };
        desk.use_flow(&flow)?;
        let codes = desk.keep_totp(door, &account.id, &secret, step)?;
        desk.events.happened(&SignInEvent {
            allowed: true,
            code: "authenticator_set",
            tenant: Some(door.at.tenant.clone()),
            principal: Some(session.signed_in.identity.principal.clone()),
            request_id: asked.id.as_ref().map(|it| it.0.0.to_string()).unwrap_or_default(),
        });
        let page = RecoveryPage { codes, next: flow.return_to.clone() };
        Ok(answer::page(StatusCode::OK, desk.pages.recovery(&page), vec![desk.forget_flow(&flow)]))
    };
    let outcome = work.await;
    or_refusal(&desk, &asked, outcome)
}
