//! A service desk that returns other people's rows.

use crate::rig::{Liar, Rig, Trouble, agent, basic, calls, lead};
use postern_api::{ExternalId, Owner, Visibility};
use serde_json::json;

fn owner(id: &str) -> Owner {
    Owner::Organisation(ExternalId::new(id).unwrap())
}

/// Ours, another's, nobody's, and an organisation that no map knows.
fn mixed() -> Vec<Owner> {
    vec![owner("12"), owner("13"), Owner::Unknown, owner("99")]
}

#[tokio::test]
async fn b03_rows_of_others_are_dropped_and_not_counted_and_the_audit_says_how_many() {
    let rig = Rig::new(Liar::of(mixed()));
    let mine = rig.ask(&lead(), "customer_list_tickets", json!({})).await;
    assert_eq!(mine["data"]["pagination"]["total"], 1);
    assert_eq!(mine["data"]["tickets"].as_array().unwrap().len(), 1);
    assert_eq!(rig.rows()[0]["dropped"], 3);
    let people = rig.ask(&lead(), "customer_list_contacts", json!({})).await;
    let names: Vec<_> = people["data"]["contacts"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["Colleague 1", "Jane Smith"]);
    let staff = rig.ask(&agent(), "search_tickets", json!({})).await;
    let organisations: Vec<_> =
        staff["data"]["tickets"].as_array().unwrap().iter().map(|it| &it["organization_id"]).collect();
    assert_eq!(organisations, ["acme", "globex"], "an employee's reach is the tenant, and nobody's rows are nobody's");
    assert_eq!(staff["data"]["pagination"]["total"], 2);
    let log = crate::logs::text();
    assert!(log.contains("a connected system returned a row outside the caller's scope; it was dropped"));
}

#[tokio::test]
async fn a09_a_row_about_several_organisations_is_in_no_single_ones_export() {
    let rig = Rig::new(Liar::of(vec![owner("12"), owner("13")]));
    for (tool, arguments) in [("get_sla_summary", json!({})), ("search_tickets", json!({}))] {
        assert_eq!(rig.ask(&agent(), tool, arguments).await["status"], "success");
    }
    for row in rig.rows() {
        assert_eq!((&row["organisation"], &row["organisations"]), (&json!(null), &json!(2)), "{row}");
    }
    rig.ask(&agent(), "get_ticket", json!({ "ticket_id": "T-1" })).await;
    let rows = rig.rows();
    let one = rows.last().unwrap();
    assert_eq!((&one["organisation"], &one["organisations"]), (&json!("acme"), &json!(null)), "{one}");
    let acme = postern::audit::export::Filter {
        organisation: Some(postern_api::OrganisationId::new("acme").unwrap()),
        ..Default::default()
    };
    let mut out = Vec::new();
    let exported = postern::audit::export::export(rig.dir.path(), &acme, &mut out).unwrap();
    assert_eq!(exported, 1, "{}", String::from_utf8_lossy(&out));
}

#[tokio::test]
async fn b03_a_single_record_of_another_is_as_if_it_was_not_there() {
    for foreign in [owner("13"), owner("99"), Owner::Unknown] {
        let rig = Rig::new(Liar::of(vec![foreign.clone()]));
        for (tool, arguments, code) in [
            ("customer_get_ticket", json!({ "ticket_id": "T-1" }), "TICKET_NOT_FOUND"),
            ("customer_add_comment", json!({ "ticket_id": "T-1", "content": "x" }), "TICKET_NOT_FOUND"),
            ("customer_submit_ticket", json!({ "subject": "x", "description": "x" }), "ORG_NOT_ACTIVE"),
        ] {
            let answer = rig.ask(&lead(), tool, arguments).await;
            assert_eq!(answer["code"], code, "{tool} {foreign:?}");
        }
        let list = rig.ask(&lead(), "customer_list_tickets", json!({})).await;
        assert_eq!(list["data"]["tickets"], json!([]));
        assert_eq!(list["data"]["pagination"]["total"], 0);
    }
    let rig = Rig::new(Liar::of(vec![Owner::Unknown]));
    for (caller, tool, arguments) in calls() {
        let answer = rig.ask(&caller, tool, arguments).await;
        let text = answer.to_string();
        let of_row = ["Ticket of row", "+1 202 555 0143", "CANARY"].iter().find(|it| text.contains(**it));
        assert_eq!(of_row, None, "{tool}: {text}");
    }
}

/// A ticket that belongs to the tenant itself is nobody's ticket.
#[tokio::test]
async fn b03_a_ticket_of_no_organisation_is_nobodys() {
    let rig = Rig::new(Liar::of(vec![Owner::Tenant]));
    for (caller, tool) in [(lead(), "customer_get_ticket"), (agent(), "get_ticket")] {
        let answer = rig.ask(&caller, tool, json!({ "ticket_id": "T-1" })).await;
        assert_eq!(answer["code"], "TICKET_NOT_FOUND", "{tool}");
    }
    for (caller, tool) in [(lead(), "customer_list_tickets"), (agent(), "search_tickets")] {
        let answer = rig.ask(&caller, tool, json!({})).await;
        assert_eq!(answer["data"]["tickets"], json!([]), "{tool}");
        assert_eq!(answer["data"]["pagination"]["total"], 0, "{tool}");
    }
}

/// B04: who wrote it and who may read it are checked on the way back as well.
#[tokio::test]
async fn b04_a_colleagues_ticket_that_the_system_returns_all_the_same_is_left_out() {
    let colleagues = Liar { requester: "C-2", ..Liar::honest() };
    let private = Liar { visibility: Visibility::Private, ..colleagues.clone() };
    for (liar, caller, shown, code) in [
        (colleagues.clone(), basic(), 0, "ACCESS_DENIED"),
        (private, lead(), 0, "ACCESS_DENIED"),
        (colleagues, lead(), 1, ""),
    ] {
        let rig = Rig::new(liar);
        let list = rig.ask(&caller, "customer_list_tickets", json!({})).await;
        assert_eq!(list["data"]["tickets"].as_array().unwrap().len(), shown);
        assert_eq!(list["data"]["pagination"]["total"], shown);
        let one = rig.ask(&caller, "customer_get_ticket", json!({ "ticket_id": "T-1" })).await;
        assert_eq!(one["code"].as_str().unwrap_or_default(), code);
    }
}

#[tokio::test]
async fn r02_an_internal_article_that_the_system_returns_to_a_customer_is_left_out() {
    let rig = Rig::new(Liar { public_article: false, ..Liar::honest() });
    let found = rig.ask(&lead(), "customer_search_kb", json!({ "query": "x" })).await;
    assert_eq!(found["data"], json!({ "articles": [], "total": 0 }));
    let one = rig.ask(&lead(), "get_kb_article", json!({ "article_id": "K-1" })).await;
    assert_eq!(one["code"], "ARTICLE_NOT_FOUND");
    assert_eq!(rig.ask(&agent(), "search_kb", json!({ "query": "x" })).await["data"]["total"], 1);
}

/// A write whose answer is a record of nobody may have happened: nobody is told that it did, or that it did not.
#[tokio::test]
async fn w09_a_write_that_answers_with_anothers_row_is_unknown() {
    let rig = Rig::new(Liar::in_trouble(Trouble::WritesStray));
    for (caller, tool, arguments) in calls() {
        let before = rig.rows().len();
        let Some(answer) = rig.written(&caller, tool, arguments).await else { continue };
        assert_eq!((&answer["status"], &answer["code"]), (&json!("unknown"), &json!("OUTCOME_UNKNOWN")), "{tool}");
        assert!(answer["suggested_action"].as_str().unwrap().starts_with("Do not repeat the action."));
        let rows = rig.rows().split_off(before);
        let outcome = rows.last().unwrap();
        assert_eq!((&outcome["phase"], &outcome["decision"]), (&json!("outcome"), &json!("unknown")), "{tool}");
        assert_eq!(outcome["dropped"], 1, "{tool}");
    }
}
