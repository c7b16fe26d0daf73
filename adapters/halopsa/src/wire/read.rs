//! The vendor's times: without a zone, and with years that mean "none".

use super::Str;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use postern_api::loose::{Moment, of_text, trimmed};
use serde::{Deserialize, Deserializer};

/// 1902, in seconds: what is older is none.
const FIRST: i64 = -2_145_916_800;

/// A time as it stands in a row, read there and kept without its text: with its zone, or for a [`Clock`] to place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct When(Option<Moment>);

impl When {
    fn of(text: &str) -> Self {
        let text = trimmed(text);
        Self(Moment::usual(text).or_else(|| unusual(text)))
    }
}

fn unusual(text: &str) -> Option<Moment> {
    let mut bytes = text.bytes().skip_while(|it| !matches!(it, b'T' | b't' | b' '));
    let zoned = bytes.any(|it| matches!(it, b'Z' | b'z' | b'+' | b'-'));
    match zoned {
        true => text.parse().ok().map(Moment::Zoned),
        false => text.parse().ok().map(Moment::Civil),
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        of_text(deserializer, Self::of).map(Option::unwrap_or_default)
    }
}

/// Reads and writes the vendor's times in the zone that they are assumed to be in.
#[derive(Debug, Clone)]
pub(crate) struct Clock(pub(crate) TimeZone);

impl Clock {
    /// A time; 1899, 1900 and year 1 stand for none.
    pub(crate) fn read(&self, text: &Str) -> Option<Timestamp> {
        self.at(When::of(text.get()?))
    }

    /// The same of a time that was read already.
    pub(crate) fn at(&self, when: When) -> Option<Timestamp> {
        let at = match when.0? {
            Moment::Zoned(at) => at,
            Moment::Civil(civil) => self.0.to_timestamp(civil).ok()?,
        };
        (at.as_second() >= FIRST).then_some(at)
    }

    /// A time as the vendor writes it.
    pub(crate) fn write(&self, at: Timestamp) -> String {
        at.to_zoned(self.0.clone()).datetime().strftime("%Y-%m-%dT%H:%M:%S").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(zone: &str, text: &str) -> Option<String> {
        let clock = Clock(TimeZone::get(zone).expect("a zone"));
        clock.read(&Str(Some(text.into()))).map(|it| it.to_string())
    }

    #[test]
    fn times_without_a_zone_are_in_the_assumed_one() {
        assert_eq!(read("UTC", "2026-09-01T09:15:00").as_deref(), Some("2026-09-01T09:15:00Z"));
        assert_eq!(read("UTC", "2026-09-01T09:15:00.5").as_deref(), Some("2026-09-01T09:15:00.5Z"));
        assert_eq!(read("UTC", "2026-09-01").as_deref(), Some("2026-09-01T00:00:00Z"));
        assert_eq!(read("Europe/London", "2026-07-01T09:15:00").as_deref(), Some("2026-07-01T08:15:00Z"));
        assert_eq!(read("Europe/London", "2026-07-01T09:15:00Z").as_deref(), Some("2026-07-01T09:15:00Z"));
        assert_eq!(read("Europe/London", "2026-07-01T09:15:00+02:00").as_deref(), Some("2026-07-01T07:15:00Z"));
    }

    #[test]
    fn the_years_that_mean_none_are_none() {
        for none in
            ["1900-01-01T00:00:00", "1899-12-30T00:00:00", "0001-01-01T00:00:00", "1900-01-01T00:00:00Z", "", "soon"]
        {
            assert_eq!(read("UTC", none), None, "{none}");
        }
    }

    #[test]
    fn a_time_is_written_as_it_is_read() {
        let clock = Clock(TimeZone::get("Europe/London").expect("a zone"));
        let at: Timestamp = "2026-07-01T08:15:00Z".parse().expect("a time");
        assert_eq!(clock.write(at), "2026-07-01T09:15:00");
        assert_eq!(clock.read(&Str(Some(clock.write(at)))), Some(at));
    }
}
