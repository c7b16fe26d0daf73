//! Comparing words with people's text, without opening the text.

use crate::classified::Text;
use std::collections::BTreeSet;

fn words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|it| !it.is_empty());
    parts.map(str::to_lowercase).collect()
}

/// Whether a word is a name of something rather than a word of a language: letters with digits, or capitals alone.
fn is_telling(word: &str) -> bool {
    let long = word.chars().count() >= 5;
    let mixed = word.chars().any(char::is_alphabetic) && word.chars().any(|it| it.is_ascii_digit());
    long && (mixed || word.chars().all(char::is_uppercase))
}

impl Text {
    /// Whether `run` words of this text, one after the other, stand in `other` too; case and punctuation do not count.
    pub fn quoted_in(&self, other: &str, run: usize) -> bool {
        let (own, other) = (words(self.expose()), words(other));
        if run == 0 {
            return false;
        }
        let runs: BTreeSet<&[String]> = own.windows(run).collect();
        !runs.is_empty() && other.windows(run).any(|it| runs.contains(it))
    }

    /// Whether `other` has a telling word of this text (the name of a machine, a code) that none of the `known` texts has.
    pub fn betrayed_by(&self, other: &str, known: &[&Text]) -> bool {
        let split = |text: &str| -> BTreeSet<String> {
            let parts = text.split(|c: char| !c.is_alphanumeric());
            parts.filter(|it| is_telling(it)).map(str::to_lowercase).collect()
        };
        let own = split(self.expose());
        if own.is_empty() {
            return false;
        }
        let known: BTreeSet<_> = known.iter().flat_map(|it| words(it.expose())).collect();
        words(other).iter().any(|it| own.contains(it) && !known.contains(it))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_is_a_run_of_words_whatever_stands_between_them() {
        let text = Text::new("We knew since last month, and did NOT roll it out.");
        assert!(text.quoted_in("As they say: we knew since last month (really).", 5));
        assert!(!text.quoted_in("we knew since the last month", 5));
        assert!(!text.quoted_in("we knew", 5) && !text.quoted_in("", 1) && !text.quoted_in("we", 0));
    }

    #[test]
    fn a_telling_word_is_betrayed_unless_everybody_knows_it() {
        let note = Text::new("Gateway ACMEGW02 is on the old firmware, says BOB.");
        assert!(note.betrayed_by("We looked at acmegw02.", &[]));
        assert!(!note.betrayed_by("We looked at ACMEGW02.", &[&Text::new("my acmegw02 is down")]));
        assert!(!note.betrayed_by("The gateway is on the firmware, says Bob.", &[]));
    }
}
