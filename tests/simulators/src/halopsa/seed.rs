//! Two clients with people, tickets, notes and articles. Everything that must not get out says CANARY.

use super::Data;
use serde_json::{Value, json};

/// The client Acme.
pub const ACME: i64 = 12;
/// The client Globex.
pub const GLOBEX: i64 = 13;
/// Ann Lead at Acme.
pub const ACME_LEAD: i64 = 77;
/// Bob Basic at Acme.
pub const ACME_USER: i64 = 78;
/// Gil at Globex.
pub const GLOBEX_USER: i64 = 88;
/// The status that ends a ticket.
pub(super) const CLOSED: i64 = 9;

pub(super) fn bare_ticket(id: i64, at: &str) -> Value {
    json!({
        "id": id, "summary": "", "details": "", "dateoccurred": at, "status_id": 1, "tickettype_id": 1, "sla_id": 1,
        "priority_id": 3, "client_id": 0, "site_id": 0.0, "user_id": 0, "user_name": null, "user_email": null,
        "team": "1st Line", "agent_id": 1, "agent_name": "Unassigned", "source": 0, "onhold": false,
        "respondbydate": "1900-01-01T00:00:00", "responsedate": "1900-01-01T00:00:00",
        "fixbydate": "1900-01-01T00:00:00", "dateclosed": "1899-12-30T00:00:00", "slaresponsestate": "I",
        "parent_id": 0, "inactive": false, "deleted": false, "last_update": at, "lastactiondate": at,
        "attachment_count": 0, "customfields": [], "third_party_id": 0, "third_party_id_string": "",
        "lastnote": "CANARY-LASTNOTE", "emailcclist": "canary-cc@msp.example", "cost": 4711.0,
    })
}

pub(super) fn bare_action(id: i64, ticket: i64, at: &str) -> Value {
    json!({
        "id": id, "ticket_id": ticket, "outcome": "", "who": "API", "who_type": 1, "who_agentid": 2,
        "actionby_user_id": 0, "datetime": at, "actionarrivaldate": at, "note": "", "timetaken": 0.25,
        "important": false, "attachment_count": 0, "private_note": "CANARY-PRIVATE-NOTE",
        "emailbcc": "canary-bcc@msp.example", "actionchargeamount": 99.5,
    })
}

fn ticket(id: i64, client: i64, user: (i64, &str, &str), at: &str, rest: Value) -> Value {
    let mut row = bare_ticket(id, at);
    let owned = json!({ "client_id": client, "user_id": user.0, "user_name": user.1, "user_email": user.2 });
    merge(&mut row, owned);
    merge(&mut row, rest);
    row
}

fn action(id: i64, ticket: i64, at: &str, rest: Value) -> Value {
    let mut row = bare_action(id, ticket, at);
    merge(&mut row, rest);
    row
}

fn merge(row: &mut Value, rest: Value) {
    if let (Value::Object(row), Value::Object(rest)) = (row, rest) {
        row.extend(rest);
    }
}

pub(super) fn data() -> Data {
    let ann = (ACME_LEAD, "Ann Lead", "Ann.Lead@acme.example");
    let bob = (ACME_USER, "Bob Basic", "bob.basic@acme.example");
    let gil = (GLOBEX_USER, "Gil Globe", "gil@globex.example");
    let shared = json!([{ "id": 201, "name": "CFPrivate", "value": false }]);
    let private = json!([{ "id": 201, "name": "CFPrivate", "value": true }]);
    Data {
        clients: vec![
            json!({ "id": ACME, "name": "Acme", "domain": "acme.example,acme.test", "inactive": false, "stopped": 0,
                "notes": "CANARY-CLIENT-NOTE",
                "customfields": [{ "name": "CFTier", "value": "enterprise" }, { "name": "CFTickets", "value": "50" }] }),
            json!({ "id": GLOBEX, "name": "Globex", "domain": "globex.example", "inactive": false, "stopped": 1,
                "customfields": [] }),
        ],
        users: vec![
            user(ACME_LEAD, ACME, "Ann Lead", "Ann.Lead@acme.example", false),
            user(ACME_USER, ACME, "Bob Basic", "bob.basic@acme.example", false),
            user(79, ACME, "Old Timer", "old@acme.example", true),
            user(80, ACME, "Twin One", "twin@acme.example", false),
            user(81, ACME, "Twin Two", "TWIN@acme.example", false),
            user(GLOBEX_USER, GLOBEX, "Gil Globe", "gil@globex.example", false),
            user(89, 0, "Nobody's", "stray@acme.example", false),
        ],
        tickets: vec![
            ticket(
                4321,
                ACME,
                ann,
                "2026-09-01T08:55:00",
                json!({
                "summary": "Printer offline", "details": "<p>The <b>printer</b> on floor&nbsp;2</p><script>CANARY</script>",
                "priority_id": 2, "agent_id": 14, "agent_name": "Ada Agent", "category_1": "Hardware>Printer",
                "status_id": 2, "respondbydate": "2026-09-01T12:55:00", "responsedate": "2026-09-01T09:15:00",
                "fixbydate": "2026-09-02T08:55:00", "last_update": "2026-09-03T10:00:00",
                "lastactiondate": "2026-09-03T10:00:00", "attachment_count": 3, "customfields": shared }),
            ),
            ticket(
                4322,
                ACME,
                bob,
                "2026-09-02T08:00:00",
                json!({
                "summary": "VPN drops", "details": "every hour", "status_id": 4, "customfields": shared }),
            ),
            ticket(
                4323,
                ACME,
                bob,
                "2026-09-03T08:00:00",
                json!({
                "summary": "Salary question", "details": "for the requester alone", "priority_id": 1,
                "customfields": private }),
            ),
            ticket(
                4324,
                ACME,
                ann,
                "2026-08-01T08:00:00",
                json!({
                "summary": "Old printer", "details": "done", "status_id": CLOSED, "priority_id": 4,
                "dateclosed": "2026-08-02T08:00:00", "customfields": shared }),
            ),
            ticket(
                4325,
                ACME,
                ann,
                "2026-09-04T08:00:00",
                json!({
                "summary": "Unreadable mark", "details": "x", "priority_id": 77, "status_id": 77,
                "customfields": [{ "id": 201, "name": "CFPrivate", "value": [{ "id": 1 }] }] }),
            ),
            ticket(
                5001,
                GLOBEX,
                gil,
                "2026-09-05T08:00:00",
                json!({
                "summary": "CANARY-GLOBEX printer", "details": "CANARY-GLOBEX", "customfields": shared }),
            ),
            ticket(
                5002,
                0,
                (0, "", ""),
                "2026-09-05T09:00:00",
                json!({
                "summary": "CANARY-NOBODY", "details": "of no client", "client_id": -1 }),
            ),
            ticket(
                5003,
                ACME,
                ann,
                "2026-09-05T10:00:00",
                json!({
                "summary": "CANARY-DELETED", "details": "gone", "deleted": true, "customfields": shared }),
            ),
        ],
        actions: vec![
            action(
                1,
                4321,
                "2026-09-01T09:15:00",
                json!({
                "outcome": "Public Note", "who": "Ada Agent", "who_agentid": 14, "note": "We are looking into it",
                "note_html": "<p>We are looking into it</p>", "hiddenfromuser": false }),
            ),
            action(
                2,
                4321,
                "2026-09-01T09:20:00",
                json!({
                "outcome": "Private Note", "who": "Ada Agent", "who_agentid": 14, "note": "CANARY-INTERNAL zebra",
                "note_html": "<p>CANARY-INTERNAL zebra</p>", "hiddenfromuser": true }),
            ),
            action(
                3,
                4321,
                "2026-09-01T10:00:00",
                json!({
                "outcome": "Email", "who": "Ann Lead", "who_agentid": 0, "who_type": 0, "actionby_user_id": ACME_LEAD,
                "note": "It is the giraffe one", "hiddenfromuser": false }),
            ),
            action(
                4,
                4321,
                "2026-09-03T10:00:00",
                json!({
                "outcome": "Note", "who": "Ada Agent", "who_agentid": 14, "note": "CANARY-NOFLAG" }),
            ),
            action(
                5,
                5001,
                "2026-09-05T08:30:00",
                json!({
                "outcome": "Public Note", "who": "Ada Agent", "who_agentid": 14, "note": "CANARY-GLOBEX-ACTION",
                "hiddenfromuser": false }),
            ),
            action(
                6,
                4324,
                "2026-08-02T08:00:00",
                json!({
                "outcome": "Closed", "who": "Ada Agent", "who_agentid": 14, "note": "Replaced the toner",
                "hiddenfromuser": false, "new_status": CLOSED }),
            ),
        ],
        attachments: vec![
            file(301, 4321, json!({ "filename": "photo.png", "showforusers": true, "action_id": 1 })),
            file(302, 4321, json!({ "filename": "CANARY-on-note.txt", "showforusers": true, "action_id": 2 })),
            file(303, 4321, json!({ "filename": "CANARY-unmarked.txt" })),
            file(304, 5001, json!({ "filename": "CANARY-globex.txt", "showforusers": true })),
        ],
        articles: articles(),
        statuses: [(1, "New"), (2, "In Progress"), (4, "With User"), (8, "Resolved"), (CLOSED, "Closed")]
            .map(|(id, name)| json!({ "id": id, "name": name, "shortname": name, "type": 0, "sequence": id }))
            .into(),
        teams: [(1, "1st Line"), (2, "2nd Line")].map(|(id, name)| json!({ "id": id, "name": name })).into(),
        agents: vec![
            json!({ "id": 1, "name": "Unassigned", "isdisabled": false }),
            json!({ "id": 14, "name": "Ada Agent", "email": "ada@msp.example", "isdisabled": false, "costprice": 40.0 }),
            json!({ "id": 15, "name": "Gone Agent", "isdisabled": true }),
        ],
        ..super::records::data()
    }
}

fn user(id: i64, client: i64, name: &str, email: &str, inactive: bool) -> Value {
    json!({
        "id": id, "client_id": client, "name": name, "emailaddress": email, "inactive": inactive, "site_id": 18.0,
        "phonenumber": "+44 20 7946 0000", "title": "Ms", "notes": "likes tea", "homenumber": "CANARY-HOME",
        "azure_id": "CANARY-AZURE",
    })
}

fn file(id: i64, ticket: i64, rest: Value) -> Value {
    let mut row = json!({
        "id": id, "ticket_id": ticket, "filesize": 1234, "datecreated": "2026-09-01T09:16:00",
        "content_type": "image/png", "download_url": "https://cdn.example/CANARY-LINK", "data_base64": "CANARYDATA",
    });
    merge(&mut row, rest);
    row
}

fn articles() -> Vec<Value> {
    let article = |id: i64, name: &str, description: &str, rest: Value| {
        let mut row = json!({
            "id": id, "name": name, "description": description, "resolution": "Do this.", "view_count": 10,
            "useful_count": 3, "notuseful_count": 1, "date_edited": "2026-06-01T00:00:00", "inactive": false,
            "internalmemoagent": "CANARY-MEMO", "faqlists": [{ "id": 5, "name": "Networking" }],
            "kbentryclientaccess": [], "kbentrytoplevelaccess": [],
        });
        merge(&mut row, rest);
        row
    };
    vec![
        article(901, "Reset the VPN", "How to reset the vpn client.", json!({ "showforall": true })),
        article(902, "Network at home", "Mentions VPN once.", json!({ "showforall": true, "faqlists": [] })),
        article(903, "CANARY-KB vpn secrets", "For agents.", json!({ "showforall": false })),
        article(904, "CANARY-KB vpn unmarked", "Nobody says.", json!({})),
        article(905, "CANARY-KB vpn retired", "Old.", json!({ "showforall": true, "inactive": true })),
        article(
            906,
            "CANARY-GLOBEX vpn",
            "For Globex.",
            json!({
            "showforall": true, "kbentryclientaccess": [{ "id": 1, "client_id": GLOBEX }] }),
        ),
        article(
            907,
            "CANARY-KB vpn unreadable",
            "Who knows.",
            json!({
            "showforall": true, "kbentryclientaccess": "everyone" }),
        ),
    ]
}
