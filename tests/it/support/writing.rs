//! Customers open tickets and comment on them.

use super::column;
use crate::gateway::Gateway;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

fn about(subject: &str) -> Value {
    json!({ "subject": subject, "description": "It does not work." })
}

fn hours_until(now: Timestamp, due: &Value) -> f64 {
    let due: Timestamp = due.as_str().unwrap().parse().unwrap();
    (due.duration_since(now).as_secs_f64() / 3600.0 * 100.0).round() / 100.0
}

#[tokio::test]
async fn a_new_ticket_says_when_it_is_due_by_the_organisations_plan() {
    let gateway = Gateway::start().await;
    for (email, response, resolution) in
        [("lead@acme.example", 1.0, 8.0), ("basic@globex.example", 4.0, 24.0), ("basic@initech.example", 8.0, 72.0)]
    {
        let (me, now) = (gateway.person(email), Timestamp::now());
        let new = me.data("customer_submit_ticket", about("New keyboard")).await;
        assert_eq!(new["message"], "Ticket created successfully");
        assert_eq!(hours_until(now, &new["sla"]["response_due"]), response, "{email}");
        assert_eq!(hours_until(now, &new["sla"]["resolution_due"]), resolution, "{email}");
        let id = json!({ "ticket_id": new["ticket_id"] });
        let ticket = me.data("customer_get_ticket", id).await;
        assert_eq!((ticket["status"].as_str(), ticket["priority"].as_str()), (Some("open"), Some("medium")));
        assert_eq!(
            (ticket["category"].as_str(), ticket["visibility"].as_str()),
            (Some("General"), Some("organization"))
        );
        assert_eq!(ticket["created_by"]["email"], email);
        let list = me.data("customer_list_tickets", json!({ "limit": 1 })).await;
        assert_eq!(list["tickets"][0]["ticket_id"], new["ticket_id"]);
    }
}

#[tokio::test]
async fn only_a_lead_can_make_a_ticket_private() {
    let gateway = Gateway::start().await;
    let (lead, basic) = (gateway.person("lead@acme.example"), gateway.person("basic@acme.example"));
    let mut private = about("Between us");
    private["visibility"] = json!("private");
    let of_basic = basic.data("customer_submit_ticket", private.clone()).await;
    let of_lead = lead.data("customer_submit_ticket", private).await;
    let read = async |who: &crate::gateway::Person, new: &Value| {
        who.ask("customer_get_ticket", json!({ "ticket_id": new["ticket_id"] })).await
    };
    assert_eq!(read(&lead, &of_basic).await["data"]["visibility"], "organization");
    assert_eq!(read(&lead, &of_lead).await["data"]["visibility"], "private");
    assert_eq!(read(&basic, &of_lead).await["code"], "ACCESS_DENIED");
}

#[tokio::test]
async fn an_uploaded_file_is_attached_once_and_another_organisations_is_as_if_it_was_not_there() {
    let gateway = Gateway::start().await;
    let basic = gateway.person("basic@acme.example");
    let with = |id: &str| {
        let mut new = about("See the picture");
        new["attachments"] = json!([id]);
        new
    };
    let missing = basic.ask("customer_submit_ticket", with("AT-nobody-1")).await;
    assert_eq!(missing["code"], "VALIDATION_ERROR");
    assert_eq!(basic.ask("customer_submit_ticket", with("AT-globex-1")).await, missing);
    let new = basic.data("customer_submit_ticket", with("AT-acme-1")).await;
    let ticket = basic.data("customer_get_ticket", json!({ "ticket_id": new["ticket_id"] })).await;
    assert_eq!(column(&ticket["attachments"], "attachment_id"), ["AT-acme-1"]);
    assert_eq!(column(&ticket["attachments"], "file_name"), ["screenshot.png"]);
    assert_eq!(basic.ask("customer_submit_ticket", with("AT-acme-1")).await, missing, "used once");
    assert_eq!(
        basic.data("customer_list_tickets", json!({})).await["pagination"]["total"],
        5,
        "refused ones left nothing"
    );
}

#[tokio::test]
async fn an_organisation_that_is_not_active_opens_no_tickets_and_invites_nobody() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("lead@acme.example");
    let invited = json!({ "email": "new@acme.example", "first_name": "New", "last_name": "One" });
    for status in [1, 2] {
        gateway.sql(&format!("UPDATE organisation SET status = {status} WHERE id = 'acme' AND tenant = 'msp-example'"));
        let answer = lead.ask("customer_submit_ticket", about("x")).await;
        assert_eq!(answer["code"], "ORG_NOT_ACTIVE");
        assert_eq!(answer["suggested_action"], "Contact your account manager.");
        assert_eq!(lead.code("customer_invite_contact", invited.clone()).await, "ORG_NOT_ACTIVE");
    }
    assert_eq!(lead.data("customer_list_tickets", json!({})).await["pagination"]["total"], 12);
    gateway.elsewhere("lead@acme.example").data("customer_submit_ticket", about("x")).await;
}

#[tokio::test]
async fn the_months_last_ticket_is_given_once_however_many_ask_for_it() {
    let gateway = Gateway::start().await;
    let now = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    let month = now.first_of_month().unwrap().start_of_day().unwrap().timestamp();
    let staff = gateway.person("support-read@msp.example");
    let all = staff.data("search_tickets", json!({ "organization_id": "initech", "limit": 50 })).await;
    let created = column(&all["tickets"], "created_at");
    let this_month = created.iter().filter(|it| it.parse::<Timestamp>().unwrap() >= month).count();
    let limit = this_month + 3;
    gateway.sql(&format!(
        "UPDATE organisation SET tickets_per_month = {limit} WHERE id = 'initech' AND tenant = 'msp-example'"
    ));
    let (lead, basic) = (gateway.person("lead@initech.example"), gateway.person("basic@initech.example"));
    let tries = (0..12).map(|n| {
        let me = if n % 2 == 0 { lead.clone() } else { basic.clone() };
        tokio::spawn(async move { me.ask("customer_submit_ticket", about("One more")).await })
    });
    let mut answers = Vec::new();
    for attempt in tries.collect::<Vec<_>>() {
        answers.push(attempt.await.unwrap());
    }
    let given = answers.iter().filter(|it| it["status"] == "success").count();
    assert_eq!(given, 3);
    for refused in answers.iter().filter(|it| it["status"] != "success") {
        assert_eq!(refused["code"], "TICKET_LIMIT_REACHED");
        assert_eq!(refused["message"], format!("monthly ticket limit ({limit}) reached"));
        assert_eq!(refused["suggested_action"], "Contact your account manager to increase your limit.");
    }
    gateway.person("lead@acme.example").data("customer_submit_ticket", about("Ours are not used up")).await;
}

#[tokio::test]
async fn a_comment_is_for_everybody_on_the_ticket_and_goes_to_open_tickets_in_reach_alone() {
    let gateway = Gateway::start().await;
    let (lead, basic) = (gateway.person("lead@acme.example"), gateway.person("basic@acme.example"));
    let staff = gateway.person("support-write@msp.example");
    let comment =
        async |subject: &str, text: &str| json!({ "ticket_id": gateway.ticket(subject).await, "content": text });
    let vpn = comment("VPN drops every few minutes from home", "Still dropping.").await;
    let added = basic.data("customer_add_comment", vpn.clone()).await;
    assert_eq!(added["message"], "Comment added successfully");
    lead.data("customer_add_comment", vpn.clone()).await;
    let seen = staff.data("get_ticket", json!({ "ticket_id": vpn["ticket_id"] })).await;
    let comments = seen["comments"].as_array().unwrap();
    assert_eq!(comments.len(), 5);
    let mine = comments.iter().find(|it| it["comment_id"] == added["comment_id"]).unwrap();
    assert_eq!((mine["author_name"].as_str(), mine["author_type"].as_str()), (Some("Bob Miller"), Some("customer")));
    assert_eq!(seen["internal_notes"].as_array().unwrap().len(), 1);
    let workbook = comment("Cannot open the month-end workbook", "x").await;
    assert_eq!(basic.code("customer_add_comment", workbook).await, "ACCESS_DENIED");
    let leave = comment("Request about parental leave and my account", "x").await;
    assert_eq!(lead.code("customer_add_comment", leave).await, "ACCESS_DENIED");
    let foreign = comment("Keyboard with another layout", "x").await;
    assert_eq!(lead.code("customer_add_comment", foreign).await, "TICKET_NOT_FOUND");
    let closed = comment("Build server out of disk space", "x").await;
    let conflict = basic.ask("customer_add_comment", closed).await;
    assert_eq!(conflict["code"], "CONFLICT");
    assert_eq!(conflict["suggested_action"], "Open a new ticket and mention this one.");
}

#[tokio::test]
async fn a_comment_moves_the_ticket_to_the_top_of_what_was_last_updated() {
    let gateway = Gateway::start().await;
    let basic = gateway.person("basic@acme.example");
    let id = gateway.ticket("Second monitor flickers").await;
    let before = Timestamp::now() - SignedDuration::from_secs(1);
    basic.data("customer_add_comment", json!({ "ticket_id": id, "content": "WD19" })).await;
    let list = basic.data("customer_list_tickets", json!({ "sort": "updated_at" })).await;
    assert_eq!(list["tickets"][0]["ticket_id"], id);
    assert_eq!(list["tickets"][0]["comment_count"], 2);
    assert!(list["tickets"][0]["updated_at"].as_str().unwrap().parse::<Timestamp>().unwrap() > before);
}
