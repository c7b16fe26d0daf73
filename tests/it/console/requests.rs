//! A person's own requests on their page, and the ends that a request can come to before it is carried out.

use super::approvals::{state, tenant, waiting};
use super::{Browser, Method};
use crate::action_requests::{Kept as _, PREVIEW, PUBLISH, drawing};
use crate::gateway::Gateway;
use jiff::SignedDuration;
use postern::govern::action::{ActionId, ActionRequest, Actions as _, State};
use serde_json::json;

const LEAD: &str = "service-lead@msp.example";
const OWNER: &str = "owner@msp.example";

#[tokio::test]
async fn w06_a_request_is_taken_back_by_a_form_of_its_persons_own_session_alone_and_is_dead_then() {
    let gateway = Gateway::start().await;
    let (lead, owner) = (gateway.person(LEAD), gateway.person(OWNER));
    let (id, _) = lead.waits(PREVIEW, drawing()).await;
    let path = format!("/console/requests/{id}/withdraw");
    let browser = Browser::of(&gateway, Some(&lead));
    let (csrf, theirs) = (browser.csrf(), Browser::of(&gateway, Some(&owner)).csrf());
    assert!(browser.get("/console/requests").await.text.contains("Take it back"));
    for method in [Method::GET, Method::HEAD] {
        let looked = browser.send(method, &format!("{path}?csrf={csrf}"), &[], &[]).await;
        assert!(!looked.status.is_success(), "{}", looked.status);
    }
    for form in [vec![], vec![("csrf", "")], vec![("csrf", &*theirs)], vec![("csrf", &*csrf), ("csrf", &*csrf)]] {
        assert_eq!(browser.post(&path, &form).await.status, 403, "{form:?}");
    }
    let good = [("csrf", &*csrf)];
    for extra in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("origin", "null")] {
        assert_eq!(browser.send(Method::POST, &path, &good, &[extra]).await.status, 403, "{extra:?}");
    }
    for person in [&owner, &gateway.person("support-write@msp.example"), &gateway.elsewhere(LEAD)] {
        let other = Browser::of(&gateway, Some(person));
        assert_eq!(other.post(&path, &[("csrf", &*other.csrf())]).await.status, 404);
    }
    assert_eq!(Browser::of(&gateway, None).post(&path, &good).await.status, 303);
    assert_eq!(gateway.kept(&id).state, State::PendingApproval);
    assert!(gateway.rows().iter().all(|row| row["tool"] != "console:request-withdraw"));
    let done = browser.post(&path, &good).await;
    assert_eq!((done.status.as_u16(), &done.headers["location"]), (303, &"/console/requests".parse().unwrap()));
    assert_eq!(gateway.kept(&id).state, State::Cancelled);
    let rows = gateway.rows();
    let row = rows.iter().find(|row| row["tool"] == "console:request-withdraw").expect("a row");
    assert_eq!((&row["action"], &row["phase"]), (&json!(id), &json!("attempt")));
    // It is dead: for its requester, for whoever could have approved it, and a second time.
    assert_eq!(browser.post(&path, &good).await.status, 404);
    let page = browser.get("/console/requests").await.text;
    assert!(page.contains("Taken back") && !page.contains("Take it back"), "{page}");
    assert_eq!(gateway.approves(&owner, &id).await, 404);
    let told = lead.ask(PUBLISH, json!({ "preview_id": id })).await;
    assert_eq!((&told["code"], gateway.published()), (&json!("ACTION_REQUEST_EXPIRED"), 0), "{told}");
    assert!(told["message"].as_str().unwrap().contains("cancelled"), "{told}");
}

#[tokio::test]
async fn what_is_carried_out_or_over_is_not_taken_back() {
    let gateway = Gateway::start().await;
    let lead = gateway.person(LEAD);
    let browser = Browser::of(&gateway, Some(&lead));
    let csrf = browser.csrf();
    let (done, _) = lead.waits(PREVIEW, drawing()).await;
    assert!(gateway.decide(&done, true));
    lead.data(PUBLISH, json!({ "preview_id": done })).await;
    let other = waiting(&gateway, "portal.document.publish", LEAD);
    gateway.over(other.id.as_str());
    for (id, stands) in [(done.as_str(), State::Done), (other.id.as_str(), State::PendingApproval)] {
        let path = format!("/console/requests/{id}/withdraw");
        assert_eq!(browser.post(&path, &[("csrf", &*csrf)]).await.status, 404, "{stands:?}");
        assert_eq!(gateway.kept(id).state, stands);
    }
    for made_up in ["act-1", "conf-1", &format!("act-{}", "0".repeat(32))] {
        let path = format!("/console/requests/{made_up}/withdraw");
        assert_eq!(browser.post(&path, &[("csrf", &*csrf)]).await.status, 404, "{made_up}");
    }
}

/// How many decisions the page counts as not yet looked at.
async fn counted(browser: &Browser<'_>, beside: &str) -> Option<String> {
    let page = browser.get("/console").await.text;
    let link = page.split(&format!("href=\"{beside}\"")).nth(1).unwrap();
    let link = link.split("</a>").next().unwrap();
    link.split("class=\"count\">").nth(1).map(|it| it.split('<').next().unwrap().to_owned())
}

#[tokio::test]
async fn a_decision_is_counted_for_its_requester_alone_until_they_looked_and_comes_with_its_reason() {
    let gateway = Gateway::start().await;
    let (lead, owner) = (gateway.person(LEAD), gateway.person(OWNER));
    let (browser, office) = (Browser::of(&gateway, Some(&lead)), Browser::of(&gateway, Some(&owner)));
    let all: Vec<_> = (0..3).map(|_| waiting(&gateway, "portal.document.publish", LEAD)).collect();
    let (page, approvals) = ("/console/requests", "/console/approvals");
    assert_eq!((counted(&browser, page).await, counted(&browser, approvals).await), (None, None));
    assert_eq!((counted(&office, page).await, counted(&office, approvals).await), (None, Some("3".to_owned())));
    for (it, decision) in all.iter().zip(["approve", "reject"]) {
        let form = [("csrf", &*office.csrf()), ("decision", decision), ("reason", "canary-why")];
        assert_eq!(office.post(&format!("{approvals}/{}", it.id), &form).await.status, 200);
    }
    assert_eq!((counted(&browser, page).await, counted(&office, page).await), (Some("2".to_owned()), None));
    assert_eq!(counted(&office, approvals).await, Some("1".to_owned()));
    let shown = browser.get(page).await.text;
    for words in ["Approved", "Rejected", "Waits for an approval", "canary-why"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert_eq!(counted(&browser, page).await, None, "they looked");
}

#[tokio::test]
async fn w01_what_was_not_decided_in_time_is_approved_by_nobody_and_what_was_is_not_carried_out_later() {
    let gateway = Gateway::start().await;
    let (lead, owner) = (gateway.person(LEAD), gateway.person(OWNER));
    let office = Browser::of(&gateway, Some(&owner));
    let (late, _) = lead.waits(PREVIEW, drawing()).await;
    let path = format!("/console/approvals/{late}");
    assert_eq!(office.get(&path).await.status, 200);
    gateway.over(&late);
    assert_eq!(office.get(&path).await.status, 404);
    assert!(!office.get("/console/approvals").await.text.contains(&late));
    let before = gateway.rows().len();
    assert_eq!(gateway.approves(&owner, &late).await, 404);
    assert!(!gateway.decide(&late, true), "nor by the store");
    assert!(gateway.rows()[before..].iter().all(|row| row["tool"] != "console:approve"));
    // The other one was approved in time, and its time is over before it was carried out.
    let (approved, _) = lead.waits(PREVIEW, drawing()).await;
    assert_ne!(approved, late, "one that is over is not shown again");
    assert_eq!(gateway.approves(&owner, &approved).await, 200);
    gateway.over(&approved);
    for id in [&late, &approved] {
        let told = lead.ask(PUBLISH, json!({ "preview_id": id })).await;
        assert_eq!(told["code"], "ACTION_REQUEST_EXPIRED", "{told}");
        assert!(told["message"].as_str().unwrap().contains("not carried out in time"), "{told}");
        assert!(told["suggested_action"].as_str().unwrap().starts_with("Nothing was changed."));
        assert_eq!(lead.stands(id).await["state"], "expired");
    }
    assert_eq!(gateway.published(), 0);
    assert!(Browser::of(&gateway, Some(&lead)).get("/console/requests").await.text.contains("Out of time"));
}

/// The requests that a page of approvals lists, in its order, and where the next one begins.
async fn listed(browser: &Browser<'_>, path: &str) -> (Vec<String>, Option<String>) {
    let page = browser.get(path).await;
    assert_eq!(page.status, 200);
    let after = |mark| -> Vec<String> {
        page.text.split::<&str>(mark).skip(1).map(|it| it.split('"').next().unwrap().to_owned()).collect()
    };
    let more = after("href=\"/console/approvals?after=").pop();
    let found = after("class=\"button\" href=\"/console/approvals/");
    (found, more.map(|it| format!("/console/approvals?after={it}")))
}

#[tokio::test]
async fn all_that_wait_are_reached_page_by_page_the_oldest_first_and_each_once() {
    let gateway = Gateway::start().await;
    let first = waiting(&gateway, "portal.document.publish", LEAD);
    let mut made = vec![first.id.to_string()];
    for nth in 1..120 {
        // Every tenth is somebody else's to decide, and is on none of these pages.
        let tool = if nth % 10 == 0 { "portal.branding.upsert" } else { "portal.document.publish" };
        let created_at = first.created_at + SignedDuration::from_millis(nth / 2);
        let it = ActionRequest { id: ActionId::fresh(), tool: tool.into(), created_at, ..first.clone() };
        gateway.store.create(&it).unwrap();
        if nth % 10 != 0 {
            made.push(it.id.to_string());
        }
    }
    let owner = gateway.claiming(OWNER, |it| it["realm_access"] = json!({ "roles": ["service-lead"] }));
    let office = Browser::of(&gateway, Some(&owner));
    let (mut seen, mut next, mut sizes) = (Vec::new(), Some("/console/approvals".to_owned()), Vec::new());
    while let Some(path) = next {
        let (found, more) = listed(&office, &path).await;
        sizes.push(found.len());
        seen.extend(found);
        next = more;
    }
    assert_eq!(sizes, [50, 50, 9]);
    let stamp = |id: &String| (gateway.kept(id).created_at, id.clone());
    assert!(seen.iter().map(stamp).is_sorted(), "the oldest first");
    let (mut once, mut all) = (seen.clone(), made);
    once.sort_unstable();
    all.sort_unstable();
    assert_eq!(once, all, "each once");
    // What was decided meanwhile does not move the others, and an address that is none begins at the beginning.
    assert!(gateway.decide(&seen[0], false));
    let (rest, _) = listed(&office, &format!("/console/approvals?after={}", seen[0])).await;
    assert_eq!(rest, seen[1..51]);
    assert_eq!(listed(&office, "/console/approvals?after=nowhere").await.0, seen[1..51]);
    assert_eq!(counted(&office, "/console/approvals").await.as_deref(), Some("99+"));
}

#[tokio::test]
async fn w03_many_who_decide_at_once_decide_once_and_a_requesters_own_yes_is_none() {
    let gateway = Gateway::start().await;
    let (lead, owner) = (gateway.person(LEAD), gateway.person(OWNER));
    let it = waiting(&gateway, "portal.document.publish", LEAD);
    let path = format!("/console/approvals/{}", it.id);
    // Half of four eyes: the requester has the right for others' requests, and says yes everywhere that there is.
    assert_eq!(gateway.approves(&lead, it.id.as_str()).await, 404);
    assert_eq!(lead.settle(it.id.as_str(), true).await.0, 404);
    let confirming = Browser::of(&gateway, Some(&lead));
    let form = [("csrf", &*confirming.csrf()), ("decision", "confirm")];
    assert_eq!(confirming.post(&format!("/console/confirmations/{}", it.id), &form).await.status, 404);
    assert_eq!(state(&gateway, &it), State::PendingApproval);
    let browsers: Vec<_> = (0..20).map(|_| Browser::of(&gateway, Some(&owner))).collect();
    let decisions = ["approve", "reject"].into_iter().cycle();
    let tries = browsers.iter().zip(decisions).map(async |(browser, decision)| {
        let form = [("csrf", &*browser.csrf()), ("decision", decision), ("reason", decision)];
        (decision, browser.post(&path, &form).await.status.as_u16())
    });
    let answers = futures::future::join_all(tries).await;
    let made: Vec<_> = answers.iter().filter(|(_, status)| *status == 200).collect();
    assert_eq!(made.len(), 1, "{answers:?}");
    assert!(answers.iter().all(|(_, status)| [200, 404].contains(status)), "{answers:?}");
    let kept = gateway.store.get(&tenant(), &it.id).unwrap().unwrap();
    assert_eq!(kept.reason.as_deref(), Some(made[0].0));
    assert_eq!(kept.state, if made[0].0 == "approve" { State::Approved } else { State::Rejected });
}
