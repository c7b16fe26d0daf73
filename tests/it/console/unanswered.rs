//! A person records what became of a write of which nobody knew: who may, what it takes, what it says, and that nothing is sent.

use super::approvals::{tenant, waiting};
use super::{Browser, StatusCode};
use crate::gateway::Gateway;
use jiff::{SignedDuration, Timestamp};
use postern::govern::action::{ActionRequest, Actions, State, Verdict};
use postern::govern::lease::{Begun, Finish, Hold, Leases, Upstream};

const REQUESTER: &str = "support-write@msp.example";

/// One that was sent and given up.
fn lost(gateway: &Gateway) -> ActionRequest {
    let (it, now) = (waiting(gateway, "portal.document.publish", REQUESTER), Timestamp::now());
    let verdict = Verdict { approve: true, by: "Olga".into(), reason: "fine".into() };
    assert!(gateway.store.decide(&tenant(), &it.id, &verdict, now).unwrap());
    let hold = Hold { owner: "here".into(), now, until: now + SignedDuration::from_mins(1) };
    let Begun::Mine { epoch, .. } = gateway.store.begin(&tenant(), &it.id, State::Approved, &hold).unwrap() else {
        panic!("it is open")
    };
    let given_up = Finish { needs_human: true, tries: 8, ..Finish::unknown(now) };
    assert!(gateway.store.finish(&tenant(), &it.id, epoch, &given_up, now).unwrap());
    it
}

fn read(gateway: &Gateway, it: &ActionRequest) -> ActionRequest {
    gateway.store.get(&tenant(), &it.id).unwrap().unwrap()
}

#[tokio::test]
async fn w09_whoever_has_the_right_sees_what_to_look_for_and_nobody_else_that_there_is_something() {
    let gateway = Gateway::start().await;
    let it = lost(&gateway);
    let path = format!("/console/unanswered/{}", it.id);
    for email in ["owner@msp.example", "admin@msp.example", "service-lead@msp.example"] {
        let browser = Browser::of(&gateway, Some(&gateway.person(email)));
        assert!(browser.get("/console/approvals").await.text.contains(&path), "{email} is led there");
        let page = browser.get(&path).await;
        assert_eq!(page.status, 200, "{email}");
        for part in [&*it.id.reference(), "Canary Requester", "[U+202E]", "D-1", "acme", "Publish &#60;b&#62;"] {
            assert!(page.text.contains(part), "{part} in {}", page.text);
        }
    }
    // The requester, other roles, customers, another tenant's owner: as if there were nothing.
    let others = [REQUESTER, "finance@msp.example", "lead@acme.example"];
    let mut none: Vec<_> = others.iter().map(|it| gateway.person(it)).collect();
    none.push(gateway.elsewhere("owner@msp.example"));
    for person in &none {
        let browser = Browser::of(&gateway, Some(person));
        assert_eq!(browser.get(&path).await.status, 404);
        assert!(!browser.get("/console/approvals").await.text.contains(&path));
        let form = [("csrf", &*browser.csrf()), ("found", "never"), ("reason", "looked")];
        assert_eq!(browser.post(&path, &form).await.status, 404);
        assert!(read(&gateway, &it).needs_human);
    }
}

#[tokio::test]
async fn w09_nobody_records_what_became_of_their_own() {
    let gateway = Gateway::start().await;
    let it = waiting(&gateway, "portal.document.publish", "owner@msp.example");
    let now = Timestamp::now();
    let verdict = Verdict { approve: true, by: "Lee".into(), reason: "fine".into() };
    assert!(gateway.store.decide(&tenant(), &it.id, &verdict, now).unwrap());
    let hold = Hold { owner: "here".into(), now, until: now + SignedDuration::from_mins(1) };
    assert!(matches!(gateway.store.begin(&tenant(), &it.id, State::Approved, &hold).unwrap(), Begun::Mine { .. }));
    let given_up = Finish { needs_human: true, ..Finish::unknown(now) };
    assert!(gateway.store.finish(&tenant(), &it.id, 1, &given_up, now).unwrap());
    let path = format!("/console/unanswered/{}", it.id);
    let own = Browser::of(&gateway, Some(&gateway.person("owner@msp.example")));
    assert_eq!(own.get(&path).await.status, 404);
    let form = [("csrf", &*own.csrf()), ("found", "unknown"), ("reason", "tired of it")];
    assert_eq!(own.post(&path, &form).await.status, 404);
    assert!(read(&gateway, &it).needs_human);
    let other = Browser::of(&gateway, Some(&gateway.person("admin@msp.example")));
    assert_eq!(other.get(&path).await.status, 200);
}

#[tokio::test]
async fn w09_a_finding_takes_a_form_of_the_own_session_a_choice_an_id_and_a_reason() {
    let gateway = Gateway::start().await;
    let it = lost(&gateway);
    let path = format!("/console/unanswered/{}", it.id);
    let browser = Browser::of(&gateway, Some(&gateway.person("owner@msp.example")));
    let csrf = browser.csrf();
    let long = "x".repeat(201);
    let before = gateway.rows().len();
    for (form, status) in [
        (vec![("found", "never"), ("reason", "looked")], StatusCode::FORBIDDEN),
        (vec![("csrf", "other"), ("found", "never"), ("reason", "looked")], StatusCode::FORBIDDEN),
        (vec![("csrf", &*csrf), ("reason", "looked")], StatusCode::UNPROCESSABLE_ENTITY),
        (vec![("csrf", &*csrf), ("found", "again"), ("reason", "looked")], StatusCode::UNPROCESSABLE_ENTITY),
        (vec![("csrf", &*csrf), ("found", "never"), ("reason", " ")], StatusCode::UNPROCESSABLE_ENTITY),
        (vec![("csrf", &*csrf), ("found", "happened"), ("reason", "looked")], StatusCode::UNPROCESSABLE_ENTITY),
        (
            vec![("csrf", &*csrf), ("found", "happened"), ("record", &*long), ("reason", "looked")],
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
    ] {
        assert_eq!(browser.post(&path, &form).await.status, status, "{form:?}");
        assert!(read(&gateway, &it).needs_human, "{form:?}");
    }
    assert_eq!(gateway.rows().len(), before, "what was not recorded is in no log");
}

#[tokio::test]
async fn w09_what_was_found_is_recorded_once_told_to_the_requester_and_in_the_audit() {
    for (found, state, upstream, code, says) in [
        ("happened", State::Done, Some(Upstream::Found), "FOUND_BY_A_PERSON", "found it upstream as `T-77`"),
        ("never", State::Failed, Some(Upstream::Absent), "NEVER_DONE_BY_A_PERSON", "never made"),
        ("unknown", State::Unknown, None, "CLOSED_UNKNOWN", "nobody looks any more"),
    ] {
        let gateway = Gateway::start().await;
        let it = lost(&gateway);
        let path = format!("/console/unanswered/{}", it.id);
        let browser = Browser::of(&gateway, Some(&gateway.person("owner@msp.example")));
        let before = gateway.rows().len();
        let form =
            [("csrf", &*browser.csrf()), ("found", found), ("record", " T-77 "), ("reason", "asked <b>Jane</b>")];
        assert_eq!(browser.post(&path, &form).await.status, 200, "{found}");
        let kept = read(&gateway, &it);
        assert_eq!((kept.state, kept.upstream, kept.needs_human), (state, upstream, false), "{found}");
        assert_eq!(kept.attempts, 1, "nothing was begun again");
        let rows = gateway.rows_after(before).await;
        let row = rows.iter().find(|row| row["tool"] == "console:found-out").expect("a row");
        assert_eq!((row["action"].as_str(), row["code"].as_str()), (Some(it.id.as_str()), Some(code)));
        assert_eq!(row["organisation"], "acme");
        // Recorded is recorded, and it waits for nobody any more.
        assert_eq!(browser.post(&path, &form).await.status, 404);
        assert!(!browser.get("/console/approvals").await.text.contains(&it.id.reference()));
        // Whoever asked is told, with the reason, and looking takes the news away.
        let own = Browser::of(&gateway, Some(&gateway.person(REQUESTER)));
        assert_eq!(gateway.store.untold(&tenant(), &it.principal, 9).unwrap(), 1);
        let page = own.get("/console/requests").await.text;
        assert!(page.contains(says) && page.contains("asked &#60;b&#62;Jane&#60;/b&#62;"), "{page}");
        assert_eq!(gateway.store.untold(&tenant(), &it.principal, 9).unwrap(), 0);
    }
}
