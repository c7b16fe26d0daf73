//! A lead manages the organisation's contacts; everybody reads articles.

use super::{column, keys};
use crate::gateway::Gateway;
use serde_json::json;

#[tokio::test]
async fn a_lead_lists_the_contacts_with_role_status_and_ticket_count() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("lead@acme.example");
    let list = lead.data("customer_list_contacts", json!({})).await;
    assert_eq!(list["organization"], json!({ "name": "Acme Corporation", "max_contacts": 20, "current_contacts": 5 }));
    let names = ["Alice Wong", "Bob Miller", "Greg Ellis", "Jane Smith", "Omar Haddad", "Rachel Adams"];
    assert_eq!(column(&list["contacts"], "name"), names);
    assert_eq!(column(&list["contacts"], "role"), ["basic", "basic", "basic", "lead", "basic", "basic"]);
    let bob = &list["contacts"][1];
    let fields = ["contact_id", "email", "last_login", "name", "role", "status", "ticket_count"];
    assert_eq!(keys(bob), fields);
    assert_eq!(bob["email"], "basic@acme.example");
    assert_eq!(bob["ticket_count"], 3, "a private ticket of Bob's is not counted for the lead");
    assert_eq!(list["contacts"][4].get("last_login"), None);
    for (status, expected) in [("active", 4), ("pending", 1), ("disabled", 1)] {
        let some = lead.data("customer_list_contacts", json!({ "status": status })).await;
        assert_eq!(column(&some["contacts"], "status"), vec![status; expected]);
        assert_eq!(some["organization"], list["organization"]);
    }
}

#[tokio::test]
async fn a_basic_contact_is_told_that_a_lead_is_needed() {
    let gateway = Gateway::start().await;
    let basic = gateway.person("basic@acme.example");
    for (tool, arguments) in [
        ("customer_list_contacts", json!({})),
        ("customer_invite_contact", json!({ "email": "a@acme.example", "first_name": "A", "last_name": "B" })),
        ("customer_transfer_lead", json!({ "new_lead_contact_id": "CT-000003" })),
        ("customer_transfer_lead", json!({ "nonsense": true })),
    ] {
        let answer = basic.ask(tool, arguments).await;
        assert_eq!(answer["code"], "LEAD_REQUIRED");
        assert_eq!(answer["message"], "only lead contacts can manage organization contacts");
        assert_eq!(answer["suggested_action"], "Contact your lead customer.");
    }
}

#[tokio::test]
async fn an_employee_is_told_that_a_customers_tool_is_for_customers() {
    let gateway = Gateway::start().await;
    for email in ["support-write@msp.example", "admin@msp.example", "finance@msp.example"] {
        let answer = gateway.person(email).ask("customer_list_tickets", json!({})).await;
        assert_eq!(answer["code"], "INVALID_REALM");
        assert_eq!(answer["message"], "this tool is for customers only");
        assert!(answer["suggested_action"].as_str().unwrap().contains("Sign in at the portal"));
    }
}

#[tokio::test]
async fn an_invitation_that_cannot_be_carried_out_is_refused_before_anybody_is_asked() {
    let gateway = Gateway::start().await;
    let invite = |email: &str| json!({ "email": email, "first_name": "New", "last_name": "One" });
    let acme = gateway.person("lead@acme.example");
    for email in ["new@globex.example", "new@sub.acme.example", "new@acme.example.evil.example"] {
        let answer = acme.ask("customer_invite_contact", invite(email)).await;
        assert_eq!(answer["code"], "VALIDATION_ERROR");
        assert_eq!(answer["message"], "`email`: expected an address at `acme.example`");
    }
    for email in ["basic@acme.example", "BASIC@Acme.Example", "omar.haddad@acme.example", "greg.ellis@acme.example"] {
        assert_eq!(acme.code("customer_invite_contact", invite(email)).await, "CONTACT_EXISTS", "{email}");
    }
    let initech = gateway.person("lead@initech.example");
    let full = initech.ask("customer_invite_contact", invite("new@initech.example")).await;
    assert_eq!(full["code"], "CONTACT_LIMIT_REACHED");
    assert_eq!(full["message"], "contact limit (4) reached");
    assert!(full["suggested_action"].as_str().unwrap().starts_with("Remove inactive contacts"));
}

#[tokio::test]
async fn the_lead_role_goes_to_an_active_contact_of_the_same_organisation_alone() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("lead@acme.example");
    let to = |id: &str| json!({ "new_lead_contact_id": id });
    for (id, code) in [
        ("CT-000001", "VALIDATION_ERROR"),
        ("CT-000005", "VALIDATION_ERROR"),
        ("CT-000006", "VALIDATION_ERROR"),
        ("CT-000008", "CONTACT_NOT_FOUND"),
        ("CT-999999", "CONTACT_NOT_FOUND"),
    ] {
        assert_eq!(lead.code("customer_transfer_lead", to(id)).await, code, "{id}");
    }
}

#[tokio::test]
async fn customers_find_and_read_public_articles_alone() {
    let gateway = Gateway::start().await;
    let basic = gateway.person("basic@acme.example");
    let staff = gateway.person("support-read@msp.example");
    let found = basic.data("customer_search_kb", json!({ "query": "vpn" })).await;
    assert_eq!(column(&found["articles"], "title"), ["Connect to the VPN from home"]);
    assert_eq!(found["total"], 1);
    let fields =
        ["article_id", "category", "helpful_percentage", "relevance_score", "summary", "title", "updated_at", "views"];
    assert_eq!(keys(&found["articles"][0]), fields);
    assert_eq!(
        (&found["articles"][0]["views"], &found["articles"][0]["helpful_percentage"]),
        (&json!(1840), &json!(91))
    );
    let all = staff.data("search_kb", json!({ "query": "vpn" })).await;
    assert_eq!(all["total"], 2);
    let public: Vec<_> = all["articles"].as_array().unwrap().iter().map(|it| it["public"].as_bool().unwrap()).collect();
    assert_eq!(public.iter().filter(|it| **it).count(), 1);
    for article in all["articles"].as_array().unwrap() {
        let id = json!({ "article_id": article["article_id"] });
        let read = staff.data("get_kb_article", id.clone()).await;
        assert!(!read["content"].as_str().unwrap().is_empty());
        assert_eq!(read["public"], article["public"]);
        let answer = basic.ask("get_kb_article", id).await;
        if article["public"] == true {
            assert_eq!(answer["data"]["content"], read["content"]);
            assert_eq!(answer["data"].get("public"), None);
        } else {
            let missing = basic.ask("get_kb_article", json!({ "article_id": "KB-9999" })).await;
            assert_eq!(missing["code"], "ARTICLE_NOT_FOUND");
            assert_eq!(answer, missing);
        }
    }
}

#[tokio::test]
async fn articles_are_filtered_by_category_and_cut_at_the_limit() {
    let gateway = Gateway::start().await;
    let staff = gateway.person("support-read@msp.example");
    let security = staff.data("search_kb", json!({ "query": "phone accounts", "category": "Security" })).await;
    assert!(column(&security["articles"], "category").iter().all(|it| *it == "Security"));
    let many = staff.data("search_kb", json!({ "query": "the", "limit": 50 })).await;
    let total = many["total"].as_u64().unwrap();
    assert!(total > 2, "{total}");
    let cut = staff.ask("search_kb", json!({ "query": "the", "limit": 2 })).await;
    assert_eq!(cut["data"]["articles"].as_array().unwrap().len(), 2);
    assert_eq!(cut["data"]["total"], total);
    assert_eq!(cut["metadata"]["truncated"], true);
    let scores: Vec<_> =
        many["articles"].as_array().unwrap().iter().map(|it| it["relevance_score"].as_f64().unwrap()).collect();
    assert!(scores.windows(2).all(|pair| pair[0] >= pair[1]), "best first: {scores:?}");
    assert!(scores.iter().all(|it| (0.0..=1.0).contains(it)));
}
