//! Consent: a person says what a client may do.
//!
//! **Invariant:** never more than the person's own rights, and never for a form that this person was not shown in this browser.

use super::answer::{page, see_other};
use super::authorize::NO_FLOW;
use super::client::csrf_matches;
use super::events::Event;
use super::flow::Flow;
use super::identity::SignedIn;
use super::pages::{ConsentView, ScopeView};
use super::rights::Attributes;
use super::secret::{hashed, id as new_id, secret};
use super::{Authority, redirect, scopes};
use crate::caller::RequestId;
use crate::store::authority::{Agreement, Code};
use axum::Extension;
use axum::extract::{RawForm, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use postern_api::Result;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How long a code can be redeemed.
const CODE_SECS: i64 = 60;

impl Authority {
    /// What of a request this person can give away.
    fn available(&self, flow: &Flow, person: &SignedIn) -> BTreeSet<String> {
        let who = &person.identity;
        let known = self.realms.get(&*who.principal.issuer).is_some_and(|it| it.0 == who.tenant && it.1 == who.realm);
        if !known {
            return BTreeSet::new();
        }
        self.scopes.usable((who.realm, who.tenant.as_str(), &who.roles), false, &flow.requested)
    }

    /// What of a request this person agreed to before, where that is all of it and nothing has changed since.
    pub(super) fn agreed(&self, flow: &Flow, person: &SignedIn) -> Option<BTreeSet<String>> {
        // Any program on this computer can receive what goes to a loopback address or to an application's scheme, so there a
        // person is asked each time (RFC 8252 section 8.6).
        let private = matches!(redirect::registrable(&flow.redirect_uri), Some(redirect::Target::Web(_)));
        if !private || flow.ask_anew {
            return None;
        }
        let who = &person.identity;
        let before = self.store.standing_grant(&who.tenant, &who.principal, &flow.client.id).ok().flatten()?;
        let available = self.available(flow, person);
        let covered = available.is_subset(&scopes::split(&before.scopes));
        (before.client_digest == flow.client.digest && covered && !available.is_empty()).then_some(available)
    }

    /// Asks a person, or goes on without asking where they said yes to the same before.
    pub(super) fn ask(
        &self,
        flow_id: &Arc<str>,
        flow: &Flow,
        person: &SignedIn,
        notice: Option<&'static str>,
        id: &RequestId,
    ) -> Response {
        let who = &person.identity;
        let before = self.store.standing_grant(&who.tenant, &who.principal, &flow.client.id).unwrap_or_default();
        let available = self.available(flow, person);
        let held = before.as_ref().map(|it| scopes::split(&it.scopes)).unwrap_or_default();
        let changed = before.as_ref().is_some_and(|it| it.client_digest != flow.client.digest);
        if notice.is_none()
            && let Some(scopes) = self.agreed(flow, person)
            && self.take_flow(flow_id)
        {
            return self.conclude(flow, person, &scopes, id);
        }
        *flow.shown_to.lock() = Some(Arc::clone(&person.session));
        let mut views: Vec<ScopeView> = self.scopes.catalogue();
        views.retain(|it| flow.requested.contains(&*it.scope));
        for view in &mut views {
            view.requested = true;
            view.available = available.contains(&*view.scope);
            view.held = held.contains(&*view.scope);
            view.new = before.is_some() && !view.held;
        }
        let view = ConsentView {
            server: Arc::clone(&self.server),
            client: self.view(&flow.client, &flow.redirect_uri),
            person: who.name.clone().or_else(|| who.email.clone()),
            scopes: views,
            again: before.is_some(),
            changed,
            action: "/authorize/consent",
            flow: Arc::clone(flow_id),
            csrf: Arc::clone(&person.csrf),
            switch_account: format!("/sign-out?return_to=%2Fauthorize%2Fcontinue%3Fflow%3D{flow_id}").into(),
            notice,
        };
        page(self.pages.consent(&view), StatusCode::OK, Some(&onward(&flow.redirect_uri)))
    }

    /// Writes down what was agreed, and answers the client with a code.
    pub(super) fn conclude(
        &self,
        flow: &Flow,
        person: &SignedIn,
        chosen: &BTreeSet<String>,
        id: &RequestId,
    ) -> Response {
        match self.code(flow, person, chosen) {
            Ok(code) => {
                self.tell_person("consented", false, flow, person, id);
                see_other(&self.back_to(&flow.redirect_uri, flow.state.as_deref(), &[("code", &code)]))
            }
            Err(error) => {
                tracing::error!(error = %error, source = ?std::error::Error::source(&error), "a consent could not be kept");
                let answer = [("error", "server_error"), ("error_description", "try again later")];
                see_other(&self.back_to(&flow.redirect_uri, flow.state.as_deref(), &answer))
            }
        }
    }

    fn code(&self, flow: &Flow, person: &SignedIn, chosen: &BTreeSet<String>) -> Result<String> {
        let (who, now) = (&person.identity, self.clock.unix_secs());
        let code = secret("pc_")?;
        let agreement = Agreement {
            new_id: new_id("g-")?,
            tenant: who.tenant.clone(),
            principal: who.principal.clone(),
            client: flow.client.id.to_string(),
            client_digest: flow.client.digest,
            client_view: flow.client.kept_view(),
            scopes: scopes::joined(chosen),
            attributes: Attributes::of(who).written()?,
        };
        let kept = Code {
            hash: hashed(&code),
            redirect_uri: flow.redirect_uri.clone(),
            challenge: flow.challenge.clone(),
            realm_session: who.realm_session.as_deref().map(str::to_owned),
            expires_at: now + CODE_SECS,
        };
        let (grant, version) = self.store.authorise(&agreement, &kept, now)?;
        self.live.changed(&grant, version);
        Ok(code)
    }

    fn tell_person(&self, code: &'static str, refused: bool, flow: &Flow, person: &SignedIn, id: &RequestId) {
        let who = &person.identity;
        self.events.tell(&Event {
            code,
            refused,
            tenant: Some(&who.tenant),
            principal: Some(&who.principal),
            client: Some(&flow.client.id),
            request_id: &id.0,
        });
    }
}

/// Where a form's answer may lead: the client's own place.
pub(super) fn onward(redirect_uri: &str) -> String {
    match redirect::registrable(redirect_uri) {
        Some(redirect::Target::App(scheme)) => format!("{scheme}:"),
        Some(redirect::Target::Web(_) | redirect::Target::Loopback) | None => {
            url::Url::parse(redirect_uri).map(|it| it.origin().ascii_serialization()).unwrap_or_default()
        }
    }
}

/// `POST /authorize/consent`.
pub(super) async fn decide(
    State(authority): State<Arc<Authority>>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    RawForm(body): RawForm,
) -> Response {
    let (mut form, mut ticked, mut twice) = (super::answer::Params::new(), BTreeSet::new(), false);
    for (name, value) in url::form_urlencoded::parse(&body) {
        if name == "scope" {
            ticked.insert(value.into_owned());
        } else {
            twice |= form.insert(name.into_owned(), value.into_owned()).is_some();
        }
    }
    let stop = |code| {
        authority.refused(code, None, &id);
        authority.error_page(StatusCode::FORBIDDEN, NO_FLOW, &id, None)
    };
    if twice {
        return stop("repeated_parameter");
    }
    let Some((flow_id, flow)) = authority.flow(form.get("flow"), &headers) else { return stop("flow") };
    let Some(person) = authority.sessions.signed_in(&headers) else { return stop("not_signed_in") };
    if flow.shown_to.lock().as_ref() != Some(&person.session) {
        return stop("other_session");
    }
    if !csrf_matches(form.get("csrf"), &person.csrf) {
        return stop("csrf");
    }
    let chosen: BTreeSet<String> = authority.available(&flow, &person).intersection(&ticked).cloned().collect();
    match form.get("decision").map(String::as_str) {
        Some("allow") if chosen.is_empty() => authority.ask(
            &flow_id,
            &flow,
            &person,
            Some("Tick at least one thing that it may do, or do not allow it."),
            &id,
        ),
        Some("allow") if authority.take_flow(&flow_id) => authority.conclude(&flow, &person, &chosen, &id),
        Some("deny") if authority.take_flow(&flow_id) => {
            authority.tell_person("consent_denied", true, &flow, &person, &id);
            let answer = [("error", "access_denied"), ("error_description", "the person did not allow it")];
            see_other(&authority.back_to(&flow.redirect_uri, flow.state.as_deref(), &answer))
        }
        _ => stop("flow"),
    }
}
