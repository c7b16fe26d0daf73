//! Times. Almost every row writes them in one form, which is read here; whatever else there is, jiff reads.
//!
//! **Invariant:** what is read here, jiff reads too, and as the same time.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// A time as it stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// With its zone.
    Zoned(Timestamp),
    /// Without one.
    Civil(DateTime),
}

impl Moment {
    /// A time in the usual form: `2026-09-01T08:55:00`, with a fraction or not, with a `Z` or not. `None` is another form, or none.
    pub fn usual(text: &str) -> Option<Self> {
        let (seconds, rest) = text.as_bytes().split_first_chunk::<19>()?;
        let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T', h0, h1, b':', n0, n1, b':', s0, s1] = *seconds else {
            return None;
        };
        let digits = [y0, y1, y2, y3, m0, m1, d0, d1, h0, h1, n0, n1, s0, s1];
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let year = i16::from(two(y0, y1)) * 100 + i16::from(two(y2, y3));
        let (month, day) = (two(m0, m1), two(d0, d1));
        let (hour, minute, second) = (two(h0, h1), two(n0, n1), two(s0, s1));
        let (fraction, zoned) = match rest {
            [fraction @ .., b'Z'] => (fraction, true),
            fraction => (fraction, false),
        };
        let civil = DateTime::new(year, month, day, hour, minute, second, nanoseconds(fraction)?).ok()?;
        match zoned {
            true => Offset::UTC.to_timestamp(civil).ok().map(Self::Zoned),
            false => Some(Self::Civil(civil)),
        }
    }
}

/// A time that names its zone.
pub fn timestamp(text: &str) -> Option<Timestamp> {
    match Moment::usual(text) {
        Some(Moment::Zoned(at)) => Some(at),
        Some(Moment::Civil(_)) => None,
        None => text.parse().ok(),
    }
}

/// A time, in UTC where it names no zone.
pub fn utc(text: &str) -> Option<Timestamp> {
    let civil = |civil: DateTime| TimeZone::UTC.to_timestamp(civil).ok();
    match Moment::usual(text) {
        Some(Moment::Zoned(at)) => Some(at),
        Some(Moment::Civil(it)) => civil(it),
        None => text.parse().ok().or_else(|| civil(text.parse().ok()?)),
    }
}

/// The number of two digits.
fn two(tens: u8, ones: u8) -> i8 {
    let digit = |it: u8| (it & 0x0f).cast_signed();
    digit(tens) * 10 + digit(ones)
}

/// What stands behind the seconds: nothing, or a point and one to nine digits.
fn nanoseconds(fraction: &[u8]) -> Option<i32> {
    let digits = match fraction {
        [] => return Some(0),
        [b'.', digits @ ..] if (1..=9).contains(&digits.len()) => digits,
        _ => return None,
    };
    let mut nanoseconds = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        nanoseconds = nanoseconds * 10 + i32::from(two(b'0', *digit));
    }
    let missing = 9_u32.checked_sub(u32::try_from(digits.len()).ok()?)?;
    Some(nanoseconds * 10_i32.pow(missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_in_the_usual_form_is_the_one_that_jiff_reads() {
        let mut usual = 0;
        for date in [
            "2026-09-01",
            "2024-02-29",
            "2026-02-29",
            "0001-01-01",
            "0000-01-01",
            "1899-12-30",
            "9999-12-31",
            "2026-13-01",
        ] {
            for time in [
                "T08:55:00",
                "T23:59:59",
                "T23:59:60",
                "T24:00:00",
                "T00:00:00",
                "t08:55:00",
                " 08:55:00",
                "T08:55",
                "",
            ] {
                for fraction in ["", ".5", ".034", ".123456789", ".1234567890", ".", ",5", ".x"] {
                    for zone in ["", "Z", "z", "+00:00", "+02:00", "-05", "[UTC]", "Z[UTC]", " Z", "x"] {
                        let text = format!("{date}{time}{fraction}{zone}");
                        let (at, civil) = (text.parse::<Timestamp>().ok(), text.parse::<DateTime>().ok());
                        match Moment::usual(&text) {
                            Some(Moment::Zoned(it)) => assert_eq!(Some(it), at, "{text}"),
                            Some(Moment::Civil(it)) => assert_eq!((Some(it), None), (civil, at), "{text}"),
                            None => {}
                        }
                        usual += usize::from(Moment::usual(&text).is_some());
                        assert_eq!(timestamp(&text), at, "{text}");
                        let in_utc = at.or_else(|| civil?.to_zoned(TimeZone::UTC).ok().map(|it| it.timestamp()));
                        assert_eq!(utc(&text), in_utc, "{text}");
                    }
                }
            }
        }
        // Six dates at three times (a leap second too) with four fractions and two zones; less those past the end of time.
        assert_eq!(usual, 6 * 3 * 4 * 2 - 12);
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in
            ["", "soon", "2026-09-01T08:55:0", "2026-09-01T08:5é:00", "-026-09-01T08:55:00", "+026-09-01T08:55:00Z"]
        {
            assert_eq!((Moment::usual(text), timestamp(text), utc(text)), (None, None, None), "{text}");
        }
    }
}
