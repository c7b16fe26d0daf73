//! A calendar server with one calendar for each of two customers. Of RFC 4791's reports it knows `calendar-query` with a
//! time range and `expand`; of recurrence it knows weeks.

use crate::Running;
use crate::dav::{self, Node, Tree, answer};
pub use crate::dav::{BASE, PASSWORD, Quirks, State, USERNAME};
use axum::response::Response;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use postern_dav::{Element, parse};

/// CalDAV's namespace.
const CALDAV: &str = "urn:ietf:params:xml:ns:caldav";

/// Starts one on a free port of 127.0.0.1.
pub async fn start() -> std::io::Result<Running<State>> {
    start_on("127.0.0.1:0").await
}

/// Starts one on this address.
pub async fn start_on(listen: &str) -> std::io::Result<Running<State>> {
    let state = State::new(Some(report));
    let at = |days: i64| stamp(Timestamp::now() + SignedDuration::from_hours(24 * days));
    let once = |days: i64| format!("DTSTART:{}\r\nDURATION:PT1H", at(days));
    let leo = "ORGANIZER;CN=Leo Brandt:mailto:leo.brandt@msp.example";
    let jane = "ATTENDEE;CN=Jane Smith:mailto:lead@acme.example";
    for (organisation, name, lines) in [
        (
            "acme",
            "visit",
            format!("{}\r\nSUMMARY:Access points in hall B\r\nCATEGORIES:On-site service\r\n{leo}\r\n{jane}", once(3)),
        ),
        ("acme", "past", format!("{}\r\nSUMMARY:Kick-off\r\nSTATUS:CONFIRMED", once(-20))),
        ("acme", "off", format!("{}\r\nSUMMARY:Training\r\nSTATUS:CANCELLED", once(5))),
        ("acme", "private", format!("{}\r\nSUMMARY:PRIVATECANARY\r\nCLASS:PRIVATE\r\n{leo}", once(6))),
        ("acme", "weekly", format!("DTSTART:{}\r\nDURATION:PT30M\r\nRRULE:FREQ=WEEKLY;COUNT=4\r\nSUMMARY:Call", at(7))),
        ("globex", "visit", format!("{}\r\nSUMMARY:GLOBEXCANARY\r\n{leo}", once(4))),
    ] {
        state.folder(organisation);
        state.event(organisation, name, &lines);
    }
    dav::start(listen, state).await
}

impl State {
    /// Writes an event: its lines without id and frame.
    pub fn event(&self, organisation: &str, name: &str, lines: &str) {
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//msp.example//EN\r\nBEGIN:VEVENT\r\nUID:{name}-{organisation}\r\n\
             DTSTAMP:20260101T000000Z\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        self.file(&format!("{organisation}/{name}.ics"), &text, "text/calendar; charset=utf-8");
    }
}

fn stamp(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn time(text: &str) -> Option<Timestamp> {
    let civil = DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}

/// Both ends of an element that has them as attributes; these are read from the text, as the reader has no attributes.
fn range(body: &str, element: &str) -> Option<(Timestamp, Timestamp)> {
    let (_, rest) = body.split_once(&format!("<C:{element} "))?;
    let (inside, _) = rest.split_once("/>")?;
    let attribute = |name: &str| inside.split_once(&format!("{name}=\""))?.1.split_once('"').and_then(|it| time(it.0));
    Some((attribute("start")?, attribute("end")?))
}

fn report(tree: &Tree, path: &[String], body: &[u8], quirks: &Quirks) -> Response {
    if !tree.get(path).is_some_and(|it| it.folder) {
        return answer::page(404);
    }
    let text = String::from_utf8_lossy(body);
    let known = parse(body, CALDAV, "calendar-query").is_ok();
    // RFC 4791 section 7.8: a report without a filter is none.
    let (true, Some(window)) = (known, range(&text, "time-range")) else { return answer::page(400) };
    let expand = range(&text, "expand").is_some() && !quirks.ignore_filters;
    let leaked = quirks.leak_folder.as_deref().map(dav::names);
    let asked = [("DAV:", "getetag"), (CALDAV, "calendar-data")].map(|(namespace, name)| Element {
        namespace: namespace.into(),
        name: name.into(),
        ..Element::default()
    });
    let mut all = String::new();
    for (at, node) in tree {
        let inside = at.split_last().is_some_and(|(_, above)| above == path || Some(above) == leaked.as_deref());
        if !inside || node.folder {
            continue;
        }
        let content = String::from_utf8_lossy(&node.content);
        let instances = instances(&content, window);
        if instances.is_empty() && !quirks.ignore_filters {
            continue;
        }
        let content = if expand { expanded(&content, &instances).into_bytes() } else { node.content.clone() };
        let shown = Node { content, ..node.clone() };
        all.push_str(&answer::member(&answer::href(at, false, "127.0.0.1", quirks), &shown, &asked, quirks));
    }
    answer::multistatus(&all, quirks)
}

fn value<'a>(content: &'a str, name: &str) -> Option<&'a str> {
    content.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(':'))
}

/// When the event begins, as often as it does within the window.
fn instances(content: &str, (since, until): (Timestamp, Timestamp)) -> Vec<Timestamp> {
    let Some(first) = value(content, "DTSTART").and_then(time) else { return vec![] };
    let count = value(content, "RRULE").and_then(|it| it.split_once("COUNT=")?.1.parse().ok()).unwrap_or(1);
    let long = if content.contains("PT30M") { 30 } else { 60 };
    let begins = |week: i64| first + SignedDuration::from_hours(24 * 7 * week);
    let overlaps = |at: &Timestamp| *at < until && *at + SignedDuration::from_mins(long) > since;
    (0..count).map(begins).filter(overlaps).collect()
}

/// One event for each instance, without what recurs.
fn expanded(content: &str, instances: &[Timestamp]) -> String {
    let recurs = content.contains("RRULE");
    let inside: Vec<&str> = content
        .lines()
        .skip_while(|it| *it != "BEGIN:VEVENT")
        .skip(1)
        .take_while(|it| *it != "END:VEVENT")
        .filter(|it| !it.starts_with("RRULE") && !it.starts_with("DTSTART"))
        .collect();
    let mut text = String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n");
    for at in instances {
        let at = stamp(*at);
        let which = if recurs { format!("RECURRENCE-ID:{at}\r\n") } else { String::new() };
        text.push_str(&format!("BEGIN:VEVENT\r\nDTSTART:{at}\r\n{which}{}\r\nEND:VEVENT\r\n", inside.join("\r\n")));
    }
    text.push_str("END:VCALENDAR\r\n");
    text
}
