//! Portal users: inviting with a role, changing roles, resetting a login. On users that the kit invites itself.

use crate::check::{ensure, equal, failed, said, word};
use crate::fixture::Fixture;
use crate::trial::{Group, Trial, Verdict};
use Group::{People, Scope as InScope, Shape};
use postern_api::*;

pub(crate) fn trials() -> Vec<Trial> {
    use Op::*;
    vec![
        Trial::new(Shape, "portal users come by address", "by e-mail address, each once", &[PortalUserList], |f| {
            Box::pin(by_address(f))
        }),
        Trial::new(Shape, "access roles come by name", "by name, each id once, at least one", &[AccessRoleList], |f| {
            Box::pin(roles(f))
        }),
        Trial::new(Shape, "access events come newest first", "newest first, filtered", &[AccessEventList], |f| {
            Box::pin(events(f))
        }),
        Trial::new(InScope, "foreign portal users are not listed", "no row, or refused", &[PortalUserList], |f| {
            Box::pin(foreign_users(f))
        }),
        Trial::new(InScope, "foreign access events are not listed", "no row, or refused", &[AccessEventList], |f| {
            Box::pin(foreign_events(f))
        }),
        Trial::new(
            InScope,
            "a foreign portal user is not touched",
            "a user out of reach, or of another organisation than is said, is missing; nothing changes",
            &[PortalUserList, AccessChange, AccessReset, PortalUserInvite],
            |f| Box::pin(foreign_user(f)),
        ),
        Trial::new(
            People,
            "a portal user is invited once",
            "pending, with the role; the same reference has one effect; the address again: `Conflict`",
            &[PortalUserInvite, PortalUserList, AccessRoleList],
            |f| Box::pin(invite(f)),
        ),
        Trial::new(
            People,
            "an internal or unknown role is never given",
            "`InvalidArgument` at invitation and at change, and nothing changes",
            &[PortalUserInvite, AccessChange, PortalUserList, AccessRoleList],
            |f| Box::pin(internal_role(f)),
        ),
        Trial::new(
            People,
            "roles change from what was previewed",
            "`Conflict` where the user has other roles by now; the same reference has one effect",
            &[PortalUserInvite, AccessChange, PortalUserList, AccessRoleList],
            |f| Box::pin(change(f)),
        ),
        Trial::new(
            People,
            "a login is switched off and on",
            "each once, `Conflict` where there is nothing to do; every reset stands among the events",
            &[PortalUserInvite, AccessReset, PortalUserList, AccessRoleList, AccessEventList],
            |f| Box::pin(reset(f)),
        ),
        Trial::new(
            People,
            "a reset fits how the login stands",
            "`Conflict` for an invitation that waits, but for sending that again: then it waits with a new end",
            &[PortalUserInvite, AccessReset, PortalUserList, AccessRoleList],
            |f| Box::pin(waiting(f)),
        ),
        Trial::new(
            People,
            "words that no invitation carries are refused",
            "`InvalidArgument`, and nobody is invited",
            &[PortalUserInvite, PortalUserList, AccessRoleList],
            |f| Box::pin(no_words(f)),
        )
        .when(|f| !f.caps.invitation_words),
        Trial::new(
            People,
            "a call that only looks changes nobody's access",
            "every write fails, and nothing changes",
            &[PortalUserInvite, AccessChange, AccessReset, PortalUserList, AccessRoleList, LoginInvite],
            |f| Box::pin(only_looking(f)),
        ),
    ]
}

async fn users(f: &Fixture) -> Result<Vec<PortalUser>, String> {
    f.open_all(&f.own, said("portal_users", f.identity()?.portal_users(&f.own_cx(), &f.own.external).await)?)
}

async fn user(f: &Fixture, id: &ContactId) -> Result<PortalUser, String> {
    users(f).await?.into_iter().find(|it| it.id == *id).ok_or_else(|| format!("user {id} is not listed"))
}

async fn by_address(f: &Fixture) -> Verdict {
    let rows = users(f).await?;
    ensure(!rows.is_empty(), || "no portal users".into())?;
    ensure(rows.is_sorted_by(|a, b| a.email < b.email), || "not by e-mail address, or one twice".into())?;
    ensure(rows.iter().all(|it| it.email == it.email.to_lowercase()), || "an address is not lower case".into())
}

async fn all_roles(f: &Fixture) -> Result<Vec<AccessRole>, String> {
    said("access_roles", f.identity()?.access_roles(&f.own_cx()).await)
}

async fn roles(f: &Fixture) -> Verdict {
    let rows = all_roles(f).await?;
    ensure(!rows.is_empty(), || "no access roles".into())?;
    ensure(rows.is_sorted_by_key(|it| it.name.to_lowercase()), || "not by name".into())?;
    let ids: std::collections::BTreeSet<_> = rows.iter().map(|it| &it.id).collect();
    equal("ids", &ids.len(), &rows.len())?;
    ensure(!rows.iter().any(|it| it.internal && it.is_default), || "a new user gets an internal role".into())
}

/// Two roles that customers may have, where there are two.
async fn two_roles(f: &Fixture) -> Result<(AccessRoleId, AccessRoleId), String> {
    let mut ids = all_roles(f).await?.into_iter().filter(|it| !it.internal).map(|it| it.id);
    let first = ids.next().ok_or("no access role for customers")?;
    let second = ids.next().unwrap_or_else(|| first.clone());
    Ok((first, second))
}

fn query(side: &crate::Side) -> AccessEventQuery {
    AccessEventQuery { organisation: side.external.clone(), user: None, kinds: vec![], since: None, limit: 200 }
}

async fn listed(f: &Fixture, query: &AccessEventQuery) -> Result<Vec<AccessEvent>, String> {
    f.open_all(&f.own, said("access_events", f.identity()?.access_events(&f.own_cx(), query).await)?)
}

async fn events(f: &Fixture) -> Verdict {
    let all = listed(f, &query(&f.own)).await?;
    ensure(all.is_sorted_by(|a, b| a.at >= b.at), || "not newest first".into())?;
    let first = all.first().ok_or("no access events")?;
    let only = AccessEventQuery { kinds: vec![first.kind], since: Some(first.at), ..query(&f.own) };
    let some = listed(f, &only).await?;
    ensure(!some.is_empty(), || "the newest event is not found by its kind and time".into())?;
    ensure(some.iter().all(|it| it.kind == first.kind && it.at >= first.at), || "an event does not match".into())?;
    let one = listed(f, &AccessEventQuery { limit: 1, ..query(&f.own) }).await?;
    equal("events on a page of 1", &one.len(), &1)?;
    let user = all.iter().find_map(|it| it.user.clone());
    let of = listed(f, &AccessEventQuery { user: user.clone(), ..query(&f.own) }).await?;
    ensure(of.iter().all(|it| user.is_none() || it.user == user), || "another user's event".into())
}

async fn foreign_users(f: &Fixture) -> Verdict {
    let identity = f.identity()?;
    let there = said("portal_users", identity.portal_users(&f.both_cx(), &f.foreign.external).await)?;
    ensure(!f.open_all(&f.foreign, there)?.is_empty(), || "the other organisation has no portal users".into())?;
    crate::scope::no_rows(identity.portal_users(&f.own_cx(), &f.foreign.external).await)
}

async fn foreign_events(f: &Fixture) -> Verdict {
    crate::scope::no_rows(f.identity()?.access_events(&f.own_cx(), &query(&f.foreign)).await)
}

async fn foreign_user(f: &Fixture) -> Verdict {
    let identity = f.identity()?;
    let there = async || -> Result<Vec<PortalUser>, String> {
        let rows = said("portal_users", identity.portal_users(&f.both_cx(), &f.foreign.external).await)?;
        f.open_all(&f.foreign, rows)
    };
    let before = there().await?;
    let user = before.first().ok_or("the other organisation has no portal users")?.clone();
    for (cx, organisation) in [(f.own_cx(), f.foreign.external.clone()), (f.both_cx(), f.own.external.clone())] {
        let change = AccessChange {
            organisation: organisation.clone(),
            user: user.id.clone(),
            from: user.roles.clone(),
            to: vec![],
            reason: None,
            by: "Kit".into(),
        };
        failed("change_access", identity.change_access(&cx, &change).await, &[ErrorKind::NotFound])?;
        for reset in [AccessReset::Disable, AccessReset::Enable, AccessReset::PasswordReset] {
            let (organisation, user) = (organisation.clone(), user.id.clone());
            let order = ResetOrder { organisation, user, reset, reason: "kit".into(), by: "Kit".into() };
            failed("reset_access", identity.reset_access(&cx, &order).await, &[ErrorKind::NotFound])?;
        }
    }
    let (role, _) = two_roles(f).await?;
    let new = PortalInvitation { organisation: f.foreign.external.clone(), ..invitation(f, role) };
    failed("invite_user", identity.invite_user(&f.own_cx(), &new).await, &[ErrorKind::NotFound])?;
    equal("the other organisation's users", &there().await?, &before)
}

fn invitation(f: &Fixture, role: AccessRoleId) -> PortalInvitation {
    let basic = crate::people::invitation(f.own.external.clone());
    PortalInvitation {
        organisation: basic.organisation,
        email: basic.email,
        first_name: basic.first_name,
        last_name: basic.last_name,
        role,
        message: f.caps.invitation_words.then(|| "Welcome".into()),
        expires_at: basic.expires_at,
        by: basic.by,
    }
}

async fn invited(f: &Fixture, role: AccessRoleId) -> Result<PortalUser, String> {
    f.open(&f.own, said("invite_user", f.identity()?.invite_user(&f.own_cx(), &invitation(f, role)).await)?)
}

async fn invite(f: &Fixture) -> Verdict {
    let (role, _) = two_roles(f).await?;
    let new = invitation(f, role.clone());
    let cx = CallCx { reference: Some(format!("gw:{}", word())), ..f.own_cx() };
    let before = users(f).await?.len();
    let first = f.open(&f.own, said("invite_user", f.identity()?.invite_user(&cx, &new).await)?)?;
    let again = f.open(&f.own, said("invite_user", f.identity()?.invite_user(&cx, &new).await)?)?;
    equal("the second answer", &again, &first)?;
    equal("the user", &user(f, &first.id).await?, &first)?;
    equal("email", &first.email, &new.email)?;
    equal("role and status", &(first.roles, first.status), &(vec![role], LoginStatus::Pending))?;
    equal("the end", &first.expires_at.map(|it| it.as_second()), &Some(new.expires_at.as_second()))?;
    equal("users", &users(f).await?.len(), &(before + 1))?;
    let upper = PortalInvitation { email: new.email.to_uppercase(), ..new };
    failed("inviting again", f.identity()?.invite_user(&f.own_cx(), &upper).await, &[ErrorKind::Conflict])
}

async fn internal_role(f: &Fixture) -> Verdict {
    let unknown = AccessRoleId::new(&word()).map_err(|e| e.to_string())?;
    let internal = all_roles(f).await?.into_iter().filter(|it| it.internal).map(|it| it.id);
    let (role, _) = two_roles(f).await?;
    let user = invited(f, role.clone()).await?;
    let before = users(f).await?;
    for bad in internal.chain([unknown]) {
        let answer = f.identity()?.invite_user(&f.own_cx(), &invitation(f, bad.clone())).await;
        failed("invite_user", answer, &[ErrorKind::InvalidArgument])?;
        let change = AccessChange {
            organisation: f.own.external.clone(),
            user: user.id.clone(),
            from: user.roles.clone(),
            to: vec![role.clone(), bad],
            reason: None,
            by: "Kit".into(),
        };
        let answer = f.identity()?.change_access(&f.own_cx(), &change).await;
        failed("change_access", answer, &[ErrorKind::InvalidArgument])?;
    }
    equal("users", &users(f).await?, &before)
}

async fn change(f: &Fixture) -> Verdict {
    let (role, other) = two_roles(f).await?;
    let guest = invited(f, role.clone()).await?;
    let change = |from: &[AccessRoleId], to: &[AccessRoleId]| AccessChange {
        organisation: f.own.external.clone(),
        user: guest.id.clone(),
        from: from.to_vec(),
        to: to.to_vec(),
        reason: Some("kit".into()),
        by: "Kit".into(),
    };
    let identity = f.identity()?;
    let stale = change(&[], std::slice::from_ref(&other));
    failed("a stale change", identity.change_access(&f.own_cx(), &stale).await, &[ErrorKind::Conflict])?;
    equal("roles", &user(f, &guest.id).await?.roles, &guest.roles)?;
    let mut both = vec![role.clone(), other];
    both.sort();
    both.dedup();
    let cx = CallCx { reference: Some(format!("gw:{}", word())), ..f.own_cx() };
    for _ in 0..2 {
        let now = f.open(
            &f.own,
            said("change_access", identity.change_access(&cx, &change(std::slice::from_ref(&role), &both)).await)?,
        )?;
        let mut roles = now.roles.clone();
        roles.sort();
        equal("roles", &roles, &both)?;
        equal("the user", &user(f, &guest.id).await?, &now)?;
    }
    Ok(())
}

async fn reset(f: &Fixture) -> Verdict {
    let guest = invited(f, two_roles(f).await?.0).await?;
    let identity = f.identity()?;
    let reason = word();
    let order = |reset| ResetOrder {
        organisation: f.own.external.clone(),
        user: guest.id.clone(),
        reset,
        reason: reason.clone(),
        by: "Kit".into(),
    };
    for (reset, off) in [(AccessReset::Disable, true), (AccessReset::Enable, false)] {
        let cx = CallCx { reference: Some(format!("gw:{}", word())), ..f.own_cx() };
        for _ in 0..2 {
            let now = f.open(&f.own, said("reset_access", identity.reset_access(&cx, &order(reset)).await)?)?;
            equal("switched off", &(now.status == LoginStatus::Disabled), &off)?;
            equal("the user", &user(f, &guest.id).await?, &now)?;
        }
        let again = identity.reset_access(&f.own_cx(), &order(reset)).await;
        failed("the same again", again, &[ErrorKind::Conflict])?;
    }
    let query = AccessEventQuery { user: Some(guest.id.clone()), kinds: vec![AccessEventKind::Reset], ..query(&f.own) };
    let kept = listed(f, &query).await?;
    let with_reason = |it: &AccessEvent| it.detail.as_ref().is_some_and(|text| text.expose().contains(&reason));
    equal("resets among the events", &kept.iter().filter(|it| with_reason(it)).count(), &2)
}

async fn waiting(f: &Fixture) -> Verdict {
    let guest = invited(f, two_roles(f).await?.0).await?;
    let identity = f.identity()?;
    let order = |reset| ResetOrder {
        organisation: f.own.external.clone(),
        user: guest.id.clone(),
        reset,
        reason: "kit".into(),
        by: "Kit".into(),
    };
    for reset in [AccessReset::Enable, AccessReset::PasswordReset, AccessReset::TwoFactorReset, AccessReset::Unlock] {
        let answer = identity.reset_access(&f.own_cx(), &order(reset)).await;
        failed("a reset that does not fit", answer, &[ErrorKind::Conflict])?;
    }
    let before = jiff::Timestamp::now();
    let again = identity.reset_access(&f.own_cx(), &order(AccessReset::ReissueInvitation)).await;
    let again = f.open(&f.own, said("reset_access", again)?)?;
    equal("status", &again.status, &LoginStatus::Pending)?;
    ensure(again.expires_at.is_some_and(|it| it > before), || "the invitation has no end to come".into())?;
    equal("the user", &user(f, &guest.id).await?, &again)
}

async fn no_words(f: &Fixture) -> Verdict {
    let before = users(f).await?;
    let new = PortalInvitation { message: Some("Welcome".into()), ..invitation(f, two_roles(f).await?.0) };
    let answer = f.identity()?.invite_user(&f.own_cx(), &new).await;
    failed("an invitation with words", answer, &[ErrorKind::InvalidArgument])?;
    equal("users", &users(f).await?, &before)
}

async fn only_looking(f: &Fixture) -> Verdict {
    let (role, _) = two_roles(f).await?;
    let guest = invited(f, role.clone()).await?;
    let before = users(f).await?;
    let identity = f.identity()?;
    let cx = CallCx { looking: true, ..f.own_cx() };
    let refused = &[ErrorKind::Internal];
    failed("invite", identity.invite(&cx, &crate::people::invitation(f.own.external.clone())).await, refused)?;
    failed("invite_user", identity.invite_user(&cx, &invitation(f, role)).await, refused)?;
    let (organisation, user) = (f.own.external.clone(), guest.id.clone());
    let change = AccessChange { organisation, user, from: guest.roles, to: vec![], reason: None, by: "Kit".into() };
    failed("change_access", identity.change_access(&cx, &change).await, refused)?;
    let (organisation, user) = (f.own.external.clone(), guest.id);
    let order = ResetOrder { organisation, user, reset: AccessReset::Disable, reason: "kit".into(), by: "Kit".into() };
    failed("reset_access", identity.reset_access(&cx, &order).await, refused)?;
    equal("users", &users(f).await?, &before)
}
