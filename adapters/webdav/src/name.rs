//! Names of files: `Contract.v2.pdf` is the second version of `Contract.pdf`, which is the first.

/// Which version of which document a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileName {
    /// The document's name.
    pub(crate) document: String,
    /// The version's number, from 1.
    pub(crate) number: u32,
}

impl FileName {
    /// Takes a name apart. What is hidden (`.name`) is no document.
    pub(crate) fn parse(file: &str) -> Option<Self> {
        if file.starts_with('.') || file.is_empty() {
            return None;
        }
        let (stem, extension) = match file.rsplit_once('.') {
            Some((stem, extension)) if number(extension).is_none() => (stem, Some(extension)),
            Some(_) | None => (file, None),
        };
        let (stem, number) = match stem.rsplit_once('.') {
            Some((before, version)) if !before.is_empty() => match number(version) {
                Some(number) => (before, number),
                None => (stem, 1),
            },
            Some(_) | None => (stem, 1),
        };
        let document = match extension {
            Some(extension) => format!("{stem}.{extension}"),
            None => stem.to_owned(),
        };
        Some(Self { document, number })
    }
}

/// `v2` is 2; written one way only.
fn number(text: &str) -> Option<u32> {
    let digits = text.strip_prefix('v')?;
    let number: u32 = digits.parse().ok()?;
    ((1..=99_999).contains(&number) && number.to_string() == digits).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_number_before_the_extension() {
        for (file, document, number) in [
            ("Contract.pdf", "Contract.pdf", 1),
            ("Contract.v1.pdf", "Contract.pdf", 1),
            ("Contract.v12.pdf", "Contract.pdf", 12),
            ("Server room.v2", "Server room", 2),
            ("README", "README", 1),
            ("a.v02.pdf", "a.v02.pdf", 1),
            ("a.v0.pdf", "a.v0.pdf", 1),
            ("a.vx.pdf", "a.vx.pdf", 1),
            ("v2.pdf", "v2.pdf", 1),
            ("Plan 3.1.v4.dwg", "Plan 3.1.dwg", 4),
        ] {
            assert_eq!(FileName::parse(file), Some(FileName { document: document.into(), number }), "{file}");
        }
        assert_eq!(FileName::parse(".postern.json"), None);
        assert_eq!(FileName::parse(""), None);
    }
}
