//! Times of iCalendar (RFC 5545 section 3.3): UTC, in a named zone, floating, or a date; and durations.

use crate::ical::Line;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};
use postern_api::{Error, Result};

/// The longest event, in days.
const LONGEST_DAYS: i64 = 10 * 366;

/// A time zone by its IANA name. Some programs write a prefix before it.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    if name == "UTC" {
        return Some(TimeZone::UTC);
    }
    let bare = name.trim_start_matches('/');
    let tail = || bare.rsplitn(3, '/').take(2).collect::<Vec<_>>();
    TimeZone::get(bare).ok().or_else(|| match tail().as_slice() {
        [city, area] => TimeZone::get(&format!("{area}/{city}")).ok(),
        _ => None,
    })
}

/// A time as a property has it, and whether it is a whole day.
///
/// Errors: `BadReply` for what is none, and for a zone that nobody knows: a wrong time would be worse than none.
pub(crate) fn time(line: &Line, floating: &TimeZone) -> Result<(Zoned, bool)> {
    let mut all = times(line, floating)?;
    match all.pop().filter(|_| all.is_empty()) {
        Some(one) => Ok(one),
        None => Err(Error::bad_reply("several times for one")),
    }
}

/// The same for a property that may have several times.
pub(crate) fn times(line: &Line, floating: &TimeZone) -> Result<Vec<(Zoned, bool)>> {
    let zone = match line.parameter("TZID") {
        Some(name) => zone(name).ok_or_else(|| Error::bad_reply("a time zone that is not known"))?,
        None => floating.clone(),
    };
    line.value.split(',').map(|text| one(text, &zone)).collect()
}

fn one(text: &str, zone: &TimeZone) -> Result<(Zoned, bool)> {
    let broken = || Error::bad_reply("a time that is none");
    let (text, zone) = match text.strip_suffix('Z') {
        Some(text) => (text, TimeZone::UTC),
        None => (text, zone.clone()),
    };
    let (civil, whole_day) = match text.split_once('T') {
        Some(_) => (DateTime::strptime("%Y%m%dT%H%M%S", text).map_err(|_| broken())?, false),
        None => {
            (Date::strptime("%Y%m%d", text).map_err(|_| broken())?.to_datetime(jiff::civil::Time::midnight()), true)
        }
    };
    // An hour that a clock shows twice, or never, is taken as jiff does: the first, or the one after the gap.
    let at = zone.to_ambiguous_zoned(civil).compatible().map_err(|_| broken())?;
    Ok((at, whole_day))
}

/// `PT1H30M`, `P1D`, `P2W`; never less than nothing. A day is one of the calendar's, also when clocks change in it.
pub(crate) fn duration(text: &str) -> Result<Span> {
    let broken = || Error::bad_reply("a duration that is none");
    let (days, hours) =
        match text.strip_prefix('+').unwrap_or(text).strip_prefix('P').ok_or_else(broken)?.split_once('T') {
            Some((days, hours)) => (days, hours),
            None => (text.trim_start_matches(['+', 'P']), ""),
        };
    let (mut whole, mut seconds) = (0_i64, 0_i64);
    let mut number = String::new();
    for it in days.chars().chain(['T']).chain(hours.chars()) {
        let (sum, unit) = match it {
            '0'..='9' => {
                number.push(it);
                continue;
            }
            'T' if number.is_empty() => continue,
            'W' => (&mut whole, 7),
            'D' => (&mut whole, 1),
            'H' => (&mut seconds, 3_600),
            'M' => (&mut seconds, 60),
            'S' => (&mut seconds, 1),
            _ => return Err(broken()),
        };
        let count: i64 = number.parse().map_err(|_| broken())?;
        number.clear();
        *sum = count.checked_mul(unit).and_then(|it| it.checked_add(*sum)).ok_or_else(broken)?;
    }
    if number.is_empty() && whole <= LONGEST_DAYS && seconds <= LONGEST_DAYS * 86_400 {
        Ok(Span::new().days(whole).seconds(seconds))
    } else {
        Err(broken())
    }
}

/// As a report wants it: `20261210T100000Z`.
pub(crate) fn utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ical;

    fn at(line: &str) -> Result<String> {
        let berlin = zone("Europe/Berlin").expect("a zone");
        Ok(time(&ical::line(line).expect("a line"), &berlin)?.0.timestamp().to_string())
    }

    #[test]
    fn each_form_of_a_time_is_read() {
        for (text, expected) in [
            ("DTSTART:20261210T100000Z", "2026-12-10T10:00:00Z"),
            ("DTSTART;TZID=America/New_York:20261210T100000", "2026-12-10T15:00:00Z"),
            ("DTSTART;TZID=\"/citadel.org/20250101_1/Europe/Berlin\":20260710T100000", "2026-07-10T08:00:00Z"),
            ("DTSTART:20261210T100000", "2026-12-10T09:00:00Z"),
            ("DTSTART;VALUE=DATE:20261210", "2026-12-09T23:00:00Z"),
            // Twice, and never: clocks go back and forth.
            ("DTSTART:20261025T023000", "2026-10-25T00:30:00Z"),
            ("DTSTART:20260329T023000", "2026-03-29T01:30:00Z"),
        ] {
            assert_eq!(at(text).expect("a time"), expected, "{text}");
        }
        for bad in
            ["DTSTART:", "DTSTART:2026", "DTSTART:20261310", "DTSTART:now", "DTSTART;TZID=Nowhere:20261210T100000"]
        {
            assert!(at(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations_are_read_and_bounded() {
        for (text, days, seconds) in
            [("PT1H30M", 0, 5_400), ("P1D", 1, 0), ("P2W", 14, 0), ("P1DT1S", 1, 1), ("+PT5M", 0, 300)]
        {
            let found = duration(text).expect("a duration");
            assert_eq!((found.get_days(), found.get_seconds()), (days, seconds), "{text}");
        }
        for bad in ["", "1H", "P1", "-PT1H", "PT1X", "P99999999999999999999D", "P999999W"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
