//! Reading the claims of a token whose signature holds.
//!
//! **Invariant:** a claim of another shape refuses the token; nothing is guessed, split or converted.

use super::{KnownRoles, Person, Trusted};
use crate::caller::{Caller, Principal, Rests};
use crate::edge::realm::RealmConfig;
use crate::edge::reason::Reason;
use postern_api::OrganisationId;
use postern_policies::Realm;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The end of the year 9999; a later time is a mistake or an attack.
const LAST_SECOND: i64 = 253_402_300_799;
pub(super) const LIST_LIMIT: usize = 256;
const ASSIGNED_LIMIT: usize = 2_000;
const TEXT_LIMIT: usize = 512;
/// Claims of ID and logout tokens that no access token has.
const OTHER_KINDS: [&str; 3] = ["events", "at_hash", "c_hash"];

pub(super) type Claims = Map<String, Value>;

/// When a token ends, checked.
#[derive(Clone, Copy)]
pub(super) struct Times {
    ends: i64,
    issued: Option<i64>,
}

impl Times {
    /// When the token ends, seconds since 1970.
    pub(super) fn ends(self) -> i64 {
        self.ends
    }

    /// When it was issued, seconds since 1970; 0 where it does not say.
    pub(super) fn issued_at(self) -> i64 {
        self.issued.unwrap_or_default()
    }
}

/// Checks `exp`, `nbf` and `iat`: whole seconds, in order, and now among them.
pub(super) fn times(claims: &Claims, now: i64, leeway: u32) -> Result<Times, Reason> {
    let leeway = i64::from(leeway);
    let ends = time(claims, "exp")?.ok_or(Reason::Times)?;
    let begins = time(claims, "nbf")?;
    let issued = time(claims, "iat")?;
    if issued.is_some_and(|it| it > ends) || begins.is_some_and(|it| it > ends) {
        return Err(Reason::Times);
    }
    if now >= ends.saturating_add(leeway) {
        return Err(Reason::Expired);
    }
    if begins.into_iter().chain(issued).any(|it| it > now.saturating_add(leeway)) {
        return Err(Reason::NotYetValid);
    }
    Ok(Times { ends, issued })
}

pub(super) fn time(claims: &Claims, name: &str) -> Result<Option<i64>, Reason> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let value = value.as_i64().filter(|it| (0..=LAST_SECOND).contains(it));
    value.map(Some).ok_or(Reason::Times)
}

/// Reads the caller, and the token's own id.
pub(super) fn read(
    claims: &Claims,
    from: &Trusted,
    times: Times,
    known: &dyn KnownRoles,
) -> Result<(Caller, Option<Box<str>>), Reason> {
    let config = &from.config;
    kind(claims, config)?;
    audience(claims, config, &from.audiences)?;
    let client = client(claims, config)?;
    if config.required_claims.iter().any(|it| find(claims, it).is_none_or(Value::is_null)) {
        return Err(Reason::Claims);
    }
    let token_id = text(claims, "jti")?.map(Box::from);
    let person = person(claims, from, known)?;
    let caller = Caller {
        principal: person.principal,
        realm: from.realm,
        tenant: from.tenant.clone(),
        organisation: person.organisation,
        assigned: person.assigned,
        roles: Arc::new(person.roles),
        scopes: scopes(claims, &config.claims.scope)?.map(Arc::new),
        service: client.as_ref().is_some_and(|it| config.service_clients.iter().any(|name| *name == **it)),
        client: client.map(Arc::from),
        name: person.name,
        email: person.email,
        expires_at: times.ends,
        rests: Rests { realm_session: person.session, issued_at: times.issued_at(), ..Rests::default() },
    };
    Ok((caller, token_id))
}

/// Who a token is about: access and ID tokens are read alike.
pub(super) fn person(claims: &Claims, from: &Trusted, known: &dyn KnownRoles) -> Result<Person, Reason> {
    let names = &from.config.claims;
    let subject = text(claims, "sub")?.filter(|it| it.len() <= 255).ok_or(Reason::Claims)?;
    let roles = strings(claims, &names.roles, LIST_LIMIT)?.unwrap_or_default();
    let roles = roles.into_iter().filter(|it| known.knows(from.realm, it)).map(str::to_owned).collect();
    let (organisation, assigned) = match from.realm {
        Realm::Customer => (Some(organisation(claims, &names.organisation)?), None),
        Realm::Employee => (None, assigned(claims, &names.assigned_organisations)?),
    };
    let verified = match find(claims, &names.email_verified) {
        None => false,
        Some(it) => it.as_bool().ok_or(Reason::Claims)?,
    };
    let email = text(claims, &names.email)?.filter(|it| verified && it.len() <= 320);
    Ok(Person {
        principal: Principal { issuer: Arc::clone(&from.issuer), subject: subject.into() },
        realm: from.realm,
        tenant: from.tenant.clone(),
        organisation,
        assigned,
        roles,
        name: text(claims, &names.name)?.map(Arc::from),
        email: email.map(|it| it.to_lowercase().into()),
        session: text(claims, "sid")?.map(Arc::from),
    })
}

/// An access token that whoever holds it may use, and no other kind of token.
fn kind(claims: &Claims, config: &RealmConfig) -> Result<(), Reason> {
    let sent = match claims.get("typ") {
        None => "",
        Some(it) => it.as_str().ok_or(Reason::TokenType)?,
    };
    if !config.token_types.iter().any(|it| it == sent) || OTHER_KINDS.iter().any(|it| claims.contains_key(*it)) {
        return Err(Reason::TokenType);
    }
    // RFC 7800: the token is bound to a key, and a bearer did not show that it holds it.
    if claims.contains_key("cnf") {
        return Err(Reason::SenderConstrained);
    }
    Ok(())
}

fn audience(claims: &Claims, config: &RealmConfig, ours: &[String]) -> Result<(), Reason> {
    let named = match claims.get("aud") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(_)) => strings(claims, "aud", LIST_LIMIT).ok().flatten().ok_or(Reason::Audience)?,
        Some(_) | None => return Err(Reason::Audience),
    };
    let is_ours = |it: &str| ours.iter().any(|own| own == it);
    let is_known = |it: &str| is_ours(it) || config.other_audiences.iter().any(|other| other == it);
    if !named.iter().any(|it| is_ours(it)) || (config.strict_audience && !named.iter().all(|it| is_known(it))) {
        return Err(Reason::Audience);
    }
    Ok(())
}

fn client<'a>(claims: &'a Claims, config: &RealmConfig) -> Result<Option<&'a str>, Reason> {
    let client = match text(claims, &config.claims.client)? {
        Some(it) => Some(it),
        None => text(claims, "client_id")?,
    };
    let listed = |it: &str| config.clients.iter().any(|one| one == it);
    if !config.clients.is_empty() && !client.is_some_and(listed) {
        return Err(Reason::Client);
    }
    Ok(client)
}

fn organisation(claims: &Claims, name: &str) -> Result<OrganisationId, Reason> {
    let text = find(claims, name).and_then(Value::as_str).ok_or(Reason::Organisation)?;
    OrganisationId::new(text).map_err(|_| Reason::Organisation)
}

fn assigned(claims: &Claims, name: &str) -> Result<Option<BTreeSet<OrganisationId>>, Reason> {
    let Some(listed) = strings(claims, name, ASSIGNED_LIMIT)? else { return Ok(None) };
    let ids = listed.into_iter().map(OrganisationId::new).collect::<Result<_, _>>();
    ids.map(Some).map_err(|_| Reason::Organisation)
}

pub(super) fn scopes(claims: &Claims, name: &str) -> Result<Option<BTreeSet<String>>, Reason> {
    let listed = match find(claims, name) {
        None => return Ok(None),
        Some(Value::String(one)) => one.split(' ').filter(|it| !it.is_empty()).collect(),
        Some(_) => strings(claims, name, LIST_LIMIT)?.unwrap_or_default(),
    };
    if listed.len() > LIST_LIMIT {
        return Err(Reason::Claims);
    }
    Ok(Some(listed.into_iter().map(str::to_owned).collect()))
}

/// A claim by name; where no claim has the whole name, `a.b` is the member `b` of `a`.
fn find<'a>(claims: &'a Claims, name: &str) -> Option<&'a Value> {
    if let Some(whole) = claims.get(name) {
        return Some(whole);
    }
    let (first, rest) = name.split_once('.')?;
    find(claims.get(first)?.as_object()?, rest)
}

/// A text, absent, or a refusal. An empty text is absent.
pub(super) fn text<'a>(claims: &'a Claims, name: &str) -> Result<Option<&'a str>, Reason> {
    let Some(value) = find(claims, name) else { return Ok(None) };
    let value = value.as_str().ok_or(Reason::Claims)?;
    if value.len() > TEXT_LIMIT || value.chars().any(char::is_control) {
        return Err(Reason::Claims);
    }
    Ok(Some(value).filter(|it| !it.is_empty()))
}

/// An array of short texts, absent, or a refusal.
pub(super) fn strings<'a>(claims: &'a Claims, name: &str, limit: usize) -> Result<Option<Vec<&'a str>>, Reason> {
    let Some(value) = find(claims, name) else { return Ok(None) };
    let listed = value.as_array().filter(|it| it.len() <= limit).ok_or(Reason::Claims)?;
    let fits = |it: &&str| it.len() <= TEXT_LIMIT && !it.chars().any(char::is_control);
    let read = listed.iter().map(|it| it.as_str().filter(fits)).collect::<Option<Vec<_>>>();
    read.map(Some).ok_or(Reason::Claims)
}
