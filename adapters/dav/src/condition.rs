//! Entity tags: what a write is conditional on.

/// A strong entity tag (RFC 9110 section 8.8.3), without its quotes. A weak one is none: it can stand in no `If-Match`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Etag(String);

impl Etag {
    /// Reads a tag as a header or a property has it. Some servers leave the quotes of the property away.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let bare = match text.strip_prefix('"') {
            Some(rest) => rest.strip_suffix('"')?,
            None => text,
        };
        let tag = |it: u8| it.is_ascii_graphic() && !matches!(it, b'"' | b'\\' | b'[' | b']' | b'<' | b'>');
        let fits = !bare.is_empty() && bare.len() <= 512 && bare.bytes().all(tag) && !bare.starts_with("W/");
        fits.then(|| Self(bare.to_owned()))
    }

    /// The tag without quotes.
    pub fn bare(&self) -> &str {
        &self.0
    }

    /// The tag as a condition wants it.
    pub fn quoted(&self) -> String {
        format!("\"{}\"", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_do_not_matter_and_weak_or_broken_tags_are_none() {
        let bare = Etag::new("105-1795242730-7").expect("a tag");
        assert_eq!(Etag::new(" \"105-1795242730-7\" "), Some(bare.clone()));
        assert_eq!(bare.quoted(), "\"105-1795242730-7\"");
        for bad in ["", "\"\"", "W/\"1\"", "W/1", "\"a", "a\"b", "a b", "a\r\nX: y", "é", "a]>"] {
            assert_eq!(Etag::new(bad), None, "{bad}");
        }
    }
}
