//! Portal records: settings, workspaces, questions, forms, consents, figures.

use crate::check::{ensure, equal, failed, said, word};
use crate::fixture::Fixture;
use crate::trial::{Group, Trial, Verdict};
use Group::{Scope as InScope, Shape, Visibility, Writes};
use jiff::Timestamp;
use postern_api::*;
use std::collections::BTreeMap;

pub(crate) fn trials() -> Vec<Trial> {
    use Op::*;
    vec![
        Trial::new(
            Writes,
            "branding is set and reads back",
            "what was set is what is read; the same reference has one effect",
            &[BrandingGet, BrandingSet],
            |f| Box::pin(branding(f)),
        ),
        Trial::new(Shape, "forms come by name", "by name, each with its fields", &[FormList], |f| Box::pin(forms(f))),
        Trial::new(
            Visibility,
            "published questions hold nothing for employees",
            "`published_only` leaves out drafts and what describes how the MSP works inside",
            &[FaqList],
            |f| Box::pin(published(f)),
        ),
        Trial::new(
            Writes,
            "a question is kept and changed",
            "by category, filtered; the same reference has one effect; missing: `NotFound`",
            &[FaqList, FaqSet],
            |f| Box::pin(faq(f)),
        ),
        Trial::new(
            Writes,
            "an internal answer is not published",
            "`Conflict`, and nothing changes",
            &[FaqList, FaqSet],
            |f| Box::pin(internal_answer(f)),
        ),
        Trial::new(
            Writes,
            "a submission fits its form",
            "what is missing, unknown, too long or no choice is `InvalidArgument`; the same reference has one effect",
            &[FormList, SubmissionRecord],
            |f| Box::pin(submission(f)),
        ),
        Trial::new(
            Writes,
            "a consent is added and never changed",
            "oldest first; what was kept stays as it was; the same reference has one effect",
            &[ConsentList, ConsentRecord],
            |f| Box::pin(consent(f)),
        ),
        Trial::new(
            InScope,
            "nothing is agreed to for another organisation",
            "out of reach, and another organisation's contact: refused, nothing kept",
            &[ConsentList, ConsentRecord],
            |f| Box::pin(foreign_consent(f)),
        ),
        Trial::new(
            InScope,
            "a foreign portal does not open",
            "missing, or owned by the other; none is made there",
            &[WorkspaceGet, WorkspaceCreate],
            |f| Box::pin(foreign_workspace(f)),
        ),
        Trial::new(
            Writes,
            "a customer has one portal",
            "a second one is `Conflict`, and the first stays as it was",
            &[WorkspaceGet, WorkspaceCreate, AccessRoleList],
            |f| Box::pin(second_workspace(f)),
        ),
        Trial::new(
            Writes,
            "figures are kept for who is in reach",
            "a time that ends before it begins, a figure that is none and an organisation out of reach are refused",
            &[SnapshotRecord],
            |f| Box::pin(snapshot(f)),
        ),
    ]
}

fn port(f: &Fixture) -> Result<&dyn Portal, String> {
    f.adapter.portal().ok_or_else(|| "the adapter has no portal records".to_owned())
}

fn with_reference(f: &Fixture) -> CallCx {
    CallCx { reference: Some(format!("gw:{}", word())), ..f.own_cx() }
}

async fn branding(f: &Fixture) -> Verdict {
    let portal = port(f)?;
    let read = async || said("branding", portal.branding(&f.own_cx()).await);
    let same = |a: &Branding, b: &Branding| {
        Branding { updated_at: None, ..a.clone() } == Branding { updated_at: None, ..b.clone() }
    };
    let before = read().await?;
    let ours = Branding {
        welcome_text: Some(format!("Welcome {}", word())),
        login_text: Some(format!("Sign in {}", word())),
        login_image_url: Some("https://cdn.example/door.png".into()),
        ..before.clone()
    };
    let cx = with_reference(f);
    let set = said("set_branding", portal.set_branding(&cx, &ours).await)?;
    ensure(same(&set, &ours) && same(&read().await?, &ours), || "not what was set".into())?;
    said("set_branding", portal.set_branding(&f.own_cx(), &before).await)?;
    said("set_branding", portal.set_branding(&cx, &ours).await)?;
    ensure(same(&read().await?, &before), || "the same write undid a later one".into())
}

async fn all_forms(f: &Fixture) -> Result<Vec<FormTemplate>, String> {
    said("forms", port(f)?.forms(&f.own_cx()).await)
}

async fn forms(f: &Fixture) -> Verdict {
    let rows = all_forms(f).await?;
    ensure(!rows.is_empty(), || "no forms".into())?;
    ensure(rows.is_sorted_by_key(|it| it.name.to_lowercase()), || "not by name".into())?;
    ensure(rows.iter().all(|it| !it.fields.is_empty()), || "a form has no fields".into())
}

async fn questions(f: &Fixture, query: &FaqQuery) -> Result<Vec<FaqEntry>, String> {
    said("faq", port(f)?.faq(&f.own_cx(), query).await)
}

async fn published(f: &Fixture) -> Verdict {
    let all = questions(f, &FaqQuery::default()).await?;
    let for_customers = |it: &FaqEntry| it.state == FaqState::Published && !it.internal;
    let expected = all.iter().filter(|it| for_customers(it)).count();
    ensure(expected > 0 && expected < all.len(), || "a public and another question are expected".into())?;
    let rows = questions(f, &FaqQuery { published_only: true, ..FaqQuery::default() }).await?;
    ensure(rows.iter().all(for_customers), || "one is not for customers".into())?;
    equal("questions", &rows.len(), &expected)
}

fn change(question: &str) -> FaqChange {
    FaqChange {
        id: None,
        question: question.to_owned(),
        answer: "It's \"odd\" <b>text</b>".to_owned(),
        category: "Kit".to_owned(),
        language: "en".to_owned(),
        segments: vec![],
        state: FaqState::Draft,
        sensitive: false,
        by: "Kit".to_owned(),
    }
}

async fn faq(f: &Fixture) -> Verdict {
    let portal = port(f)?;
    let new = change(&format!("What is {}?", word()));
    let cx = with_reference(f);
    let first = said("set_faq", portal.set_faq(&cx, &new).await)?;
    let again = said("set_faq", portal.set_faq(&cx, &new).await)?;
    equal("the second question", &again.id, &first.id)?;
    let changed = FaqChange { id: Some(first.id.clone()), state: FaqState::Reviewed, ..new.clone() };
    equal("the changed one", &said("set_faq", portal.set_faq(&f.own_cx(), &changed).await)?.id, &first.id)?;
    let query = FaqQuery { category: Some("Kit".into()), language: Some("en".into()), published_only: false };
    let rows = questions(f, &query).await?;
    ensure(rows.iter().all(|it| it.category == "Kit" && it.language == "en"), || "one does not match".into())?;
    let kept: Vec<_> = rows.iter().filter(|it| it.question.expose() == new.question).collect();
    let seen: Vec<_> = kept.iter().map(|it| (it.id.clone(), it.answer.expose(), it.state)).collect();
    equal("what is kept", &seen, &vec![(first.id.clone(), new.answer.as_str(), FaqState::Reviewed)])?;
    let all = questions(f, &FaqQuery::default()).await?;
    ensure(all.is_sorted_by_key(|it| it.category.to_lowercase()), || "not by category".into())?;
    let missing = FaqChange { id: Some(FaqId::new(&word()).map_err(|e| e.to_string())?), ..new };
    failed("changing what is not there", portal.set_faq(&f.own_cx(), &missing).await, &[ErrorKind::NotFound])
}

async fn internal_answer(f: &Fixture) -> Verdict {
    let all = questions(f, &FaqQuery::default()).await?;
    for internal in all.iter().filter(|it| it.internal) {
        let publish = FaqChange { id: Some(internal.id.clone()), state: FaqState::Published, ..change("Open?") };
        failed("publishing it", port(f)?.set_faq(&f.own_cx(), &publish).await, &[ErrorKind::Conflict])?;
    }
    equal("questions", &format!("{:?}", questions(f, &FaqQuery::default()).await?), &format!("{all:?}"))
}

async fn submission(f: &Fixture) -> Verdict {
    let portal = port(f)?;
    let form = all_forms(f).await?.into_iter().find(|it| it.fields.iter().any(|it| it.required));
    let form = form.ok_or("no form with a field that has to be filled in")?;
    let answer = |it: &FormField| (it.name.clone(), it.choices.first().cloned().unwrap_or_else(|| "1".to_owned()));
    let answers: BTreeMap<_, _> = form.fields.iter().filter(|it| it.required).map(answer).collect();
    let new = NewSubmission {
        organisation: f.own.external.clone(),
        form: form.id.clone(),
        answers: answers.clone(),
        submitted_by: "Kit Requester".into(),
        source: "portal".into(),
        files: vec!["scan.pdf".into()],
    };
    let cx = with_reference(f);
    let first = f.open(&f.own, said("record_submission", portal.record_submission(&cx, &new).await)?)?;
    let again = f.open(&f.own, said("record_submission", portal.record_submission(&cx, &new).await)?)?;
    equal("the second submission", &(again.id, again.at), &(first.id, first.at))?;
    equal("form", &first.form, &form.id)?;
    let mut bad = vec![BTreeMap::new()];
    bad.push(answers.iter().map(|(name, it)| (name.clone(), it.clone())).chain([(word(), "1".into())]).collect());
    for field in form.fields.iter().filter(|it| it.required) {
        let longest = usize::try_from(field.max_length).map_err(|e| e.to_string())?;
        let mut long = answers.clone();
        long.insert(field.name.clone(), "9".repeat(longest + 1));
        let mut blank = answers.clone();
        blank.insert(field.name.clone(), " ".to_owned());
        bad.extend([long, blank]);
        if !field.choices.is_empty() {
            let mut other = answers.clone();
            other.insert(field.name.clone(), "?".to_owned());
            bad.push(other);
        }
    }
    for answers in bad {
        let new = NewSubmission { answers, ..new.clone() };
        failed("a bad submission", portal.record_submission(&f.own_cx(), &new).await, &[ErrorKind::InvalidArgument])?;
    }
    let there = NewSubmission { organisation: f.foreign.external.clone(), ..new.clone() };
    failed("out of reach", portal.record_submission(&f.own_cx(), &there).await, &[ErrorKind::NotFound])?;
    let missing = NewSubmission { form: FormId::new(&word()).map_err(|e| e.to_string())?, ..new };
    failed("a missing form", portal.record_submission(&f.own_cx(), &missing).await, &[ErrorKind::NotFound])
}

async fn consents(f: &Fixture, side: &crate::Side) -> Result<Vec<ConsentRecord>, String> {
    f.open_all(side, said("consents", port(f)?.consents(&f.both_cx(), &side.external).await)?)
}

fn agreed(contact: Option<ContactId>, granted: bool) -> ConsentRecord {
    ConsentRecord {
        contact,
        kind: ConsentKind::DataSync,
        granted,
        version: word(),
        source: "staff".into(),
        address: Some("192.0.2.0".into()),
        device: Some("kit".into()),
        reason: Some("a trial".into()),
        by: "Kit".into(),
        at: Timestamp::now(),
    }
}

async fn consent(f: &Fixture) -> Verdict {
    let portal = port(f)?;
    let before = consents(f, &f.own).await?;
    let cx = with_reference(f);
    let (yes, no) = (agreed(f.own.contact.clone(), true), agreed(f.own.contact.clone(), false));
    for _ in 0..2 {
        let kept = f.open(&f.own, said("record_consent", portal.record_consent(&cx, &f.own.external, &yes).await)?)?;
        let seen = (kept.contact, kept.granted, kept.version, kept.reason, kept.address);
        let given = (yes.contact.clone(), true, yes.version.clone(), yes.reason.clone(), yes.address.clone());
        equal("what is kept", &seen, &given)?;
    }
    said("record_consent", portal.record_consent(&f.own_cx(), &f.own.external, &no).await)?;
    let after = consents(f, &f.own).await?;
    ensure(after.is_sorted_by_key(|it| it.at), || "not oldest first".into())?;
    equal("consents", &after.len(), &(before.len() + 2))?;
    let text = |rows: &[ConsentRecord]| rows.iter().map(|it| format!("{it:?}")).collect::<Vec<_>>();
    let stays = text(&before).iter().all(|it| text(&after).contains(it));
    ensure(stays, || "a consent that was kept before has changed".into())?;
    let versions: Vec<_> = after.iter().rev().take(2).map(|it| (it.version.clone(), it.granted)).collect();
    equal("the last ones", &versions, &vec![(no.version, false), (yes.version, true)])
}

async fn foreign_consent(f: &Fixture) -> Verdict {
    let portal = port(f)?;
    let (own, foreign) = (consents(f, &f.own).await?.len(), consents(f, &f.foreign).await?.len());
    ensure(foreign > 0, || "the other organisation has no consents".into())?;
    crate::scope::no_rows(portal.consents(&f.own_cx(), &f.foreign.external).await)?;
    let there = portal.record_consent(&f.own_cx(), &f.foreign.external, &agreed(None, true)).await;
    failed("out of reach", there, &[ErrorKind::NotFound])?;
    let stranger = agreed(Some(f.foreign.contact.clone().unwrap_or_else(|| f.foreign.requester.clone())), true);
    let answer = portal.record_consent(&f.both_cx(), &f.own.external, &stranger).await;
    failed("a stranger's consent", answer, &[ErrorKind::InvalidArgument])?;
    equal("consents", &(consents(f, &f.own).await?.len(), consents(f, &f.foreign).await?.len()), &(own, foreign))
}

fn workspace(organisation: ExternalId, default_role: AccessRoleId) -> NewWorkspace {
    NewWorkspace {
        organisation,
        welcome_text: Some("Welcome".into()),
        default_role,
        service_records: vec![],
        documents: vec![],
        invoices: vec![],
        by: "Kit".into(),
    }
}

async fn foreign_workspace(f: &Fixture) -> Verdict {
    let portal = port(f)?;
    match portal.workspace(&f.own_cx(), &f.foreign.external).await {
        Ok(None) => {}
        Ok(Some(row)) => ensure(f.open_shared(row).is_err(), || "the foreign portal opens".into())?,
        Err(e) => equal("workspace", &e.kind(), &ErrorKind::NotFound)?,
    }
    let role = AccessRoleId::new(&word()).map_err(|e| e.to_string())?;
    let there = portal.create_workspace(&f.own_cx(), &workspace(f.foreign.external.clone(), role)).await;
    failed("create_workspace", there, &[ErrorKind::NotFound])
}

async fn second_workspace(f: &Fixture) -> Verdict {
    let portal = port(f)?;
    let read = async || -> Result<Workspace, String> {
        let row = said("workspace", portal.workspace(&f.own_cx(), &f.own.external).await)?;
        f.open(&f.own, row.ok_or("the own organisation has no portal")?)
    };
    let before = read().await?;
    let role = before.default_role.clone();
    let again = portal.create_workspace(&with_reference(f), &workspace(f.own.external.clone(), role)).await;
    failed("create_workspace", again, &[ErrorKind::Conflict])?;
    equal("the portal", &read().await?, &before)
}

async fn snapshot(f: &Fixture) -> Verdict {
    let portal = port(f)?;
    let now = Timestamp::now();
    let new = Snapshot {
        organisation: f.own.external.clone(),
        from: now,
        until: now,
        figures: BTreeMap::from([("requests".to_owned(), 12.0)]),
    };
    let cx = with_reference(f);
    for _ in 0..2 {
        f.open(&f.own, said("record_snapshot", portal.record_snapshot(&cx, &new).await)?)?;
    }
    let no_number = Snapshot { figures: BTreeMap::from([("x".to_owned(), f64::NAN)]), ..new.clone() };
    let backwards = Snapshot { until: Timestamp::UNIX_EPOCH, ..new.clone() };
    for bad in [no_number, backwards] {
        failed("a bad snapshot", portal.record_snapshot(&f.own_cx(), &bad).await, &[ErrorKind::InvalidArgument])?;
    }
    let there = Snapshot { organisation: f.foreign.external.clone(), ..new };
    failed("out of reach", portal.record_snapshot(&f.own_cx(), &there).await, &[ErrorKind::NotFound])
}
