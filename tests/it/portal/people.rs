//! Customers, portal users, access roles, sign-in, access events and notifications.

use super::{BASIC, LEAD, OWNER, SERVICE_LEAD};
use crate::gateway::Gateway;
use crate::support::{column, keys};
use serde_json::{Value, json};

const READER: &str = "support-read@msp.example";
const ADMIN: &str = "admin@msp.example";
const NOTICES: &str = "portal.notifications.list";

#[tokio::test]
async fn employees_list_customers_by_state_name_owner_and_portal() {
    let gateway = Gateway::start().await;
    let staff = gateway.person(READER);
    let list = async |arguments: Value| {
        let list = staff.data("portal.customers.list", arguments).await;
        assert_eq!(list["pagination"]["total"], list["customers"].as_array().unwrap().len());
        column(&list["customers"], "customer_id").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(list(json!({})).await, ["acme", "globex", "initech"]);
    assert_eq!(list(json!({ "activation": "active" })).await, ["acme", "globex"]);
    assert_eq!(list(json!({ "activation": "none" })).await, ["initech"]);
    assert_eq!(list(json!({ "company": "GLOB" })).await, ["globex"]);
    assert_eq!(list(json!({ "status": "suspended" })).await, [""; 0]);
    assert!(!list(json!({ "owner": "sofia" })).await.is_empty());
    assert_eq!(list(json!({ "owner": "nobody of this name" })).await, [""; 0]);
    gateway.sql("UPDATE workspace SET active = 0 WHERE tenant = 'msp-example' AND id = 'WS-A1'");
    assert_eq!(list(json!({ "activation": "inactive" })).await, ["acme"]);
    let page = staff.data("portal.customers.list", json!({ "limit": 1, "offset": 1 })).await;
    assert_eq!(column(&page["customers"], "customer_id"), ["globex"]);
    assert_eq!(page["pagination"], json!({ "total": 3, "limit": 1, "offset": 1, "has_more": true }));
}

#[tokio::test]
async fn a_customer_is_read_whole_by_the_lead_and_in_part_by_everybody_else() {
    let gateway = Gateway::start().await;
    let lead = gateway.person(LEAD).data("portal.customer.get", json!({})).await;
    assert_eq!((&lead["customer_id"], &lead["name"]), (&json!("acme"), &json!("Acme Corporation")));
    assert_eq!(lead["portal"]["activation"], "active");
    assert!(lead["contacts"].as_array().unwrap().len() >= 5);
    assert!(column(&lead["contacts"], "email").contains(&"alice.wong@acme.example"));
    assert!(lead["contacts"].as_array().unwrap().iter().all(|it| it["active"] == true && it.get("notes").is_none()));
    assert_eq!(lead["summary"]["running_service_records"], 2);
    let basic = gateway.person(BASIC).data("portal.customer.get", json!({})).await;
    assert_eq!(column(&basic["contacts"], "email"), [BASIC], "a basic contact sees nobody else");
    let ids = column(&basic["consents"], "contact_id");
    let me = basic["contacts"][0]["contact_id"].as_str().unwrap();
    assert!(ids.contains(&me) && ids.iter().all(|it| *it == me || it.is_empty()), "{ids:?}");
    assert!(basic["summary"]["open_requests"].as_u64() < lead["summary"]["open_requests"].as_u64());
    let arguments = json!({ "customer_id": "acme" });
    let reader = gateway.person(READER).data("portal.customer.get", arguments.clone()).await;
    assert!(column(&reader["contacts"], "email").iter().all(|it| it.is_empty() || it.contains("***")), "{reader}");
    assert!(reader["contacts"].as_array().unwrap().iter().any(|it| it.get("notes").is_some()));
    let writer = gateway.person(SERVICE_LEAD).data("portal.customer.get", arguments.clone()).await;
    assert!(column(&writer["contacts"], "email").contains(&"alice.wong@acme.example"));
    let finance = gateway.person("finance@msp.example").data("portal.customer.get", arguments).await;
    assert_eq!(finance["summary"], json!({}), "finance has no business in requests and service records");
    assert!(finance["contacts"].as_array().unwrap().iter().all(|it| it.get("notes").is_none()));
}

#[tokio::test]
async fn the_last_word_on_a_consent_counts() {
    let gateway = Gateway::start().await;
    let staff = gateway.person(SERVICE_LEAD).data("portal.customer.get", json!({ "customer_id": "acme" })).await;
    let greg = staff["contacts"].as_array().unwrap().iter().find(|it| it["name"] == "Greg Ellis").unwrap();
    let consents = staff["consents"].as_array().unwrap();
    let of = |kind: &str| {
        let mut all = consents.iter().filter(|it| it["contact_id"] == greg["contact_id"] && it["kind"] == kind);
        (all.next().unwrap()["granted"].as_bool().unwrap(), all.count())
    };
    assert_eq!((of("terms"), of("notifications")), ((true, 0), (false, 0)));
    assert!(consents.iter().any(|it| it["kind"] == "data_sync" && it.get("contact_id").is_none()));
    assert_eq!(greg["preferences"]["consented"], false);
}

#[tokio::test]
async fn portal_users_come_with_their_state_and_no_secret() {
    let gateway = Gateway::start().await;
    let list = gateway.person(LEAD).data("portal.portal_users.list", json!({ "limit": 50 })).await;
    let users = list["users"].as_array().unwrap();
    assert_eq!(users.len(), 6);
    let of = |email: &str| users.iter().find(|it| it["email"] == email).unwrap();
    assert_eq!(of(LEAD)["role_ids"], json!(["manager"]));
    assert_eq!((&of(LEAD)["two_factor"], &of(LEAD)["locked"]), (&json!(true), &json!(false)));
    assert_eq!(of("rachel.adams@acme.example")["locked"], true);
    assert!(of("omar.haddad@acme.example")["invitation_expires_at"].is_string());
    let known = [
        "email",
        "invitation_expires_at",
        "last_login",
        "locked",
        "name",
        "role_ids",
        "status",
        "two_factor",
        "user_id",
    ];
    assert!(users.iter().all(|it| keys(it).iter().all(|key| known.contains(key))));
    let pending = gateway.person(LEAD).data("portal.portal_users.list", json!({ "status": "pending" })).await;
    assert_eq!(column(&pending["users"], "email"), ["omar.haddad@acme.example"]);
    let payers = json!({ "customer_id": "acme", "role_id": "payer" });
    let payers = gateway.person(ADMIN).data("portal.portal_users.list", payers).await;
    assert_eq!(column(&payers["users"], "name"), ["Alice Wong"]);
}

#[tokio::test]
async fn of_the_access_roles_the_one_that_opens_least_is_suggested() {
    let gateway = Gateway::start().await;
    let list = gateway.person(READER).data("portal.access_roles.list", json!({})).await;
    assert_eq!(column(&list["roles"], "role_id"), ["viewer", "member", "payer", "manager", "msp-operator"]);
    let flags = |field: &str| {
        let rows = list["roles"].as_array().unwrap().iter().filter(|it| it[field] == true);
        rows.map(|it| it["role_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((flags("is_suggested"), flags("is_default")), (vec!["viewer".into()], vec!["viewer".into()]));
    assert_eq!(flags("is_internal"), ["msp-operator"]);
    let payer = &list["roles"][2];
    assert_eq!((&payer["payments"], &payer["administration"]), (&json!(["invoices", "payments"]), &json!([])));
    // Also where somebody made administrators of everybody who is new.
    gateway.sql("UPDATE access_role SET is_default = (id = 'manager') WHERE tenant = 'msp-example'");
    let list = gateway.person(READER).data("portal.access_roles.list", json!({})).await;
    assert_eq!(list["roles"][0]["is_suggested"], true);
}

#[tokio::test]
async fn how_people_sign_in_and_what_they_did_is_for_administrators() {
    let gateway = Gateway::start().await;
    for email in [ADMIN, OWNER, SERVICE_LEAD] {
        let staff = gateway.person(email);
        let policy = staff.data("portal.auth_policy.get", json!({})).await;
        assert_eq!((&policy["lockout_after"], &policy["invitation_expires_secs"]), (&json!(10), &json!(604_800)));
        let log = staff.data("portal.access_logs.list", json!({ "customer_id": "acme" })).await;
        let events = log["events"].as_array().unwrap();
        assert_eq!(events.len(), 8, "{email}");
        assert!(events.windows(2).all(|pair| pair[0]["at"].as_str() >= pair[1]["at"].as_str()));
        let some = json!({ "customer_id": "acme", "kinds": ["login_failed", "role_change"] });
        let some = staff.data("portal.access_logs.list", some).await;
        assert_eq!(column(&some["events"], "kind"), ["login_failed", "login_failed", "role_change"]);
        let cut = staff.ask("portal.access_logs.list", json!({ "customer_id": "acme", "limit": 2 })).await;
        assert_eq!((&cut["metadata"]["truncated"], cut["data"]["events"].as_array().unwrap().len()), (&json!(true), 2));
    }
    let unknown = gateway.person(LEAD).user.call("no_such_tool", json!({})).await;
    for email in [LEAD, BASIC, READER] {
        for (tool, arguments) in
            [("portal.access_logs.list", json!({ "customer_id": "acme" })), ("portal.auth_policy.get", json!({}))]
        {
            let answer = gateway.person(email).user.call(tool, arguments).await;
            assert_eq!(answer, unknown, "{email} {tool}");
        }
    }
}

#[tokio::test]
async fn notifications_are_ones_own_unless_one_manages_the_users() {
    let gateway = Gateway::start().await;
    let lead = gateway.person(LEAD).data(NOTICES, json!({})).await;
    assert_eq!(lead["pagination"]["total"], 8);
    assert!(lead["notifications"].as_array().unwrap().iter().all(|it| it.get("failure").is_none()));
    assert_eq!(lead["rules"]["daily_cap"], 3);
    let people = lead["rules"]["people"].as_array().unwrap();
    assert!(people.len() > 4);
    assert!(people.iter().any(|it| it["capped"] == json!(["payment"])), "Alice has had all of today: {people:?}");
    assert!(people.iter().any(|it| it["consented"] == false));
    let basic = gateway.person(BASIC).data(NOTICES, json!({})).await;
    assert_eq!(column(&basic["notifications"], "subject"), ["Your request was answered"]);
    assert_eq!(basic["pagination"]["total"], 1);
    let own = basic["rules"]["people"].as_array().unwrap();
    assert_eq!(own.len(), 1);
    assert_eq!(own[0]["opted_out"], json!([{ "topic": "progress", "channel": "email" }]));
    gateway.has_role(LEAD, "payer");
    let narrowed = gateway.person(LEAD).data(NOTICES, json!({})).await;
    assert_eq!(narrowed["pagination"]["total"], 2, "a lead who manages no users sees only the own ones");
    let failed = json!({ "customer_id": "acme", "state": "failed" });
    let staff = gateway.person(SERVICE_LEAD).data(NOTICES, failed).await;
    assert_eq!(column(&staff["notifications"], "failure"), ["the mailbox is full"]);
}
