//! Names and domains, as far as they say who somebody is.

use super::Record;
use postern_api::OrganisationId;
use std::collections::BTreeSet;

/// What a company's name may end with that says nothing about who it is.
const LEGAL: &[&str] = &[
    "inc",
    "incorporated",
    "llc",
    "llp",
    "ltd",
    "limited",
    "corp",
    "corporation",
    "co",
    "company",
    "plc",
    "gmbh",
    "ag",
    "kg",
    "ug",
    "se",
    "sa",
    "sas",
    "sarl",
    "srl",
    "spa",
    "bv",
    "nv",
    "ab",
    "as",
    "oy",
    "aps",
    "pty",
    "pte",
    "the",
    "and",
];

/// Domains at which anybody has an address.
const PUBLIC: &[&str] = &[
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "msn.com",
    "yahoo.com",
    "yahoo.co.uk",
    "aol.com",
    "icloud.com",
    "me.com",
    "mac.com",
    "proton.me",
    "protonmail.com",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "web.de",
    "t-online.de",
    "mail.com",
    "zoho.com",
    "yandex.com",
    "qq.com",
    "163.com",
    "126.com",
    "comcast.net",
    "verizon.net",
    "att.net",
    "btinternet.com",
    "orange.fr",
    "free.fr",
    "libero.it",
    "onmicrosoft.com",
];

/// Whether a domain says nothing about its holder.
pub(super) fn is_public(domain: &str) -> bool {
    PUBLIC.iter().any(|it| domain == *it || domain.strip_suffix(it).is_some_and(|front| front.ends_with('.')))
}

/// The words of a name that say who it is, lower case and without its legal form.
pub(super) fn core(name: &str) -> String {
    let lower = name.to_lowercase();
    // `A.C.M.E.` is `acme`; any other sign ends a word.
    let bare: String = lower.chars().filter(|it| !matches!(it, '.' | '\'' | '’')).collect();
    let all: Vec<&str> = bare.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty()).collect();
    let telling: Vec<&str> = all.iter().copied().filter(|it| !LEGAL.contains(it)).collect();
    if telling.is_empty() { all.join(" ") } else { telling.join(" ") }
}

/// An id for a new organisation, made from the shortest of its names; `None` where no name makes one.
pub(super) fn slug(records: &[Record], taken: &mut BTreeSet<OrganisationId>) -> Option<OrganisationId> {
    let name = records.iter().map(|it| core(&it.name)).min_by_key(|it| it.chars().count())?;
    let ascii: String = name.chars().map(|it| if it.is_ascii_alphanumeric() { it } else { '-' }).take(40).collect();
    let base = ascii.trim_matches('-').to_owned();
    let base = if base.is_empty() { "organisation".to_owned() } else { base };
    let mut candidates = std::iter::once(base.clone()).chain((2..).map(|nth| format!("{base}-{nth}")));
    let free = candidates.find_map(|it| OrganisationId::new(&it).ok().filter(|it| !taken.contains(it)))?;
    taken.insert(free.clone());
    Some(free)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_its_telling_words() {
        for (name, telling) in [
            ("Acme Corporation", "acme"),
            ("ACME, Inc.", "acme"),
            ("A.C.M.E. Ltd", "acme"),
            ("The Company", "the company"),
            ("Müller & Söhne GmbH", "müller söhne"),
            ("  ", ""),
        ] {
            assert_eq!(core(name), telling, "{name}");
        }
    }

    #[test]
    fn a_mailbox_anywhere_says_nothing() {
        assert!(is_public("gmail.com") && is_public("contoso.onmicrosoft.com"));
        assert!(!is_public("notgmail.com") && !is_public("acme.example"));
    }
}
