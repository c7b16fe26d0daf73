//! A request that is not good any more: what its requester is told, where it stands, and that nothing was sent.

use super::{Kept as _, LEAD, OWNER, PREVIEW, PUBLISH, drawing, other_policies};
use crate::gateway::Gateway;
use jiff::{SignedDuration, Timestamp};
use postern::govern::action::State;
use postern::govern::lease::{Begun, Finish, Hold, Leases as _};
use serde_json::{Value, json};

/// W02: a preview, an approval and an execution are under one set of policies, or nothing is sent.
#[tokio::test]
async fn w02_policies_that_changed_in_between_make_a_request_stale_and_a_new_preview_is_another_one() {
    let gateway = Gateway::start().await;
    let (lead, owner) = (gateway.person(LEAD), gateway.person(OWNER));
    let (id, _) = lead.waits(PREVIEW, drawing()).await;
    assert_eq!(gateway.approves(&owner, &id).await, 200);
    other_policies(&gateway.engine);
    let told = lead.ask(PUBLISH, json!({ "preview_id": id })).await;
    assert_eq!((&told["code"], gateway.published()), (&json!("PREVIEW_STALE"), 0), "{told}");
    assert_eq!(told["message"], "the policies changed after the preview");
    assert!(told["suggested_action"].as_str().unwrap().starts_with("Nothing was changed."));
    let (again, _) = lead.waits(PREVIEW, drawing()).await;
    assert_ne!(again, id);
    // What was approved is not approved under another name, and waits anew.
    assert_eq!(lead.ask(PUBLISH, json!({ "preview_id": again })).await["status"], "pending_approval");
    assert_eq!(gateway.approves(&owner, &again).await, 200);
    lead.data(PUBLISH, json!({ "preview_id": again })).await;
    assert_eq!(gateway.published(), 1);
}

/// What was previewed changed and was changed back: what is stale stays so, since somebody looked at something else meanwhile.
#[tokio::test]
async fn w02_what_was_found_to_be_stale_is_not_carried_out_any_more() {
    let gateway = Gateway::start().await;
    let lead = gateway.person(LEAD);
    let (id, _) = lead.waits(PREVIEW, drawing()).await;
    assert!(gateway.decide(&id, true));
    gateway.sql("UPDATE document SET updated_at = updated_at + 1 WHERE id = 'DOC-1004'");
    let named = json!({ "preview_id": id });
    let told = lead.ask(PUBLISH, named.clone()).await;
    assert_eq!(
        (&told["code"], &told["message"]),
        (&json!("PREVIEW_STALE"), &json!("what was previewed is not as it was"))
    );
    assert_eq!(lead.stands(&id).await["state"], "cancelled");
    gateway.sql("UPDATE document SET updated_at = updated_at - 1 WHERE id = 'DOC-1004'");
    assert_eq!(lead.code(PUBLISH, named).await, "ACTION_REQUEST_EXPIRED");
    assert_eq!(gateway.published(), 0);
}

/// Takes a request over, as another process would that carries it out.
fn begun(gateway: &Gateway, id: &str) -> u32 {
    let it = gateway.kept(id);
    let now = Timestamp::now();
    let hold = Hold { owner: "another".into(), now, until: now + SignedDuration::from_mins(5) };
    match gateway.store.begin(&it.tenant, &it.id, it.state, &hold).unwrap() {
        Begun::Mine { epoch, .. } => epoch,
        Begun::Gone => panic!("somebody else has it"),
    }
}

#[tokio::test]
async fn a_request_in_each_state_is_answered_in_words_that_say_what_happened_upstream_and_writes_nothing() {
    let gateway = Gateway::start().await;
    let (lead, owner) = (gateway.person(LEAD), gateway.person(OWNER));
    let mut cases: Vec<(&str, String, &str, &str, &str)> = Vec::new();
    // Each is another preview, by another word of the same write.
    let preview = async |nth: u32| {
        let mut arguments = drawing();
        arguments["expires_at"] = json!(format!("2{nth:03}-01-01T00:00:00Z"));
        lead.waits(PREVIEW, arguments).await.0
    };
    let rejected = preview(100).await;
    assert!(gateway.decide(&rejected, false));
    cases.push(("rejected", rejected, "error", "ACTION_REQUEST_REJECTED", "looked at it"));
    let over = preview(200).await;
    gateway.over(&over);
    cases.push(("expired", over, "error", "ACTION_REQUEST_EXPIRED", "not carried out in time"));
    let executing = preview(300).await;
    assert!(gateway.decide(&executing, true));
    begun(&gateway, &executing);
    cases.push(("executing", executing, "error", "CONFLICT", "is being carried out"));
    let unknown = preview(400).await;
    assert!(gateway.decide(&unknown, true));
    let epoch = begun(&gateway, &unknown);
    let it = gateway.kept(&unknown);
    let later = Timestamp::now() + SignedDuration::from_hours(1);
    assert!(gateway.store.finish(&it.tenant, &it.id, epoch, &Finish::unknown(later), Timestamp::now()).unwrap());
    cases.push(("unknown", unknown, "unknown", "OUTCOME_UNKNOWN", "nobody knows whether it happened"));
    let failed = preview(500).await;
    assert!(gateway.decide(&failed, true));
    let epoch = begun(&gateway, &failed);
    let it = gateway.kept(&failed);
    let answer = json!({ "status": "error", "code": "CONFLICT", "message": "canary-refused over there",
        "suggested_action": "Read the record again and decide anew." });
    let finish = Finish::known(State::Failed, Some(answer.to_string()));
    assert!(gateway.store.finish(&it.tenant, &it.id, epoch, &finish, Timestamp::now()).unwrap());
    cases.push(("failed", failed, "error", "CONFLICT", "canary-refused over there"));
    for (state, id, status, code, words) in &cases {
        for attempt in 0..2 {
            let told = lead.ask(PUBLISH, json!({ "preview_id": id })).await;
            let seen = (told["status"].as_str().unwrap(), told["code"].as_str().unwrap());
            assert_eq!(seen, (*status, *code), "{state} {attempt}: {told}");
            assert!(told["message"].as_str().unwrap().contains(words), "{state}: {told}");
            assert_ne!(told["suggested_action"].as_str().unwrap(), "");
            assert_eq!(lead.stands(id).await["state"], *state);
            // Whoever else names it is told nothing of all this.
            let foreign = owner.ask(PUBLISH, json!({ "preview_id": id })).await;
            assert_eq!(foreign["code"], "ACTION_REQUEST_NOT_FOUND", "{state}");
            assert!(!foreign.to_string().contains(words));
        }
    }
    assert_eq!(gateway.published(), 0);
}

/// What is named is the preview and nothing beside it: no argument of the write is altered on the way.
#[tokio::test]
async fn w02_w07_nothing_beside_the_preview_can_be_named_when_it_is_carried_out() {
    let gateway = Gateway::start().await;
    let lead = gateway.person(LEAD);
    let (id, _) = lead.waits(PREVIEW, drawing()).await;
    for (name, value) in [
        ("version_id", json!("DOC-1004-v1")),
        ("customer_id", json!("globex")),
        ("approved", json!(true)),
        ("approved_by", json!(OWNER)),
        ("dry_run", json!(false)),
        ("force", json!(true)),
        ("state", json!("approved")),
    ] {
        let arguments = json!({ "preview_id": id, name: value });
        assert_eq!(lead.code(PUBLISH, arguments).await, "VALIDATION_ERROR", "{name}");
    }
    for altered in [json!(id.to_uppercase()), json!(format!("{id}0")), json!(id.get(..35)), json!([id]), Value::Null] {
        let told = lead.ask(PUBLISH, json!({ "preview_id": altered })).await;
        assert_eq!(told["code"], "VALIDATION_ERROR", "{altered}");
    }
    assert_eq!(gateway.kept(&id).state, State::PendingApproval);
    assert_eq!(gateway.published(), 0);
}

/// Whatever somebody changes of a stored request, it is not carried out as something else.
#[tokio::test]
async fn w02_a_request_that_was_altered_where_it_is_kept_is_not_carried_out() {
    for (change, code) in [
        ("digest = 'd'", "PREVIEW_STALE"),
        ("policy_version = 'other'", "PREVIEW_STALE"),
        ("tool = 'portal.document.revoke'", "ACTION_REQUEST_NOT_FOUND"),
        ("subject = 'somebody'", "ACTION_REQUEST_NOT_FOUND"),
        ("tenant = 'msp-other'", "ACTION_REQUEST_NOT_FOUND"),
        ("sealed = zeroblob(64)", "INTERNAL_ERROR"),
    ] {
        let gateway = Gateway::start().await;
        let lead = gateway.person(LEAD);
        let (id, _) = lead.waits(PREVIEW, drawing()).await;
        assert!(gateway.decide(&id, true));
        assert_eq!(gateway.own_records(&format!("UPDATE action_request SET {change} WHERE id = '{id}'")), 1);
        assert_eq!(lead.code(PUBLISH, json!({ "preview_id": id })).await, code, "{change}");
        assert_eq!(gateway.published(), 0, "{change}");
    }
}

/// A replay is answered as it was answered, by whichever client of the same person, and writes nothing.
#[tokio::test]
async fn w04_a_replay_from_another_client_gets_the_same_answer_and_sends_nothing() {
    let gateway = Gateway::start().await;
    let (lead, owner) = (gateway.person(LEAD), gateway.person(OWNER));
    let (id, _) = lead.waits(PREVIEW, drawing()).await;
    assert_eq!(gateway.approves(&owner, &id).await, 200);
    let named = json!({ "preview_id": id });
    let done = lead.ask(PUBLISH, named.clone()).await;
    assert_eq!(done["status"], "success");
    let attempts = || gateway.rows().iter().filter(|row| row["phase"] == "attempt" && row["tool"] == PUBLISH).count();
    let before = attempts();
    let again = gateway.claiming(LEAD, |it| it["azp"] = json!("another-client"));
    for who in [&lead, &again] {
        let told = who.ask(PUBLISH, named.clone()).await;
        assert_eq!((&told["status"], &told["data"]), (&json!("success"), &done["data"]));
    }
    assert_eq!((gateway.published(), attempts(), gateway.kept(&id).attempts), (1, before, 1));
}
