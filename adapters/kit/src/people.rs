//! Inviting and moving the lead role.

use crate::check::{ensure, equal, failed, said, word};
use crate::fixture::Fixture;
use crate::trial::{Group::People, Trial, Verdict};
use postern_api::*;

pub(crate) fn trials() -> Vec<Trial> {
    use Op::*;
    vec![
        Trial::new(
            People,
            "an invitation makes a pending login",
            "role basic, listed",
            &[LoginInvite, LoginList],
            |f| Box::pin(invite(f)),
        ),
        Trial::new(People, "an address has one login", "`Conflict`, in any case", &[LoginInvite], |f| {
            Box::pin(twice(f))
        }),
        Trial::new(People, "a full organisation invites nobody", "`LimitReached`", &[LoginInvite, LoginList], |f| {
            Box::pin(full(f))
        }),
        Trial::new(
            People,
            "the lead role moves whole",
            "both roles change, both changes are recorded",
            &[LeadTransfer, LoginList],
            |f| Box::pin(transfer(f)),
        )
        .when(|f| f.own.lead.is_some() && f.own.member.is_some()),
        Trial::new(
            People,
            "only the lead gives the role away",
            "`Conflict` if `from` is not lead; nothing changes",
            &[LeadTransfer, LoginList],
            |f| Box::pin(not_lead(f)),
        )
        .when(|f| f.own.lead.is_some() && f.own.member.is_some()),
        Trial::new(
            People,
            "the same transfer twice moves the lead role once",
            "the same reference has one effect, also where the role went on meanwhile; a call that only looks has none",
            &[LeadTransfer, LoginList],
            |f| Box::pin(transfer_once(f)),
        )
        .when(|f| f.own.lead.is_some() && f.own.member.is_some()),
        Trial::new(
            People,
            "a pending login does not become lead",
            "`InvalidArgument` if `to` is not active; nothing changes",
            &[LeadTransfer, LoginInvite, LoginList],
            |f| Box::pin(pending(f)),
        )
        .when(|f| f.own.lead.is_some()),
    ]
}

/// An invitation for an address that nobody has.
pub(crate) fn invitation(organisation: ExternalId) -> Invitation {
    let week = jiff::SignedDuration::from_hours(7 * 24);
    Invitation {
        organisation,
        email: format!("{}@example.invalid", word()),
        first_name: "Kit".into(),
        last_name: "Guest".into(),
        by: "Kit Lead".into(),
        expires_at: jiff::Timestamp::now().saturating_add(week).unwrap_or(jiff::Timestamp::MAX),
        max_logins: None,
    }
}

async fn logins(f: &Fixture) -> Result<Vec<Login>, String> {
    f.open_all(&f.own, said("logins", f.identity()?.logins(&f.own_cx(), &f.own.external).await)?)
}

async fn invite(f: &Fixture) -> Verdict {
    let new = invitation(f.own.external.clone());
    let login = f.open(&f.own, said("invite", f.identity()?.invite(&f.own_cx(), &new).await)?)?;
    let listed = logins(f).await?.into_iter().find(|it| it.id == login.id).ok_or("the login is not listed")?;
    for login in [&login, &listed] {
        equal("email", &login.email, &new.email)?;
        equal("role and status", &(login.role, login.status), &(LoginRole::Basic, LoginStatus::Pending))?;
    }
    Ok(())
}

async fn twice(f: &Fixture) -> Verdict {
    let new = invitation(f.own.external.clone());
    said("invite", f.identity()?.invite(&f.own_cx(), &new).await)?;
    failed("inviting again", f.identity()?.invite(&f.own_cx(), &new).await, &[ErrorKind::Conflict])?;
    let upper = Invitation { email: new.email.to_uppercase(), ..new };
    failed("inviting in capitals", f.identity()?.invite(&f.own_cx(), &upper).await, &[ErrorKind::Conflict])
}

async fn full(f: &Fixture) -> Verdict {
    let before = logins(f).await?;
    let count = before.iter().filter(|it| it.status != LoginStatus::Disabled).count();
    let max = u32::try_from(count).map_err(|e| e.to_string())?;
    let new = Invitation { max_logins: Some(max), ..invitation(f.own.external.clone()) };
    failed("invite", f.identity()?.invite(&f.own_cx(), &new).await, &[ErrorKind::LimitReached])?;
    equal("logins", &logins(f).await?.len(), &before.len())?;
    let new = Invitation { max_logins: Some(max + 1), ..new };
    said("invite below the limit", f.identity()?.invite(&f.own_cx(), &new).await).map(drop)
}

fn leads(rows: &[Login]) -> Vec<ContactId> {
    rows.iter().filter(|it| it.role == LoginRole::Lead).map(|it| it.id.clone()).collect()
}

async fn transfer(f: &Fixture) -> Verdict {
    let (Some(lead), Some(member)) = (&f.own.lead, &f.own.member) else { return Ok(()) };
    for (from, to) in [(lead, member), (member, lead)] {
        let reason = Some(word());
        let organisation = f.own.external.clone();
        let transfer = LeadTransfer { organisation, from: from.clone(), to: to.clone(), reason: reason.clone() };
        let row = f.open(&f.own, said("transfer_lead", f.identity()?.transfer_lead(&f.own_cx(), &transfer).await)?)?;
        equal("the new lead", &(row.id, row.role), &(to.clone(), LoginRole::Lead))?;
        equal("leads", &leads(&logins(f).await?), &vec![to.clone()])?;
        if !f.adapter.supports().contains(&Op::RoleChangeList) {
            continue;
        }
        let changes = said("role_changes", f.identity()?.role_changes(&f.own_cx(), &f.own.external).await)?;
        let changes = f.open_all(&f.own, changes)?;
        for (who, was, is) in [(from, LoginRole::Lead, LoginRole::Basic), (to, LoginRole::Basic, LoginRole::Lead)] {
            let recorded =
                changes.iter().any(|it| (&it.login, it.from, it.to) == (who, Some(was), is) && it.reason == reason);
            ensure(recorded, || format!("the change of {who} is not recorded"))?;
        }
    }
    Ok(())
}

async fn transfer_once(f: &Fixture) -> Verdict {
    let (Some(lead), Some(member)) = (f.own.lead.clone(), f.own.member.clone()) else { return Ok(()) };
    let identity = f.identity()?;
    let transfer = |from: &ContactId, to: &ContactId| LeadTransfer {
        organisation: f.own.external.clone(),
        from: from.clone(),
        to: to.clone(),
        reason: None,
    };
    let cx = CallCx { reference: Some(format!("gw:{}", word())), ..f.own_cx() };
    let looking = CallCx { looking: true, ..f.own_cx() };
    let there = transfer(&lead, &member);
    failed("transfer_lead", identity.transfer_lead(&looking, &there).await, &[ErrorKind::Internal])?;
    equal("leads", &leads(&logins(f).await?), &vec![lead.clone()])?;
    for _ in 0..2 {
        said("transfer_lead", identity.transfer_lead(&cx, &there).await)?;
        equal("leads", &leads(&logins(f).await?), &vec![member.clone()])?;
    }
    let back = transfer(&member, &lead);
    said("transfer_lead", identity.transfer_lead(&f.own_cx(), &back).await)?;
    // The first write was carried out: sent again it does nothing, whoever is lead by now.
    said("transfer_lead", identity.transfer_lead(&cx, &there).await)?;
    equal("leads", &leads(&logins(f).await?), &vec![lead])
}

async fn not_lead(f: &Fixture) -> Verdict {
    let (Some(lead), Some(member)) = (f.own.lead.clone(), f.own.member.clone()) else { return Ok(()) };
    let before = leads(&logins(f).await?);
    let organisation = f.own.external.clone();
    let transfer = LeadTransfer { organisation, from: member, to: lead, reason: None };
    failed("transfer_lead", f.identity()?.transfer_lead(&f.own_cx(), &transfer).await, &[ErrorKind::Conflict])?;
    equal("leads", &leads(&logins(f).await?), &before)
}

async fn pending(f: &Fixture) -> Verdict {
    let Some(from) = f.own.lead.clone() else { return Ok(()) };
    let before = leads(&logins(f).await?);
    let invited = said("invite", f.identity()?.invite(&f.own_cx(), &invitation(f.own.external.clone())).await)?;
    let to = f.open(&f.own, invited)?.id;
    for to in [to, f.missing.contact.clone()] {
        let organisation = f.own.external.clone();
        let transfer = LeadTransfer { organisation, from: from.clone(), to, reason: None };
        let answer = f.identity()?.transfer_lead(&f.own_cx(), &transfer).await;
        failed("transfer_lead", answer, &[ErrorKind::InvalidArgument])?;
    }
    equal("leads", &leads(&logins(f).await?), &before)
}
