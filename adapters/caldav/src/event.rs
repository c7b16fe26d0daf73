//! An event as a booking, or as several where it names the dates on which it is again.

use crate::ical::{Component, Line};
use crate::time::{duration, time, times};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};
use postern_api::{Agent, Booking, BookingId, BookingStatus, Error, Person, Result, Text};

/// The title of what is private.
const BUSY: &str = "Busy";

/// Dates on which one event is again, at most.
const INSTANCES: usize = 2_000;

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
    /// The bookings of one event. `all` are the events of its calendar object, among them those that stand in place of an instance.
    ///
    /// A server expands what recurs by a rule. Some leave what names its dates (`RDATE`) as it is; that is exact without them.
    ///
    /// Errors: `BadReply` where it has no id or no time, or still has to be expanded by a rule.
    pub(crate) fn bookings(&self, event: &Component, all: &[Component]) -> Result<Vec<Booking>> {
        if event.get("RRULE").is_some() {
            return Err(Error::bad_reply("a recurring event that was not expanded"));
        }
        let uid = event.get("UID").map(|it| it.value.trim()).filter(|it| !it.is_empty());
        let uid = uid.ok_or_else(|| Error::bad_reply("an event without an id"))?;
        let line = event.get("DTSTART").ok_or_else(|| Error::bad_reply("an event without a beginning"))?;
        let (start, whole_day) = time(line, self.zone)?;
        let length = self.length(event, &start, whole_day)?;
        let instance = event.get("RECURRENCE-ID").map(|it| time(it, self.zone)).transpose()?;
        let named = self.times(event, "RDATE")?;
        if named.is_empty() {
            let instance = instance.map(|(at, _)| at.timestamp().to_string()).unwrap_or_default();
            return Ok(vec![self.booking(event, (uid, &instance), &start, length)?]);
        }
        let mut gone: Vec<Timestamp> = self.times(event, "EXDATE")?.iter().map(Zoned::timestamp).collect();
        for other in all.iter().filter(|it| it.get("UID").is_some_and(|it| it.value.trim() == uid)) {
            gone.extend(self.times(other, "RECURRENCE-ID")?.iter().map(Zoned::timestamp));
        }
        let mut starts = named;
        starts.push(start);
        starts.sort();
        starts.dedup();
        let left = starts.iter().filter(|it| !gone.contains(&it.timestamp()));
        left.map(|at| self.booking(event, (uid, &at.timestamp().to_string()), at, length)).collect()
    }

    /// Every time of the properties with this name.
    fn times(&self, event: &Component, name: &str) -> Result<Vec<Zoned>> {
        let mut found = Vec::new();
        for line in event.all(name) {
            found.extend(times(line, self.zone)?.into_iter().map(|(at, _)| at));
            if found.len() > INSTANCES {
                return Err(Error::bad_reply("an event on too many days"));
            }
        }
        Ok(found)
    }

    /// How long it takes, in days of the calendar where those are what it says.
    fn length(&self, event: &Component, start: &Zoned, whole_day: bool) -> Result<Option<Span>> {
        match (event.get("DTEND"), event.get("DURATION")) {
            (Some(end), _) => {
                let (end, _) = time(end, self.zone)?;
                let days = || start.date().until(end.date()).map_err(|_| Error::bad_reply("an end that is none"));
                let seconds = end.timestamp().as_second().saturating_sub(start.timestamp().as_second());
                let span = if whole_day { days()? } else { Span::new().seconds(seconds) };
                Ok(Some(if span.is_negative() { Span::new() } else { span }))
            }
            (None, Some(it)) => Ok(Some(duration(it.value.trim())?)),
            (None, None) if whole_day => Ok(Some(Span::new().days(1))),
            (None, None) => Ok(None),
        }
    }

    fn booking(&self, event: &Component, key: (&str, &str), start: &Zoned, length: Option<Span>) -> Result<Booking> {
        let id = format!("{}:{}", self.organisation, postern_dav::digest(&[self.organisation, key.0, key.1]));
        let after = |it: Span| start.checked_add(it).map_err(|_| Error::bad_reply("an end after all time"));
        let (starts_at, ends_at) = (start.timestamp(), length.map(after).transpose()?.map(|it| it.timestamp()));
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
            rescheduled_from: moved.map(|(at, _)| at.timestamp()).filter(|_| !private),
        })
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
        all(&text).map(|it| it.into_iter().next().expect("a booking"))
    }

    /// The bookings of a calendar object, in Berlin.
    fn all(text: &str) -> Result<Vec<Booking>> {
        let events = events(text).expect("events");
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        let reading = Reading { organisation: "acme", zone: &zone, default_kind: "Appointment" };
        let mut found = Vec::new();
        for event in &events {
            found.extend(reading.bookings(event, &events)?);
        }
        Ok(found)
    }

    /// When each of the bookings of these events begins and ends.
    fn hours(events: &[&str]) -> Result<Vec<String>> {
        let events: Vec<_> = events.iter().map(|it| format!("BEGIN:VEVENT\nUID:m1\n{it}\nEND:VEVENT")).collect();
        let found = all(&format!("BEGIN:VCALENDAR\n{}\nEND:VCALENDAR", events.join("\n")))?;
        let ids: std::collections::BTreeSet<_> = found.iter().map(|it| &it.id).collect();
        assert_eq!(ids.len(), found.len(), "each has an id of its own");
        Ok(found.iter().map(|it| format!("{} {}", it.starts_at, it.ends_at.expect("an end"))).collect())
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

    #[test]
    fn a_whole_day_and_days_of_a_duration_end_at_midnight_also_when_clocks_change() {
        for (event, expected) in [
            ("DTSTART;VALUE=DATE:20270328", "2027-03-27T23:00:00Z 2027-03-28T22:00:00Z"),
            ("DTSTART;VALUE=DATE:20271031\nDURATION:P1D", "2027-10-30T22:00:00Z 2027-10-31T23:00:00Z"),
            ("DTSTART:20270327\nDTEND:20270329", "2027-03-26T23:00:00Z 2027-03-28T22:00:00Z"),
            ("DTSTART:20270327T100000\nDURATION:P1DT1H", "2027-03-27T09:00:00Z 2027-03-28T09:00:00Z"),
            (
                "DTSTART;TZID=America/New_York:20270314T013000\nDURATION:PT1H",
                "2027-03-14T06:30:00Z 2027-03-14T07:30:00Z",
            ),
        ] {
            assert_eq!(hours(&[event]).expect("a booking"), [expected], "{event}");
        }
    }

    #[test]
    fn what_names_its_dates_is_there_on_each_of_them_but_those_that_were_taken_out_or_moved() {
        let named = "DTSTART;TZID=Europe/Berlin:20270323T160000\nDURATION:PT15M\nRDATE;TZID=Europe/Berlin:20270330T160000,\
                     20270406T160000\nRDATE:20270412T140000Z,20270413T140000Z\nEXDATE:20270406T140000Z";
        let moved = "RECURRENCE-ID:20270413T140000Z\nDTSTART:20270414T080000Z\nDTEND:20270414T090000Z";
        let expected = [
            "2027-03-23T15:00:00Z 2027-03-23T15:15:00Z",
            "2027-03-30T14:00:00Z 2027-03-30T14:15:00Z",
            "2027-04-12T14:00:00Z 2027-04-12T14:15:00Z",
            "2027-04-14T08:00:00Z 2027-04-14T09:00:00Z",
        ];
        assert_eq!(hours(&[named, moved]).expect("bookings"), expected);
        let days = "DTSTART;VALUE=DATE:20270327\nRDATE;VALUE=DATE:20270328";
        let expected = ["2027-03-26T23:00:00Z 2027-03-27T23:00:00Z", "2027-03-27T23:00:00Z 2027-03-28T22:00:00Z"];
        assert_eq!(hours(&[days]).expect("bookings"), expected);
        // Not guessed: a period with an end of its own, a rule beside the dates, more dates than anybody has.
        let many = (0..INSTANCES).map(|it| format!(",{:08}T100000Z", 20_270_101 + it % 28)).collect::<String>();
        for odd in [
            "RDATE;VALUE=PERIOD:20270401T100000Z/PT1H".to_owned(),
            "RDATE:20270401T100000Z\nRRULE:FREQ=DAILY".into(),
            format!("RDATE:20270401T100000Z{many}"),
        ] {
            assert!(hours(&[&format!("DTSTART:20270323T100000Z\nDURATION:PT1H\n{odd}")]).is_err(), "{odd:.60}");
        }
    }
}
