//! W12: many small writes of one person are as much as a big one.

use super::{Kept as _, LEAD, OWNER};
use crate::console::approvals::waiting;
use crate::gateway::{Gateway, Person};
use jiff::SignedDuration;
use postern::govern::action::{ActionId, ActionRequest, Actions as _, Content, State};
use postern_policies::Effect;
use serde_json::{Value, json};

const LINK: &str = "portal.invoice.payment_link.create";
const SEND: &str = "portal.notification.send";
const FINANCE: &str = "finance@msp.example";
const SUPPORT: &str = "support-write@msp.example";

/// A request like one that waits, of this much money or this many people, for something of its own.
fn like(it: &ActionRequest, state: State, effect: Effect, what: &str) -> ActionRequest {
    let content = Content { effect, arguments: json!({ "what": what }).to_string(), ..it.content.clone() };
    ActionRequest { id: ActionId::fresh(), state, content, ..it.clone() }
}

fn money(hundredths: u64) -> Effect {
    Effect { amount: hundredths, sensitive: true, ..Effect::default() }
}

/// Somebody else with the finance role.
fn colleague(gateway: &Gateway) -> Person {
    gateway.claiming(OWNER, |it| it["realm_access"] = json!({ "roles": ["finance"] }))
}

#[tokio::test]
async fn w12_payments_split_to_stay_under_the_limit_need_who_may_approve_their_sum() {
    let gateway = Gateway::start().await;
    let (finance, owner) =
        (colleague(&gateway), gateway.claiming(LEAD, |it| it["realm_access"] = json!({ "roles": ["owner"] })));
    let shape = waiting(&gateway, LINK, FINANCE);
    gateway.own_records(&format!("DELETE FROM action_request WHERE id = '{}'", shape.id));
    let make = |state, hundredths, what: &str| {
        let it = like(&shape, state, money(hundredths), what);
        gateway.store.create(&it).unwrap();
        it.id.to_string()
    };
    let (one, two) = (make(State::PendingApproval, 600_000, "INV-1"), make(State::PendingApproval, 600_000, "INV-2"));
    // Each is under 10,000, and both together are not, whichever is looked at first.
    for id in [&one, &two] {
        assert_eq!(gateway.approves(&finance, id).await, 404);
        assert_eq!(gateway.kept(id).state, State::PendingApproval);
    }
    let status = async |who: &Person, id: &str| who.ask(super::STATUS, json!({ "action_request_id": id })).await;
    assert_eq!(status(&finance, &one).await["code"], "ACTION_REQUEST_NOT_FOUND");
    // What was refused does not count, and what was approved does.
    assert!(gateway.decide(&two, false));
    assert_eq!(gateway.approves(&finance, &one).await, 200);
    let three = make(State::PendingApproval, 400_001, "INV-3");
    assert_eq!(gateway.approves(&finance, &three).await, 404, "a hundredth too much");
    let four = make(State::PendingApproval, 400_000, "INV-3");
    assert_eq!(gateway.approves(&finance, &four).await, 200, "another preview of the same is no second payment");
    assert_eq!(gateway.approves(&owner, &three).await, 200, "who answers for any amount");
    // Somebody else's sum is theirs, and what is older than a day is over.
    let other = waiting(&gateway, LINK, SUPPORT);
    let other = like(&other, State::PendingApproval, money(1_000_000), "INV-4");
    gateway.store.create(&other).unwrap();
    assert_eq!(gateway.approves(&finance, other.id.as_str()).await, 200);
    gateway.own_records("UPDATE action_request SET created_at = created_at - 86400000");
    let five = make(State::PendingApproval, 1_000_000, "INV-5");
    assert_eq!(gateway.approves(&finance, &five).await, 200);
    assert_eq!(gateway.approves(&finance, &make(State::PendingApproval, 1, "INV-6")).await, 404);
}

fn word(gateway: &Gateway, email: &str) -> Value {
    json!({ "customer_id": "acme", "recipient_contact_ids": [gateway.contact(email)], "topic": "progress" })
}

#[tokio::test]
async fn w12_words_to_one_person_each_add_up_to_a_mailing_that_needs_an_approval() {
    let gateway = Gateway::start().await;
    let (lead, owner) = (gateway.person(LEAD), gateway.person(OWNER));
    let told = |nth: u32| {
        let shape = waiting(&gateway, SEND, LEAD);
        gateway.own_records(&format!("DELETE FROM action_request WHERE id = '{}'", shape.id));
        let one = Effect { recipients: 1, customer_visible: true, ..Effect::default() };
        let it = like(&shape, State::Done, one, &nth.to_string());
        gateway
            .store
            .create(&ActionRequest { created_at: it.created_at - SignedDuration::from_mins(5), ..it })
            .unwrap();
    };
    (0..19).for_each(told);
    let preview = lead.data("portal.notification.preview", word(&gateway, "lead@acme.example")).await;
    assert_eq!(preview["needs"], "nothing", "the twentieth");
    told(20);
    // It was allowed when it was previewed, and waits for somebody now that there was another one.
    let before = gateway.count("notice");
    let named = json!({ "preview_id": preview["preview_id"] });
    let id = preview["preview_id"].as_str().unwrap();
    assert_eq!(lead.ask(SEND, named.clone()).await["status"], "pending_approval");
    assert_eq!((gateway.kept(id).state, gateway.count("notice")), (State::PendingApproval, before));
    assert_eq!(gateway.approves(&owner, id).await, 200);
    assert_eq!(lead.data(SEND, named).await["sent"], 1);
    lead.waits("portal.notification.preview", word(&gateway, "basic@acme.example")).await;
}

/// Those that are asked for at the same moment count each other: no more than the limit goes out without anybody's yes.
#[tokio::test]
async fn w12_parallel_requests_count_each_other() {
    let gateway = Gateway::start().await;
    let lead = gateway.person(LEAD);
    let shape = waiting(&gateway, SEND, LEAD);
    gateway.own_records("DELETE FROM action_request");
    let many = Effect { recipients: 19, ..Effect::default() };
    gateway.store.create(&like(&shape, State::Done, many, "before")).unwrap();
    let before = gateway.count("notice");
    let tries = ["lead@acme.example", "basic@acme.example"].map(|email| {
        let (lead, word) = (lead.clone(), word(&gateway, email));
        tokio::spawn(async move {
            let preview = lead.ask("portal.notification.preview", word).await;
            let id =
                preview["data"]["preview_id"].as_str().or(preview["action_request_id"].as_str()).unwrap().to_owned();
            lead.ask(SEND, json!({ "preview_id": id })).await["status"].clone()
        })
    });
    let mut sent = 0;
    for attempt in tries {
        let status = attempt.await.unwrap();
        assert!(status == "success" || status == "pending_approval", "{status}");
        sent += i64::from(status == "success");
    }
    assert!(sent <= 1, "both went out");
    assert_eq!(gateway.count("notice"), before + sent);
}
