//! The values of a record that the caller may not see, found again in its free text.

use crate::redact::clean::clean;
use crate::redact::find::{Find, Kind, before};
use aho_corasick::{AhoCorasick, MatchKind};
use postern_api::PiiKind;
use std::collections::BTreeMap;
use std::ops::Range;

/// Shortest part of a name that is looked for alone; "Ann" and "May" are words too.
const PART: usize = 4;
/// Shortest value that is looked for at all.
const WHOLE: usize = 3;
/// So many forms are searched without an automaton.
const FEW: usize = 64;
/// Shortest line of a longer hidden text that is looked for alone.
const LINE: usize = 16;

/// What a hidden value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hidden {
    /// A person's name; its parts are looked for as well.
    Name,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A postal address.
    Address,
    /// Anything else that the caller may not see; its lines are looked for as well.
    Internal,
}

impl Hidden {
    /// What stands in the placeholder.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Hidden::Name => "name",
            Hidden::Email => "email",
            Hidden::Phone => "phone",
            Hidden::Address => "address",
            Hidden::Internal => "internal",
        }
    }
}

impl From<PiiKind> for Hidden {
    fn from(kind: PiiKind) -> Self {
        match kind {
            PiiKind::Name => Hidden::Name,
            PiiKind::Email => Hidden::Email,
            PiiKind::Phone => Hidden::Phone,
            PiiKind::Address => Hidden::Address,
        }
    }
}

/// The hidden values of one answer.
#[derive(Debug)]
pub struct Known {
    search: Search,
    values: Vec<(Hidden, String)>,
    belongs: Vec<u32>,
}

/// How the forms are searched for. An automaton costs more to build than a short text costs to read, so a few forms are
/// compared where a word begins with one of their first letters.
#[derive(Debug)]
enum Search {
    Few { begins: Box<[bool; 256]>, forms: Vec<String> },
    Many(AhoCorasick),
}

impl Known {
    /// Prepares the search; `None` where there is nothing to look for.
    ///
    /// # Errors
    /// More values than the automaton can hold.
    pub fn new<'a>(values: impl IntoIterator<Item = (Hidden, &'a str)>) -> postern_api::Result<Option<Self>> {
        let mut kept: Vec<(Hidden, String)> = Vec::new();
        let mut patterns: BTreeMap<String, u32> = BTreeMap::new();
        for (kind, value) in values {
            let value = clean(value.trim());
            let index = u32::try_from(kept.len()).unwrap_or(u32::MAX);
            let mut any = false;
            for form in forms(kind, &value) {
                // The first value that a form was made from keeps it.
                any |= *patterns.entry(form).or_insert(index) == index;
            }
            if any {
                kept.push((kind, value.to_lowercase()));
            }
        }
        if patterns.is_empty() {
            return Ok(None);
        }
        let (forms, belongs): (Vec<String>, Vec<u32>) = patterns.into_iter().unzip();
        Ok(Some(Self { search: Search::new(forms)?, values: kept, belongs }))
    }

    pub(crate) fn value(&self, index: u32) -> Option<(Hidden, &str)> {
        self.values.get(index as usize).map(|(kind, value)| (*kind, value.as_str()))
    }

    pub(crate) fn find(&self, text: &str, finds: &mut Vec<Find>) {
        self.search.each(text.as_bytes(), |form, span| {
            let value = self.belongs.get(form).filter(|_| alone(text, &span));
            finds.extend(value.map(|index| Find::new(span, Kind::Known(*index))));
        });
    }
}

/// Whether a find is a word of its own.
fn alone(text: &str, span: &Range<usize>) -> bool {
    let cut = |inner: Option<char>, outer: Option<char>| {
        inner.is_some_and(char::is_alphanumeric) && outer.is_some_and(char::is_alphanumeric)
    };
    let (Some(head), Some(found), Some(tail)) = (text.get(..span.start), text.get(span.clone()), text.get(span.end..))
    else {
        return false;
    };
    let (first, last) = (found.chars().next(), found.chars().next_back());
    !cut(first, head.chars().next_back()) && !cut(last, tail.chars().next())
}

impl Search {
    fn new(forms: Vec<String>) -> postern_api::Result<Self> {
        if forms.len() <= FEW {
            let mut begins = Box::new([false; 256]);
            for first in forms.iter().filter_map(|form| form.as_bytes().first()) {
                for first in [first.to_ascii_lowercase(), first.to_ascii_uppercase()] {
                    if let Some(begins) = begins.get_mut(usize::from(first)) {
                        *begins = true;
                    }
                }
            }
            return Ok(Self::Few { begins, forms });
        }
        let automaton =
            AhoCorasick::builder().ascii_case_insensitive(true).match_kind(MatchKind::Standard).build(forms);
        automaton
            .map(Self::Many)
            .map_err(|broken| postern_api::Error::internal("the hidden values cannot be searched for").because(broken))
    }

    /// Every place where a form stands, whether or not it is a word there.
    fn each(&self, text: &[u8], mut found: impl FnMut(usize, Range<usize>)) {
        match self {
            Self::Few { begins, forms } => {
                for (start, byte) in text.iter().enumerate() {
                    if !begins.get(usize::from(*byte)).copied().unwrap_or(true) {
                        continue;
                    }
                    if byte.is_ascii_alphanumeric() && before(text, start).is_ascii_alphanumeric() {
                        continue;
                    }
                    for (index, form) in forms.iter().enumerate() {
                        let span = start..start + form.len();
                        let here = text.get(span.clone());
                        if here.is_some_and(|here| here.eq_ignore_ascii_case(form.as_bytes())) {
                            found(index, span);
                        }
                    }
                }
            }
            Self::Many(automaton) => {
                automaton.find_overlapping_iter(text).for_each(|hit| found(hit.pattern().as_usize(), hit.range()));
            }
        }
    }
}

/// Every form that a value is looked for in.
fn forms(kind: Hidden, value: &str) -> Vec<String> {
    let mut forms = Vec::new();
    let mut add = |form: &str, least: usize| {
        if form.chars().count() < least {
            return;
        }
        forms.push(form.to_lowercase());
        if !form.is_ascii() {
            forms.extend([form.to_owned(), form.to_uppercase(), unaccented(form, false), unaccented(form, true)]);
        }
    };
    add(value, WHOLE);
    match kind {
        Hidden::Name => {
            let parts: Vec<&str> = value.split(|c: char| c.is_whitespace() || ",;\"()".contains(c)).collect();
            parts.iter().for_each(|part| add(part.trim_matches(['.', '\'']), PART));
            if let [first, .., last] = parts.as_slice() {
                for joint in [".", ""] {
                    add(&format!("{first}{joint}{last}"), WHOLE + PART);
                }
                for joint in [", ", " ", ".", ""] {
                    add(&format!("{last}{joint}{first}"), WHOLE + PART);
                }
            }
        }
        Hidden::Phone => {
            let digits: String = value.chars().filter(char::is_ascii_digit).collect();
            add(&digits, 6);
        }
        Hidden::Address => value.split([',', '\n']).for_each(|line| add(line.trim(), 8)),
        Hidden::Internal => value.split(['\n', '.']).for_each(|line| add(line.trim(), LINE)),
        Hidden::Email => {}
    }
    forms
}

/// The value without the usual accents, lower case: `Müller` is written `muller`, or in German `mueller`.
fn unaccented(value: &str, german: bool) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.to_lowercase().chars() {
        let plain = match c {
            'ä' if german => "ae",
            'ö' if german => "oe",
            'ü' if german => "ue",
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => "a",
            'ç' | 'ć' | 'č' => "c",
            'ď' | 'đ' => "d",
            'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => "e",
            'ğ' => "g",
            'ì' | 'í' | 'î' | 'ï' | 'ı' => "i",
            'ł' => "l",
            'ñ' | 'ń' | 'ň' => "n",
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ő' => "o",
            'ř' => "r",
            'ś' | 'š' | 'ş' => "s",
            'ť' | 'ţ' => "t",
            'ù' | 'ú' | 'û' | 'ü' | 'ů' | 'ű' => "u",
            'ý' | 'ÿ' => "y",
            'ź' | 'ż' | 'ž' => "z",
            'ß' => "ss",
            'æ' => "ae",
            'œ' => "oe",
            _ => {
                out.push(c);
                continue;
            }
        };
        out.push_str(plain);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'a>(values: &[(Hidden, &str)], text: &'a str) -> Vec<&'a str> {
        let known = Known::new(values.iter().copied()).expect("the values build");
        let mut finds = Vec::new();
        if let Some(known) = known {
            known.find(text, &mut finds);
        }
        let found = crate::redact::find::resolve(text, finds, |_| false);
        found.into_iter().map(|find| text.get(find.span).expect("on a boundary")).collect()
    }

    #[test]
    fn a_hidden_name_is_found_whole_in_parts_and_turned_round() {
        let jane = [(Hidden::Name, "Jane Doering")];
        assert_eq!(found(&jane, "JANE doering called"), ["JANE doering"]);
        assert_eq!(found(&jane, "ask Doering, Jane or jane.doering"), ["Doering, Jane", "jane.doering"]);
        assert_eq!(found(&jane, "Ms Doering's laptop"), ["Doering"]);
        assert!(found(&jane, "Janet likes doeringer").is_empty());
    }

    #[test]
    fn accents_may_be_missing() {
        let value = [(Hidden::Name, "Jürgen Müller")];
        assert_eq!(
            found(&value, "jurgen muller, JÜRGEN MÜLLER, Mueller"),
            ["jurgen muller", "JÜRGEN MÜLLER", "Mueller"]
        );
    }

    #[test]
    fn many_values_are_found_as_few_are() {
        let names: Vec<String> = (0..100).map(|index| format!("Person{index} Family{index}")).collect();
        let many: Vec<_> = names.iter().map(|name| (Hidden::Name, name.as_str())).collect();
        let text = "ask FAMILY42, not Family420, or person7.family7";
        assert_eq!(found(&many, text), ["FAMILY42", "person7.family7"]);
        assert_eq!(found(&many[40..45], text), ["FAMILY42"]);
    }

    #[test]
    fn short_parts_are_words_and_stay() {
        assert!(found(&[(Hidden::Name, "May Li")], "in May we").is_empty());
        assert!(found(&[(Hidden::Internal, "7")], "7 of 9").is_empty());
        assert!(Known::new([(Hidden::Name, " ")]).expect("an empty value is fine").is_none());
    }

    #[test]
    fn lines_of_a_hidden_note_are_found_alone() {
        let note = [(Hidden::Internal, "customer is difficult, upsell\nmargin is 40 percent here")];
        assert_eq!(found(&note, "> margin is 40 percent here"), ["margin is 40 percent here"]);
    }
}
