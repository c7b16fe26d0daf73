//! An event as a booking.

use crate::ical::{Component, Line};
use crate::time::{duration, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use postern_api::{Agent, Booking, BookingId, BookingStatus, Error, Person, Result, Text};

/// The title of what is private.
const BUSY: &str = "Busy";

/// What an event is read with.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) organisation: &'a str,
    pub(crate) zone: &'a TimeZone,
    pub(crate) default_kind: &'a str,
}

/// Somebody that a line names: name and address.
fn person(line: &Line) -> Option<(String, String)> {
    let address = match line.value.split_once(':') {
        Some((scheme, address)) if scheme.eq_ignore_ascii_case("mailto") => address.trim().to_lowercase(),
        Some(_) | None => return None,
    };
    let name = line.parameter("CN").map(str::trim).filter(|it| !it.is_empty());
    Some((name.unwrap_or(&address).to_owned(), address))
}

impl Reading<'_> {
    /// One event, or one instance of a recurring one.
    ///
    /// Errors: `BadReply` where it has no id or no time, or still has to be expanded.
    pub(crate) fn booking(&self, event: &Component) -> Result<Booking> {
        if ["RRULE", "RDATE"].iter().any(|it| event.get(it).is_some()) {
            return Err(Error::bad_reply("a recurring event that was not expanded"));
        }
        let uid = event.get("UID").map(|it| it.value.trim()).filter(|it| !it.is_empty());
        let uid = uid.ok_or_else(|| Error::bad_reply("an event without an id"))?;
        let instance = event.get("RECURRENCE-ID").map(|it| time(it, self.zone)).transpose()?;
        let instance = instance.map(|(at, _)| at.to_string()).unwrap_or_default();
        let id = format!("{}:{}", self.organisation, postern_dav::digest(&[self.organisation, uid, &instance]));
        let start = event.get("DTSTART").ok_or_else(|| Error::bad_reply("an event without a beginning"))?;
        let (starts_at, whole_day) = time(start, self.zone)?;
        let ends_at = self.end(event, starts_at, whole_day)?;
        // Whatever is not plainly public (RFC 5545 section 3.8.1.3: an unknown class counts as private).
        let class = event.get("CLASS").map(|it| it.value.trim().to_ascii_uppercase());
        let private = class.is_some_and(|it| it != "PUBLIC");
        let moved = event.get("X-POSTERN-RESCHEDULED-FROM").map(|it| time(it, self.zone)).transpose()?;
        let organiser = event.get("ORGANIZER").and_then(person);
        let guest = event.all("ATTENDEE").filter_map(person);
        let guest = guest.into_iter().find(|it| organiser.as_ref().is_none_or(|other| other.1 != it.1));
        let status = status(event);
        let kind = || event.get("CATEGORIES").and_then(|it| it.text().split(',').next().map(|it| it.trim().to_owned()));
        Ok(Booking {
            id: BookingId::new(&id).map_err(|_| Error::bad_reply("a calendar whose name is too long"))?,
            kind: kind().filter(|it| !it.is_empty() && !private).unwrap_or_else(|| self.default_kind.to_owned()),
            title: match event.get("SUMMARY").filter(|_| !private) {
                Some(line) => Text::new(line.text()),
                None => Text::from(BUSY),
            },
            status,
            starts_at,
            ends_at,
            contact: guest.filter(|_| !private).map(|(name, email)| Person { contact: None, name, email: Some(email) }),
            staff: organiser.filter(|_| !private).map(|(name, email)| Agent {
                id: email.clone(),
                name,
                email: Some(email),
            }),
            rescheduled_from: moved.map(|(at, _)| at).filter(|_| !private),
        })
    }

    fn end(&self, event: &Component, start: Timestamp, whole_day: bool) -> Result<Option<Timestamp>> {
        let after = |it: SignedDuration| start.checked_add(it).map_err(|_| Error::bad_reply("an end after all time"));
        let end = match (event.get("DTEND"), event.get("DURATION")) {
            (Some(end), _) => Some(time(end, self.zone)?.0),
            (None, Some(it)) => Some(after(duration(it.value.trim())?)?),
            (None, None) if whole_day => Some(after(SignedDuration::from_hours(24))?),
            (None, None) => None,
        };
        Ok(end.map(|it| it.max(start)))
    }
}

fn status(event: &Component) -> BookingStatus {
    match event.get("STATUS").map(|it| it.value.trim().to_ascii_uppercase()).as_deref() {
        None | Some("CONFIRMED") => BookingStatus::Confirmed,
        Some("TENTATIVE") => BookingStatus::Requested,
        Some("CANCELLED") => BookingStatus::Cancelled,
        Some(_) => BookingStatus::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ical::events;

    fn read(lines: &str) -> Result<Booking> {
        let text = format!(
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:m1\nDTSTART:20261210T100000Z\n{lines}\nEND:VEVENT\nEND:VCALENDAR"
        );
        let events = events(&text).expect("events");
        let reading = Reading { organisation: "acme", zone: &TimeZone::UTC, default_kind: "Appointment" };
        reading.booking(events.first().expect("an event"))
    }

    const PEOPLE: &str = "ORGANIZER;CN=Leo Brandt:mailto:leo@msp.example\nATTENDEE;CN=Jane:MAILTO:Jane@acme.example\n\
                          CATEGORIES:On-site service,x\nSUMMARY:Access points\nDESCRIPTION:CANARY";

    #[test]
    fn an_event_is_a_booking() {
        let booking = read(&format!("{PEOPLE}\nDURATION:PT1H\nSTATUS:TENTATIVE\nCLASS:PUBLIC")).expect("a booking");
        assert_eq!((booking.kind.as_str(), booking.title.expose()), ("On-site service", "Access points"));
        assert_eq!(booking.status, BookingStatus::Requested);
        assert_eq!(booking.ends_at.expect("an end").to_string(), "2026-12-10T11:00:00Z");
        assert_eq!(booking.contact.expect("a guest").email.as_deref(), Some("jane@acme.example"));
        assert_eq!(booking.staff.expect("an organiser").name, "Leo Brandt");
    }

    #[test]
    fn of_what_is_private_only_the_time_is_opened() {
        for class in ["PRIVATE", "CONFIDENTIAL", "x-odd", ""] {
            let booking = read(&format!("{PEOPLE}\nCLASS:{class}")).expect("a booking");
            let shown = format!("{booking:?}");
            assert_eq!(booking.title.expose(), "Busy", "{class}");
            for word in ["Leo", "Jane", "jane", "Access", "On-site", "CANARY"] {
                assert!(!shown.contains(word), "{class}: {word}");
            }
        }
    }

    #[test]
    fn instances_are_told_apart_and_what_was_not_expanded_is_not_guessed() {
        let first = read("RECURRENCE-ID:20261210T100000Z").expect("a booking");
        let second = read("RECURRENCE-ID:20261217T100000Z").expect("a booking");
        assert_ne!(first.id, second.id);
        assert!(read("RRULE:FREQ=WEEKLY").is_err());
        assert!(read("DTEND:soon").is_err());
        let odd = read("DTEND:20261209T100000Z\nSTATUS:MAYBE").expect("a booking");
        assert_eq!((odd.ends_at, odd.status), (Some(odd.starts_at), BookingStatus::Other));
    }
}
