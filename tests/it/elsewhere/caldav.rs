//! Appointments in calendars over CalDAV.

use super::{BASIC, GLOBEX_LEAD, LEAD, NAME, OWNER, SERVICE_LEAD, fast, gateway};
use crate::gateway::Gateway;
use crate::support::column;
use postern::config::SystemConfig;
use postern_caldav::Config;
use postern_simulators::Running;
use postern_simulators::caldav::{self, BASE, PASSWORD, State, USERNAME};
use serde_json::{Value, json};

const BOOKINGS: &str = "portal.bookings.list";

async fn world() -> (Gateway, Running<State>) {
    let calendars = caldav::start().await.unwrap();
    let config = Config::new(format!("{}{BASE}", calendars.url), USERNAME, PASSWORD.to_owned().into());
    let system = SystemConfig::CalDav(Box::new(config), fast());
    let customers = [("acme", "acme".to_owned()), ("globex", "globex".to_owned())];
    let gateway = gateway(system, customers, |ports| ports.bookings = Some(NAME.into())).await;
    (gateway, calendars)
}

/// Which calendars were asked for, each once.
fn asked(calendars: &Running<State>) -> Vec<String> {
    let reports = calendars.state.log.all().into_iter().filter(|it| it.method == "REPORT");
    let mut paths: Vec<_> = reports.map(|it| it.path).collect();
    paths.sort_unstable();
    paths.dedup();
    paths
}

fn since_last_month() -> Value {
    json!({ "since": (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * 30)).to_string() })
}

#[tokio::test]
async fn a_customer_lists_what_is_in_the_own_calendar_and_employees_see_who_comes() {
    let (gateway, calendars) = world().await;
    for email in [LEAD, BASIC] {
        let next = gateway.person(email).data(BOOKINGS, json!({})).await;
        let titles = column(&next["bookings"], "title");
        let expected = ["Access points in hall B", "Training", "Busy", "Call", "Call", "Call", "Call"];
        assert_eq!(titles, expected, "{email}");
        let visit = &next["bookings"][0];
        assert_eq!((&visit["kind"], &visit["status"]), (&json!("On-site service"), &json!("confirmed")));
        assert_eq!(next["bookings"][1]["status"], "cancelled");
        assert!(!next.to_string().contains("Brandt"), "who comes is for employees: {next}");
        let all = gateway.person(email).data(BOOKINGS, since_last_month()).await;
        assert_eq!(all["bookings"][0]["title"], "Kick-off");
        assert_eq!(all["pagination"]["total"], 8);
    }
    assert_eq!(asked(&calendars), [format!("{BASE}/acme/")]);
    let staff = gateway.person(SERVICE_LEAD).data(BOOKINGS, json!({ "customer_id": "acme" })).await;
    assert_eq!(staff["bookings"][0]["staff"], "Leo Brandt");
    // Of what is private there is the time alone, also for employees.
    for answer in [gateway.person(LEAD).data(BOOKINGS, json!({})).await, staff] {
        assert!(!answer.to_string().contains("CANARY"), "{answer}");
        assert_eq!(answer["bookings"][2].get("staff"), None);
    }
    let cancelled = gateway.person(LEAD).data(BOOKINGS, json!({ "status": "cancelled" })).await;
    assert_eq!(column(&cancelled["bookings"], "title"), ["Training"]);
}

/// Named, leaked or beside the own ones: another organisation's appointment is in nobody's list.
#[tokio::test]
async fn b01_another_organisations_appointments_are_never_listed() {
    let (gateway, calendars) = world().await;
    let lead = gateway.person(LEAD);
    let usual = lead.data(BOOKINGS, json!({})).await;
    let mut refusals = Vec::new();
    for other in ["globex", "nobody"] {
        let mut refusal = lead.ask(BOOKINGS, json!({ "customer_id": other })).await;
        assert_eq!(refusal["code"], "ORGANIZATION_NOT_FOUND", "{other}");
        refusal["request_id"].take();
        refusals.push(refusal);
    }
    assert_eq!(refusals[0], refusals[1]);
    assert_eq!(asked(&calendars), [format!("{BASE}/acme/")], "nothing was asked for of anybody else");
    // A server that sends another's calendar too, and does not look at the filter.
    calendars.state.quirks(|it| it.leak_folder = Some("globex".into()));
    let before = gateway.rows().len();
    assert_eq!(lead.data(BOOKINGS, json!({})).await, usual);
    let row = gateway.rows_after(before).await.pop().unwrap();
    assert!(row.to_string().contains("\"dropped\":1"), "{row}");
    // Neither is it in what an employee reads of one customer, who may read both.
    for email in [SERVICE_LEAD, OWNER] {
        let staff = gateway.person(email).data(BOOKINGS, json!({ "customer_id": "acme" })).await;
        assert_eq!(column(&staff["bookings"], "booking_id"), column(&usual["bookings"], "booking_id"), "{email}");
    }
    calendars.state.quirks(|it| it.leak_folder = Some("acme".into()));
    let globex = gateway.person(GLOBEX_LEAD).data(BOOKINGS, json!({})).await;
    assert_eq!(column(&globex["bookings"], "title"), ["GLOBEXCANARY"]);
}

#[tokio::test]
async fn a_calendar_server_that_is_away_or_expands_nothing_is_an_error_and_no_empty_list() {
    let (gateway, calendars) = world().await;
    let lead = gateway.person(LEAD);
    // What recurs came back as it stands.
    calendars.state.quirks(|it| it.ignore_filters = true);
    lead.code(BOOKINGS, json!({})).await;
    calendars.state.quirks(|it| it.ignore_filters = false);
    calendars.state.quirks(|it| it.canned = Some((503, "text/plain", "CALENDARWORDS".into())));
    let away = lead.ask(BOOKINGS, json!({})).await;
    assert_eq!(away["status"], "error", "{away}");
    assert!(!away.to_string().contains("CALENDARWORDS"), "{away}");
}
