//! How action requests stand, and who is told.

use super::{BASIC, LEAD, SERVICE_LEAD};
use crate::gateway::{Gateway, TENANT, claims_of};
use crate::support::{column, keys};
use jiff::{SignedDuration, Timestamp};
use postern::caller::Principal;
use postern::govern::action::{ActionId, ActionRequest, Actions as _, Content, Origin, Requester, State, Verdict};
use postern::govern::lease::{Begun, Finish, Hold, Leases as _};
use postern_api::{OrganisationId, TenantId};
use postern_policies::{Effect, Realm};
use serde_json::{Value, json};

const TOOL: &str = "portal.action_request.status";
const SUPPORT: &str = "support-write@msp.example";

fn tenant() -> TenantId {
    TenantId::new(TENANT).unwrap()
}

/// A request of this person, as the gateway keeps it.
fn request(gateway: &Gateway, email: &str, tool: &str, organisation: Option<&str>, state: State) -> ActionRequest {
    let claims = claims_of(&gateway.person(email).token);
    let text = |key: &str| claims[key].as_str().unwrap().to_owned();
    let now = Timestamp::now();
    let requester = Requester { realm: Realm::Employee, name: None, email: Some(email.to_owned()), client: None };
    ActionRequest {
        id: ActionId::fresh(),
        tenant: tenant(),
        principal: Principal { issuer: text("iss").into(), subject: text("sub").into() },
        organisation: organisation.map(|it| OrganisationId::new(it).unwrap()),
        tool: tool.to_owned(),
        digest: "d".repeat(64),
        key: None,
        policy_version: "1".to_owned(),
        state,
        created_at: now,
        expires_at: now + SignedDuration::from_hours(24),
        changed_at: now,
        session: None,
        decided_by: None,
        reason: None,
        attempts: 0,
        origin: Origin::Governed,
        tries: 0,
        upstream: None,
        let_go: false,
        needs_human: false,
        content: Content {
            arguments: "{}".to_owned(),
            requester,
            message: "Publish the report for Acme?".to_owned(),
            data: "{}".to_owned(),
            effect: Effect { customer_visible: true, ..Effect::default() },
            targets: Default::default(),
            names: Vec::new(),
        },
        answer: None,
    }
}

fn hold() -> Hold {
    let now = Timestamp::now();
    Hold { owner: "test".into(), now, until: now + SignedDuration::from_mins(5) }
}

fn done(answer: &str) -> Finish {
    Finish::known(State::Done, Some(answer.to_owned()))
}

fn of(request: &ActionRequest) -> Value {
    json!({ "action_request_id": request.id })
}

#[tokio::test]
async fn the_requester_sees_each_state_of_a_request_and_what_it_answered() {
    let gateway = Gateway::start().await;
    let (store, tenant) = (&gateway.store, tenant());
    let me = gateway.person(SUPPORT);
    let kept = request(&gateway, SUPPORT, "portal.document.publish", Some("acme"), State::PendingApproval);
    store.create(&kept).unwrap();
    let state = async || {
        let answer = me.data(TOOL, of(&kept)).await;
        answer["action_requests"][0].clone()
    };
    let waiting = state().await;
    let fields = [
        "action_request_id",
        "attempts",
        "changed_at",
        "created_at",
        "customer_id",
        "expires_at",
        "needs",
        "needs_human",
        "state",
        "summary",
        "write",
    ];
    assert_eq!(keys(&waiting), fields);
    assert_eq!((&waiting["state"], &waiting["needs"]), (&json!("pending_approval"), &json!("approval")));
    assert_eq!((&waiting["summary"], &waiting["write"]), (&json!("Publish the report for Acme?"), &json!(kept.tool)));
    let yes = Verdict { approve: true, by: "Daniel Price".to_owned(), reason: "as agreed".to_owned() };
    assert!(store.decide(&tenant, &kept.id, &yes, Timestamp::now()).unwrap());
    let approved = state().await;
    assert_eq!((&approved["state"], &approved["needs"]), (&json!("approved"), &json!("nothing")));
    assert_eq!((&approved["decided_by"], &approved["decided_reason"]), (&json!("Daniel Price"), &json!("as agreed")));
    let Begun::Mine { epoch, .. } = store.begin(&tenant, &kept.id, State::Approved, &hold()).unwrap() else {
        panic!("somebody else has it")
    };
    let executing = state().await;
    assert_eq!((&executing["state"], &executing["attempts"]), (&json!("executing"), &json!(1)));
    assert_eq!(executing["reference"], kept.id.reference());
    let answer = r#"{"status":"success","data":{"mail":"jane@acme.example","count":2,"key":"AKIAQZ2X3W4V5U6T7SRA"}}"#;
    assert!(store.finish(&tenant, &kept.id, epoch, &done(answer), Timestamp::now()).unwrap());
    let done = state().await;
    assert_eq!(done["state"], "done");
    assert_eq!(done["answer"]["data"]["count"], 2);
    assert!(!done["answer"].to_string().contains("AKIAQZ2X3W4V5U6T7SRA"), "kept answers are scrubbed again: {done}");
    assert_eq!(state().await, done, "asking carries nothing out");
    assert_eq!(store.get(&tenant, &kept.id).unwrap().unwrap().attempts, 1);
}

#[tokio::test]
async fn b01_a_request_is_told_to_who_asked_and_to_who_may_approve_it_and_to_nobody_else() {
    let gateway = Gateway::start().await;
    let kept = request(&gateway, SUPPORT, "portal.document.publish", Some("acme"), State::PendingApproval);
    gateway.store.create(&kept).unwrap();
    let of_nobody = json!({ "action_request_id": ActionId::fresh() });
    for (email, sees) in [
        (SUPPORT, true),
        (SERVICE_LEAD, true),
        ("owner@msp.example", true),
        ("support-read@msp.example", false),
        ("finance@msp.example", false),
        ("admin@msp.example", false),
        (LEAD, false),
        (BASIC, false),
        ("lead@globex.example", false),
    ] {
        let me = gateway.person(email);
        let answer = me.ask(TOOL, of(&kept)).await;
        assert_eq!(answer["status"] == "success", sees, "{email}: {answer}");
        let missing = me.ask(TOOL, of_nobody.clone()).await;
        assert_eq!(missing["code"], "ACTION_REQUEST_NOT_FOUND");
        assert!(sees || answer == missing, "{email}: {answer}");
    }
    let elsewhere = gateway.elsewhere(SERVICE_LEAD);
    assert_eq!(elsewhere.code(TOOL, of(&kept)).await, "ACTION_REQUEST_NOT_FOUND", "of another tenant");
    // What it answered is for who asked.
    assert!(gateway.decide(kept.id.as_str(), true));
    let Begun::Mine { epoch, .. } = gateway.store.begin(&tenant(), &kept.id, State::Approved, &hold()).unwrap() else {
        panic!("somebody else has it")
    };
    let finished = gateway.store.finish(&tenant(), &kept.id, epoch, &done(r#"{"status":"success"}"#), Timestamp::now());
    assert!(finished.unwrap());
    for (email, told) in [(SUPPORT, true), (SERVICE_LEAD, false)] {
        let answer = gateway.person(email).data(TOOL, of(&kept)).await;
        assert_eq!(answer["action_requests"][0].get("answer").is_some(), told, "{email}");
    }
}

#[tokio::test]
async fn without_an_id_ones_own_are_listed_newest_first_and_what_was_not_carried_out_in_time_has_ended() {
    let gateway = Gateway::start().await;
    for (n, state) in [State::Previewed, State::PendingApproval, State::Unknown].into_iter().enumerate() {
        let mut kept = request(&gateway, LEAD, "portal.consent.update", Some("acme"), state);
        kept.created_at = Timestamp::now() + SignedDuration::from_secs(i64::try_from(n).unwrap());
        kept.needs_human = state == State::Unknown;
        gateway.store.create(&kept).unwrap();
    }
    let mut late = request(&gateway, LEAD, "portal.consent.update", Some("acme"), State::Previewed);
    late.created_at = Timestamp::now() + SignedDuration::from_secs(60);
    late.expires_at = Timestamp::now() - SignedDuration::from_secs(1);
    gateway.store.create(&late).unwrap();
    let own = gateway.person(LEAD).data(TOOL, json!({})).await;
    let rows = &own["action_requests"];
    assert_eq!(column(rows, "state"), ["expired", "unknown", "pending_approval", "previewed"]);
    assert_eq!(column(rows, "needs"), ["", "", "approval", "nothing"]);
    let first = gateway.person(LEAD).data(TOOL, json!({ "limit": 1 })).await;
    assert_eq!(first["action_requests"][0]["action_request_id"], json!(late.id));
    for email in [BASIC, "lead@globex.example", SERVICE_LEAD] {
        assert_eq!(gateway.person(email).data(TOOL, json!({})).await["action_requests"], json!([]), "{email}");
    }
}
