//! Ids of others, generated from the catalogue: every tool and every argument that is an id.

use crate::gateway::{Gateway, Person};
use crate::mcp::wire::within;
use postern::tools::{Described, Kind, catalogue};
use postern_policies::{Facts, Policies, Realm, Subject};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// An action request that there is not.
const ACTION: &str = "act-00000000000000000000000000000000";

/// Arguments that a tool accepts, for `acme` of the first tenant.
pub(super) fn sample(tool: &str) -> Value {
    match tool {
        "customer_submit_ticket" => json!({ "subject": "x", "description": "x" }),
        "customer_add_comment" => json!({ "ticket_id": "TK-2026-000001", "content": "x" }),
        "customer_invite_contact" => json!({ "email": "new@acme.example", "first_name": "N", "last_name": "O" }),
        "customer_transfer_lead" => json!({ "new_lead_contact_id": "CT-000002" }),
        "customer_get_ticket" | "get_ticket" => json!({ "ticket_id": "TK-2026-000001" }),
        "close_ticket" => json!({ "ticket_id": "TK-2026-000001", "resolution": "x" }),
        "escalate_ticket" => json!({ "ticket_id": "TK-2026-000001", "target": "x", "reason": "x" }),
        "customer_search_kb" | "search_kb" | "find_tools" => json!({ "query": "vpn" }),
        "get_kb_article" => json!({ "article_id": "KB-0001" }),
        "internal_get_organization" | "internal_list_org_contacts" => json!({ "organization_id": "acme" }),
        "internal_view_customer_history" => json!({ "contact_id": "CT-000001" }),
        "customer_list_tickets" | "customer_list_contacts" | "search_tickets" | "get_sla_summary" => json!({}),
        "portal.service_record.get" => json!({ "record_id": "PRJ-101" }),
        "portal.document_version.get" => json!({ "document_id": "DOC-1007" }),
        "portal.request.get" => json!({ "request_id": "TK-2026-000001" }),
        "portal.config.get"
        | "portal.branding.get"
        | "portal.faq_entries.list"
        | "portal.form_templates.list"
        | "portal.access_roles.list"
        | "portal.auth_policy.get"
        | "portal.customers.list"
        | "portal.action_request.status" => json!({}),
        "portal.customer.get"
        | "portal.portal_users.list"
        | "portal.access_logs.list"
        | "portal.service_records.list"
        | "portal.project_status.list"
        | "portal.orders.list"
        | "portal.bookings.list"
        | "portal.documents.list"
        | "portal.invoices.list"
        | "portal.payments.list"
        | "portal.requests.list"
        | "portal.notifications.list" => json!({ "customer_id": "acme" }),
        "portal.document_publish.preview" => {
            json!({ "customer_id": "acme", "document_id": "DOC-1004", "version_id": "DOC-1004-v2" })
        }
        "portal.document.revoke" => json!({ "customer_id": "acme", "document_id": "DOC-1002", "reason": "x" }),
        "portal.payment_action.preview" => {
            json!({ "customer_id": "acme", "invoice_id": "INV-2103", "recipient_contact_id": "CT-000001" })
        }
        "portal.activation.preview" => json!({ "customer_id": "initech" }),
        "portal.user.invite" => json!({ "activation_preview_id": ACTION, "email": "new@initech.example" }),
        "portal.support_reply.preview" => {
            json!({ "request_id": "TK-2026-000036", "visibility": "internal", "content": "x" })
        }
        "portal.request.create" => json!({ "subject": "x", "description": "x" }),
        "portal.request.status_update" => {
            json!({ "request_id": "TK-2026-000036", "status": "pending", "reason": "x" })
        }
        "portal.access_scope.preview" => {
            json!({ "customer_id": "acme", "user_id": "CT-000002", "role_ids": ["member"] })
        }
        "portal.user.access_reset" => {
            json!({ "customer_id": "acme", "user_id": "CT-000002", "reset": "disable", "reason": "x" })
        }
        "portal.notification.preview" => {
            json!({ "customer_id": "acme", "recipient_contact_ids": ["CT-000001"], "topic": "update" })
        }
        "portal.profile_update.preview" => json!({ "changes": { "title": "Boss" } }),
        "portal.consent.update" => json!({ "kind": "terms", "granted": true, "version": "1" }),
        "portal.form_submission.record" => {
            json!({ "form_id": "FM-satisfaction", "form_version": 1, "answers": { "score": "5" } })
        }
        "portal.faq_entry.upsert" => {
            json!({ "question": "Where?", "answer": "There.", "language": "en", "state": "draft" })
        }
        "portal.branding.upsert" => json!({ "white_label": true }),
        "portal.analytics_snapshot.record" => {
            json!({ "customer_id": "acme", "from": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z" })
        }
        "portal.workspace.create"
        | "portal.document.publish"
        | "portal.invoice.payment_link.create"
        | "portal.user.role_update"
        | "portal.request.reply_add"
        | "portal.notification.send"
        | "portal.customer_profile.update" => json!({ "preview_id": ACTION }),
        other => panic!("`{other}` is new: give it arguments here"),
    }
}

/// The arguments of a tool that are ids, or lists of ids.
fn ids(tool: &Described) -> Vec<(String, bool)> {
    let properties = tool.input().get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let is_id = |schema: &Value| schema["pattern"] == "^[A-Za-z0-9][A-Za-z0-9._:@+-]*$";
    let one = |(name, schema): (&String, &Value)| {
        let optional = schema["anyOf"].as_array().is_some_and(|any| any.iter().any(is_id));
        let list = is_id(&schema["items"]);
        (is_id(schema) || optional || list || name.ends_with("_id")).then(|| (name.clone(), list))
    };
    properties.iter().filter_map(one).collect()
}

fn may_call(realm: Realm, role: &str, tool: &str) -> bool {
    let roles = BTreeSet::from([role.to_owned()]);
    let subject = Subject { realm, tenant: "t", roles: &roles, scopes: None, service: false };
    Policies::builtin().unwrap().decide(&subject, tool, &Facts::default()).is_permit()
}

async fn bytes(who: &Person, tool: &str, arguments: Value) -> (u16, String) {
    let params = json!({ "name": tool, "arguments": arguments });
    let response = within(who.user.modern_request(7, "tools/call", params).send()).await.unwrap();
    (response.status().as_u16(), within(response.text()).await.unwrap())
}

fn with(tool: &str, argument: &str, list: bool, id: &str) -> Value {
    let mut arguments: Map<String, Value> = sample(tool).as_object().unwrap().clone();
    arguments.insert(argument.to_owned(), if list { json!([id]) } else { json!(id) });
    Value::Object(arguments)
}

/// Gives the second tenant records under ids that the first has not.
async fn beyond(gateway: &Gateway) {
    let lead = gateway.elsewhere("lead@acme.example");
    lead.data("customer_submit_ticket", json!({ "subject": "CANARY", "description": "CANARY" })).await;
    for (table, id, old) in [
        ("contact", "CT-OTHER", "CT-000003"),
        ("attachment", "AT-OTHER", "AT-acme-1"),
        ("article", "KB-OTHER", "KB-0001"),
        ("project", "PRJ-OTHER", "PRJ-101"),
        ("document", "DOC-OTHER", "DOC-1007"),
        ("document_version", "DOC-OTHER-v1", "DOC-1007-v1"),
        ("invoice", "INV-OTHER", "INV-2101"),
        ("access_role", "ROLE-OTHER", "viewer"),
        ("faq", "FQ-OTHER", "FQ-0001"),
        ("form", "FM-OTHER", "FM-satisfaction"),
    ] {
        gateway.sql(&format!("UPDATE {table} SET id = '{id}' WHERE tenant = 'msp-other' AND id = '{old}'"));
    }
    let own = lead.data("customer_list_tickets", json!({ "limit": 1 })).await;
    assert_eq!(own["tickets"][0]["ticket_id"], "TK-2026-000038");
}

#[tokio::test]
async fn b01_anothers_record_and_a_missing_one_are_the_same_bytes_for_every_id_of_every_tool() {
    let gateway = Gateway::start().await;
    beyond(&gateway).await;
    let acme = [gateway.ticket("Label printer prints the wrong size").await, "TK-2026-000038".into()];
    let mut tried = 0;
    for (realm, email, role) in [
        (Realm::Customer, "lead@acme.example", "lead-customer"),
        (Realm::Customer, "basic@acme.example", "basic-customer"),
        (Realm::Employee, "service-lead@msp.example", "service-lead"),
    ] {
        let me = gateway.person(email);
        for tool in catalogue().iter().filter(|it| may_call(realm, role, &it.action)) {
            for (argument, list) in ids(tool) {
                let name = tool.entry.name;
                let foreign: Vec<&str> = match (argument.as_str(), realm) {
                    ("ticket_id", Realm::Customer) => acme.iter().map(String::as_str).collect(),
                    ("ticket_id", Realm::Employee) => vec!["TK-2026-000038"],
                    ("new_lead_contact_id", _) => vec!["CT-000007", "CT-OTHER"],
                    ("contact_id" | "recipient_contact_id" | "recipient_contact_ids", _) => vec!["CT-OTHER"],
                    ("service_record_ids", _) => vec!["PRJ-OTHER"],
                    ("document_ids", _) => vec!["DOC-OTHER"],
                    ("invoice_ids", _) => vec!["INV-OTHER"],
                    ("role_ids" | "default_role_id", _) => vec!["ROLE-OTHER"],
                    ("faq_entry_id" | "faq_entry_ids", _) => vec!["FQ-OTHER"],
                    ("form_id", _) => vec!["FM-OTHER"],
                    ("article_id", _) => vec!["KB-OTHER"],
                    ("attachments", _) => vec!["AT-globex-1", "AT-OTHER"],
                    // Every organisation of the tenant is in an employee's reach; the unmapped is not.
                    ("organization_id", _) => vec!["msp-other", "other"],
                    ("customer_id", Realm::Customer) => vec!["globex", "initech", "msp-other", "other"],
                    ("customer_id", Realm::Employee) => vec!["msp-other", "other"],
                    ("request_id", Realm::Customer) => acme.iter().map(String::as_str).collect(),
                    ("request_id", Realm::Employee) => vec!["TK-2026-000038"],
                    ("record_id", Realm::Customer) => vec!["PRJ-103", "PRJ-201", "PRJ-OTHER"],
                    ("record_id", Realm::Employee) => vec!["PRJ-OTHER"],
                    ("document_id", Realm::Customer) => vec!["DOC-1003", "DOC-2002", "DOC-OTHER"],
                    ("document_id", Realm::Employee) => vec!["DOC-OTHER"],
                    ("version_id", Realm::Customer) => vec!["DOC-1002-v2", "DOC-2002-v1", "DOC-OTHER-v1"],
                    ("version_id", Realm::Employee) => vec!["DOC-2002-v1", "DOC-OTHER-v1"],
                    ("invoice_id", Realm::Customer) => vec!["INV-2106", "INV-2201", "INV-OTHER"],
                    ("invoice_id", Realm::Employee) => vec!["INV-2201", "INV-OTHER"],
                    ("role_id", _) => vec!["ROLE-OTHER"],
                    ("user_id", _) => vec!["CT-000007", "CT-OTHER"],
                    // Those of others have tests of their own, since they are no record of the demo.
                    ("action_request_id" | "preview_id" | "activation_preview_id", _) => vec![],
                    (other, _) => panic!("`{other}` of `{name}` is new: say whose ids to try"),
                };
                let missing = bytes(&me, name, with(name, &argument, list, "ZZ-2026-999999")).await;
                // What only narrows a list finds nothing.
                let reads = tool.entry.kind == Kind::Read;
                let narrows = reads && matches!(argument.as_str(), "role_id" | "user_id")
                    || (name, argument.as_str()) == ("portal.project_status.list", "record_id");
                let refused = missing.1.contains("_NOT_FOUND") || missing.1.contains("VALIDATION_ERROR");
                assert!(refused != narrows, "{name} {argument}: {missing:?}");
                for id in foreign {
                    assert_eq!(
                        bytes(&me, name, with(name, &argument, list, id)).await,
                        missing,
                        "{name} {argument} {id}"
                    );
                    tried += 1;
                }
            }
        }
    }
    assert!(tried >= 25, "{tried} ids were tried");
    assert!(!crate::gateway::rows(gateway.data()).iter().any(|row| row.to_string().contains("CANARY")));
}

#[tokio::test]
async fn b02_no_argument_header_parameter_or_meta_moves_anybody_to_another_organisation() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("lead@acme.example");
    let plain = lead.data("customer_list_tickets", json!({ "limit": 50 })).await;
    for name in ["organization_id", "organisation_id", "tenant_id", "tenant", "contact_id", "viewer"] {
        let answer = lead.ask("customer_list_tickets", json!({ "limit": 50, name: "globex" })).await;
        assert_eq!(answer["code"], "VALIDATION_ERROR", "{name}");
    }
    let params = json!({
        "name": "customer_list_tickets",
        "arguments": { "limit": 50 },
        "organization_id": "globex",
        "_meta": { "organization_id": "globex", "tenant": "msp-other", "roles": ["support-write"] },
    });
    let mut url = lead.clone();
    url.user.url.push_str("?organization_id=globex&tenant=msp-other");
    for who in [&lead, &url] {
        let mut request = who.user.modern_request(7, "tools/call", params.clone()).build().unwrap();
        for name in
            ["x-organization-id", "x-tenant", "x-tenant-id", "x-user", "x-forwarded-user", "mcp-param-organization"]
        {
            request.headers_mut().insert(name, "globex".parse().unwrap());
        }
        let response = within(reqwest::Client::new().execute(request)).await.unwrap();
        let answer: Value = within(response.json()).await.unwrap();
        assert_eq!(answer["result"]["structuredContent"]["data"], plain);
    }
}

#[tokio::test]
async fn b05_anothers_confirmation_and_request_state_are_as_random_ones() {
    let gateway = Gateway::start().await;
    let acme = gateway.person("lead@acme.example");
    let invited = json!({ "email": "new@acme.example", "first_name": "New", "last_name": "One" });
    let id = acme.pending("customer_invite_contact", invited.clone()).await;
    let others = ["lead@globex.example", "basic@acme.example", "service-lead@msp.example"].map(|it| gateway.person(it));
    let elsewhere = gateway.elsewhere("lead@acme.example");
    for who in others.iter().chain([&elsewhere]) {
        let random = who.settle("conf-00000000000000000000000000000000", true).await;
        assert_eq!(random.0, 404);
        assert_eq!(who.settle(&id, true).await, random);
        assert_eq!(who.settle(&id, false).await, random);
    }
    let asked = acme.clone().asking().user.call("customer_invite_contact", invited.clone()).await;
    let params = |state: Value| {
        json!({
            "name": "customer_invite_contact",
            "arguments": invited,
            "requestState": state,
            "inputResponses": { "confirm": { "action": "accept", "content": { "confirm": true } } },
        })
    };
    let globex = gateway.person("lead@globex.example").asking();
    let foreign = globex.user.modern("tools/call", params(asked["result"]["requestState"].clone())).await;
    assert_eq!(foreign, globex.user.modern("tools/call", params(json!("rs1.AAAA"))).await);
    assert_eq!(acme.settle(&id, true).await.1["status"], "success", "its own person still can");
}
