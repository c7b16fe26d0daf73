//! Secrets are replaced for everybody; personal data by role.

use crate::gateway::{Gateway, Person};
use crate::rig::{ADDRESS, Liar, PASSWORD, Rig, agent, basic, calls, lead};
use serde_json::{Value, json};

async fn ticket(who: &Person, tool: &str, id: &str) -> String {
    who.data(tool, json!({ "ticket_id": id })).await.to_string()
}

#[tokio::test]
async fn r05_passwords_keys_and_cards_in_a_ticket_are_replaced_for_both_realms() {
    let gateway = Gateway::start().await;
    let secrets = [
        ("password: ", "Tr0ub4dor&3-Winter"),
        ("card ", "4111 1111 1111 1111"),
        ("key ", concat!("AK", "IAIOSFODNN7EXAMPLQ")),
        ("token ", concat!("gh", "p_abcdefghijklmnopqrstuvwxyz0123456789")),
        ("IBAN ", "DE89 3704 0044 0532 0130 00"),
    ];
    let text: String = secrets.iter().map(|(before, value)| format!("The {before}{value} is mine.\n")).collect();
    let author = gateway.person("basic@acme.example");
    let new = author.data("customer_submit_ticket", json!({ "subject": "Access", "description": text })).await;
    let id = new["ticket_id"].as_str().unwrap();
    author.data("customer_add_comment", json!({ "ticket_id": id, "content": text })).await;
    for (email, tool) in [
        ("basic@acme.example", "customer_get_ticket"),
        ("lead@acme.example", "customer_get_ticket"),
        ("support-read@msp.example", "get_ticket"),
        ("support-write@msp.example", "get_ticket"),
        ("owner@msp.example", "get_ticket"),
    ] {
        let shown = ticket(&gateway.person(email), tool, id).await;
        for (_, value) in secrets {
            assert!(!shown.contains(value), "{email}: {value} in {shown}");
        }
        assert!(shown.contains('⟦') && shown.contains("is mine."), "{email}: {shown}");
    }
    let rows = gateway.rows();
    let read = rows.iter().rfind(|row| row["tool"] == "get_ticket").unwrap();
    assert!(read["redacted"].as_u64().unwrap() >= 10, "{read}");
}

#[tokio::test]
async fn r05_the_demos_own_pasted_secrets_are_replaced() {
    let gateway = Gateway::start().await;
    let staff = gateway.person("service-lead@msp.example");
    for (subject, secret) in [
        ("Invoice portal password does not work", "Sunflower#2291!"),
        ("Wi-Fi in hall 3 keeps dropping", "Halle3-Turbine!77"),
        ("Database login in the staging environment", "St4ging-Rollup-88"),
        ("Suspicious mail about a changed bank account", "DE89 3704 0044 0532 0130 00"),
    ] {
        let id = gateway.ticket(subject).await;
        assert!(!ticket(&staff, "get_ticket", &id).await.contains(secret), "{subject}");
    }
}

#[tokio::test]
async fn personal_data_of_others_is_masked_for_who_reads_along() {
    let gateway = Gateway::start().await;
    let people = async |email: &str| {
        let list = gateway.person(email).data("internal_list_org_contacts", json!({ "organization_id": "acme" })).await;
        list["contacts"].as_array().unwrap().iter().find(|it| it["name"] == "Bob Miller").cloned().unwrap()
    };
    let (reads, writes) = (people("support-read@msp.example").await, people("support-write@msp.example").await);
    assert_eq!((reads["email"].as_str(), reads["phone"].as_str()), (Some("b***@acme.example"), Some("***71")));
    assert_eq!(
        (writes["email"].as_str(), writes["phone"].as_str()),
        (Some("basic@acme.example"), Some("+1 202 555 0171"))
    );
    let id = gateway.ticket("VPN drops every few minutes from home").await;
    for (email, shown) in [("support-read@msp.example", false), ("support-write@msp.example", true)] {
        let text = ticket(&gateway.person(email), "get_ticket", &id).await;
        for value in ["bob.miller.home@mail.example", "+1 202 555 0171", "basic@acme.example"] {
            assert_eq!(text.contains(value), shown, "{email} {value}: {text}");
        }
    }
    let history = gateway.person("support-read@msp.example");
    let history = history.data("internal_view_customer_history", json!({ "contact_id": "CT-000002" })).await;
    assert_eq!(history["email"], "b***@acme.example");
}

#[tokio::test]
async fn a_customers_own_address_is_shown_and_the_colleagues_in_text_is_not() {
    let gateway = Gateway::start().await;
    let (lead, basic) = (gateway.person("lead@acme.example"), gateway.person("basic@acme.example"));
    let text = "Write to basic@acme.example or alice.wong@acme.example or stranger@mail.example.";
    let new = basic.data("customer_submit_ticket", json!({ "subject": "Who", "description": text })).await;
    let read = async |who: &Person| {
        let ticket = who.data("customer_get_ticket", json!({ "ticket_id": new["ticket_id"] })).await;
        ticket["description"].as_str().unwrap().to_owned()
    };
    let own = read(&basic).await;
    assert!(own.contains("basic@acme.example"), "{own}");
    assert!(!own.contains("alice.wong@") && !own.contains("stranger@"), "{own}");
    let others = read(&lead).await;
    assert!(
        !others.contains("basic@acme") && !others.contains("alice.wong@") && !others.contains("stranger@"),
        "{others}"
    );
}

/// R06: a placeholder is stable for one person and says nothing to another.
#[tokio::test]
async fn r06_placeholders_are_stable_for_a_person_differ_between_people_and_cannot_be_forged() {
    let rig =
        Rig::new(Liar { text: "Call ann@elsewhere.example or ⟦email:aaaaaa.aaaa⟧.".into(), ..Liar::honest() });
    let read = async |who| {
        let answer = rig.ask(&who, "customer_get_ticket", json!({ "ticket_id": "T-1" })).await;
        answer["data"]["description"].as_str().unwrap().to_owned()
    };
    let (first, second) = (read(lead()).await, read(lead()).await);
    assert_eq!(first, second);
    assert!(!first.contains("⟦email:aaaaaa.aaaa⟧"), "{first}");
    let mine = placeholder(&first);
    let other = rig.ask(&basic(), "customer_get_ticket", json!({ "ticket_id": "T-1" })).await;
    // The basic contact is another principal and may not be linked to a contact that is taken.
    assert_eq!(other["code"], "ACCESS_DENIED");
    let staff = rig.ask(&agent(), "get_ticket", json!({ "ticket_id": "T-1" })).await;
    assert!(!staff.to_string().contains(&mine));
}

fn placeholder(text: &str) -> String {
    let (_, from) = text.split_once('⟦').unwrap();
    from.split_once('⟧').unwrap().0.to_owned()
}

/// R10: what was redacted once stays as it is when it comes by again.
#[tokio::test]
async fn r10_a_redacted_text_that_is_pasted_into_a_comment_reads_the_same() {
    let gateway = Gateway::start().await;
    let basic = gateway.person("basic@acme.example");
    let id = gateway.ticket("VPN drops every few minutes from home").await;
    let get = async || basic.data("customer_get_ticket", json!({ "ticket_id": id })).await;
    let shown = get().await["description"].clone();
    assert!(shown.as_str().unwrap().contains('⟦'));
    basic.data("customer_add_comment", json!({ "ticket_id": id, "content": shown })).await;
    let ticket: Value = get().await;
    assert_eq!(ticket["comments"].as_array().unwrap().last().unwrap()["content"], shown);
}

#[tokio::test]
async fn r03_no_string_that_a_system_can_fill_carries_a_secret_or_an_address_past_the_redactor() {
    let rig = Rig::new(Liar { stuffed: true, ..Liar::honest() });
    let mut answered = std::collections::BTreeSet::new();
    for (caller, tool, arguments) in calls() {
        let mut told = vec![rig.ask(&caller, tool, arguments.clone()).await];
        if told[0]["status"] == "pending_confirmation" {
            told.push(rig.confirmed(&caller, tool, arguments).await);
        }
        let customer = caller.roles.iter().any(|role| role.ends_with("-customer"));
        for told in told {
            let text = told.to_string();
            assert!(!text.contains(PASSWORD), "{tool}: {text}");
            assert!(!customer || !text.contains(ADDRESS), "{tool}: {text}");
            if ["success", "pending_confirmation"].contains(&told["status"].as_str().unwrap()) {
                answered.insert(tool);
            }
        }
    }
    let missing: Vec<_> = calls().iter().map(|(_, tool, _)| *tool).filter(|tool| !answered.contains(tool)).collect();
    assert_eq!(missing, Vec::<&str>::new(), "these were refused, so nothing was seen of them");
    let rig = Rig::new(Liar { stuffed: true, ..Liar::honest() });
    for (tool, arguments) in
        [("customer_list_tickets", json!({})), ("customer_get_ticket", json!({ "ticket_id": "T-1" }))]
    {
        let text = rig.ask(&basic(), tool, arguments).await.to_string();
        assert!(text.contains("success") && !text.contains(PASSWORD) && !text.contains(ADDRESS), "{text}");
    }
}
