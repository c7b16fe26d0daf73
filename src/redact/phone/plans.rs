//! How long telephone numbers are: abroad by country code, at home by what they begin with.
//!
//! A library of all numbering plans finds these in seven megabytes of patterns, and for a text it says nothing that the lengths do
//! not: what follows a `+` is a number, and the question is where it ends. A test compares both.

/// A country code, the lengths that numbers in use have without it, and those and the lengths that its plan allows; a bit a
/// length.
type Plan = (u32, u16, u16);

#[rustfmt::skip]
const PLANS: &[Plan] = &[
    (1, 0x0400, 0x0480), (7, 0x0400, 0x4480), (20, 0x0700, 0x07c0), (27, 0x03e0, 0x07e0), (30, 0x0c00, 0x1c00),
    (31, 0x0700, 0x0fe0), (32, 0x0300, 0x0300), (33, 0x0200, 0x0200), (34, 0x0200, 0x0200), (36, 0x0300, 0x03c0),
    (39, 0x1fc0, 0x1fc0), (40, 0x0240, 0x0240), (41, 0x0200, 0x1200), (43, 0x3fe0, 0x3ff0), (44, 0x0400, 0x07f0),
    (45, 0x0100, 0x0100), (46, 0x17c0, 0x17c0), (47, 0x0120, 0x0120), (48, 0x03c0, 0x07c0), (49, 0xfff0, 0xfff0),
    (51, 0x0300, 0x03c0), (52, 0x0400, 0x0580), (53, 0x05c0, 0x05f0), (54, 0x0c00, 0x0dc0), (55, 0x0f00, 0x0f00),
    (56, 0x0200, 0x0e00), (57, 0x0500, 0x0d90), (58, 0x0400, 0x0480), (60, 0x0700, 0x07c0), (61, 0x0240, 0x17e0),
    (62, 0x1f80, 0xffe0), (63, 0x0640, 0x3ff0), (64, 0x07e0, 0x07e0), (65, 0x0100, 0x0d00), (66, 0x0300, 0x2700),
    (81, 0x0600, 0xff00), (82, 0x0f60, 0x7ff0), (84, 0x0780, 0x0780), (86, 0x0f80, 0x1fe0), (90, 0x0400, 0x3480),
    (91, 0x0400, 0x3fc0), (92, 0x0e00, 0x1fe0), (93, 0x0200, 0x0280), (94, 0x0200, 0x0280), (95, 0x07c0, 0x07e0),
    (98, 0x04d0, 0x05f0), (211, 0x0200, 0x0200), (212, 0x0200, 0x0200), (213, 0x0300, 0x0300), (216, 0x0100, 0x0100),
    (218, 0x0200, 0x0280), (220, 0x0280, 0x0280), (221, 0x0200, 0x0200), (222, 0x0100, 0x0100), (223, 0x0100, 0x0100),
    (224, 0x0300, 0x0300), (225, 0x0400, 0x0400), (226, 0x0100, 0x0100), (227, 0x0100, 0x0100), (228, 0x0100, 0x0100),
    (229, 0x0500, 0x0500), (230, 0x0180, 0x0580), (231, 0x0380, 0x0380), (232, 0x0100, 0x0140), (233, 0x0300, 0x0380),
    (234, 0x6400, 0x7cc0), (235, 0x0100, 0x0100), (236, 0x0100, 0x0100), (237, 0x0300, 0x0300), (238, 0x0080, 0x0080),
    (239, 0x0080, 0x0080), (240, 0x0200, 0x0200), (241, 0x0180, 0x0180), (242, 0x0200, 0x0200), (243, 0x0280, 0x0780),
    (244, 0x0200, 0x0200), (245, 0x0280, 0x0280), (246, 0x0080, 0x0080), (247, 0x0060, 0x0060), (248, 0x0080, 0x0080),
    (249, 0x0200, 0x0200), (250, 0x0300, 0x0300), (251, 0x0200, 0x0280), (252, 0x03c0, 0x03c0), (253, 0x0100, 0x0100),
    (254, 0x0380, 0x0780), (255, 0x0200, 0x0200), (256, 0x0200, 0x02e0), (257, 0x0100, 0x0100), (258, 0x0300, 0x0300),
    (260, 0x0200, 0x0240), (261, 0x0200, 0x0280), (262, 0x0200, 0x0200), (263, 0x0280, 0x06f0), (264, 0x0300, 0x0300),
    (265, 0x0280, 0x0280), (266, 0x0100, 0x0100), (267, 0x0180, 0x0580), (268, 0x0100, 0x0300), (269, 0x0080, 0x0090),
    (290, 0x0030, 0x0030), (291, 0x0080, 0x00c0), (297, 0x0080, 0x0080), (298, 0x0040, 0x0040), (299, 0x0040, 0x0040),
    (350, 0x0100, 0x0100), (351, 0x0200, 0x0200), (352, 0x0ff0, 0x0ff0), (353, 0x0780, 0x07e0), (354, 0x0280, 0x0280),
    (355, 0x0300, 0x03e0), (356, 0x0100, 0x0100), (357, 0x0100, 0x0100), (358, 0x1fe0, 0x1fe0), (359, 0x03c0, 0x13f0),
    (370, 0x0100, 0x0100), (371, 0x0100, 0x0100), (372, 0x0180, 0x0580), (373, 0x0100, 0x0100), (374, 0x0100, 0x0160),
    (375, 0x0600, 0x0fe0), (376, 0x0040, 0x0340), (377, 0x0300, 0x0300), (378, 0x0100, 0x0540), (380, 0x0200, 0x06e0),
    (381, 0x1fc0, 0x1ff0), (382, 0x0100, 0x0340), (383, 0x1f00, 0x1f00), (385, 0x0380, 0x03c0), (386, 0x01e0, 0x01e0),
    (387, 0x0300, 0x0340), (389, 0x0100, 0x01c0), (420, 0x1e00, 0x1e00), (421, 0x02c0, 0x02c0), (423, 0x0280, 0x0280),
    (500, 0x0020, 0x0020), (501, 0x0080, 0x0880), (502, 0x0900, 0x0900), (503, 0x0180, 0x0980), (504, 0x0100, 0x0900),
    (505, 0x0100, 0x0100), (506, 0x0500, 0x0500), (507, 0x0180, 0x0d80), (508, 0x0240, 0x0240), (509, 0x0100, 0x0100),
    (590, 0x0200, 0x0200), (591, 0x0100, 0x0380), (592, 0x0080, 0x0080), (593, 0x0300, 0x0f80), (594, 0x0200, 0x0200),
    (595, 0x03c0, 0x0fe0), (596, 0x0200, 0x0200), (597, 0x00c0, 0x00c0), (598, 0x01b0, 0x3ff0), (599, 0x0180, 0x0180),
    (670, 0x0180, 0x0180), (672, 0x0040, 0x0060), (673, 0x0080, 0x0080), (674, 0x0080, 0x0080), (675, 0x0180, 0x0180),
    (676, 0x00a0, 0x00a0), (677, 0x00a0, 0x00a0), (678, 0x00a0, 0x00a0), (679, 0x0080, 0x0880), (680, 0x0080, 0x0080),
    (681, 0x0240, 0x0240), (682, 0x0020, 0x0020), (683, 0x0010, 0x0090), (685, 0x04e0, 0x04e0), (686, 0x0120, 0x0120),
    (687, 0x0040, 0x0040), (688, 0x00e0, 0x00e0), (689, 0x0340, 0x0340), (690, 0x00f0, 0x00f0), (691, 0x0080, 0x0080),
    (692, 0x0080, 0x0080), (800, 0x0100, 0x0100), (808, 0x0100, 0x0100), (850, 0x0500, 0x05c0), (852, 0x0100, 0x0be0),
    (853, 0x0100, 0x0180), (855, 0x0300, 0x07c0), (856, 0x0700, 0x0740), (870, 0x0200, 0x1200), (878, 0x1000, 0x1000),
    (880, 0x07c0, 0x07c0), (881, 0x0600, 0x0600), (882, 0x1f80, 0x1f80), (883, 0x1f00, 0x1f00), (886, 0x0700, 0x0f80),
    (888, 0x0800, 0x0800), (960, 0x0080, 0x0480), (961, 0x0180, 0x0180), (962, 0x0300, 0x0300), (963, 0x0300, 0x03c0),
    (964, 0x0700, 0x07c0), (965, 0x0180, 0x0180), (966, 0x0200, 0x0680), (967, 0x0380, 0x03c0), (968, 0x0100, 0x0380),
    (970, 0x0300, 0x0780), (971, 0x0300, 0x1fe0), (972, 0x0f00, 0x1f80), (973, 0x0100, 0x0100), (974, 0x0180, 0x0b80),
    (975, 0x0180, 0x01c0), (976, 0x0700, 0x0770), (977, 0x0500, 0x0dc0), (979, 0x0200, 0x0300), (992, 0x0200, 0x02e0),
    (993, 0x0100, 0x0100), (994, 0x0200, 0x0280), (995, 0x0200, 0x02c0), (996, 0x0600, 0x0660), (998, 0x0200, 0x0200),
];

/// Which lengths count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lengths {
    /// Those of numbers in use.
    Used,
    /// All that the plan allows.
    Allowed,
}

/// Whether these digits, from the country code on, are as long as a number is.
pub(super) fn is_whole(digits: &[u8], lengths: Lengths) -> bool {
    (1..=3).filter_map(|code| digits.split_at_checked(code)).any(|(code, national)| {
        let Some((_, used, allowed)) = plan(code) else { return false };
        let mask = match lengths {
            Lengths::Used => used,
            Lengths::Allowed => allowed,
        };
        let fits = |length: usize| length < 16 && mask & (1 << length) != 0;
        // A 0 that is dialled at home alone is often left standing.
        fits(national.len()) || (national.first() == Some(&b'0') && fits(national.len() - 1))
    })
}

/// Whether these digits, with the 0 that they begin with, are a number at home: nine to twelve, and an area or network behind
/// the 0. Between them the plans of Europe leave no such number out.
pub(super) fn is_home(digits: &[u8]) -> bool {
    let begins = match digits {
        [b'0', b'0', third, ..] => digits.len() >= 10 && *third != b'0',
        [b'0', ..] => true,
        _ => false,
    };
    begins && (9..=12).contains(&digits.len())
}

fn plan(code: &[u8]) -> Option<&'static Plan> {
    let code = std::str::from_utf8(code).ok().filter(|it| !it.starts_with('0'))?.parse().ok()?;
    // No code is the beginning of another.
    PLANS.binary_search_by_key(&code, |(code, _, _)| *code).ok().and_then(|place| PLANS.get(place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::context::Words;
    use crate::redact::find::Kind;
    use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType, Region};

    #[test]
    fn no_code_is_the_beginning_of_another() {
        assert!(PLANS.is_sorted_by_key(|(code, _, _)| *code));
        for (a, _, _) in PLANS {
            assert!(PLANS.iter().all(|(b, _, _)| a == b || !b.to_string().starts_with(&a.to_string())), "{a}");
        }
    }

    #[test]
    fn a_code_with_a_0_before_it_is_none() {
        assert!(is_whole(b"442079460018", Lengths::Used));
        assert!(!is_whole(b"0442079460018", Lengths::Allowed));
        assert!(is_whole(b"4402079460018", Lengths::Used), "the 0 of home left standing");
    }

    /// Every example of every plan that the library knows, in the form for callers from abroad, is found and whole.
    #[test]
    fn the_examples_of_all_numbering_plans_are_found_whole() {
        let (mut seen, mut missed) = (0, Vec::new());
        let words = Words::new().expect("the words build");
        for region in PHONE_NUMBER_UTIL.get_supported_regions() {
            for kind in [PhoneNumberType::FixedLine, PhoneNumberType::Mobile] {
                let Ok(number) = PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind) else {
                    continue;
                };
                let number = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::International).into_owned();
                if number.bytes().filter(u8::is_ascii_digit).count() < 8 {
                    continue; // Too short to be told from other numbers.
                }
                let text = format!("so {number}, she said");
                let mut finds = Vec::new();
                crate::redact::number::find(text.as_bytes(), &words, &mut finds);
                let spans: Vec<_> =
                    finds.iter().filter(|it| it.kind == Kind::Phone).map(|it| it.span.clone()).collect();
                seen += 1;
                if spans.as_slice() != std::slice::from_ref(&(3..3 + number.len())) {
                    missed.push((region, number, spans));
                }
            }
        }
        assert!(seen > 400, "{seen}");
        assert!(missed.is_empty(), "{missed:?}");
    }

    /// Those of which a European with a number at home writes no country code.
    #[test]
    fn the_examples_of_numbers_at_home_are_numbers_at_home() {
        for region in [Region::GB, Region::DE, Region::FR, Region::NL, Region::IT, Region::CH, Region::AT, Region::BE] {
            for kind in [PhoneNumberType::FixedLine, PhoneNumberType::Mobile] {
                let Ok(number) = PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind) else {
                    continue;
                };
                let number = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::National).into_owned();
                let digits: Vec<u8> = number.bytes().filter(u8::is_ascii_digit).collect();
                let is_short = digits.len() < 9 || digits.first() != Some(&b'0');
                assert!(is_home(&digits) || is_short, "{region:?} {number}");
            }
        }
    }
}
