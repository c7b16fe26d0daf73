//! Where a record is: segments below the configured address.
//!
//! **Invariant:** a place that an answer names is on the configured host, below the configured path, and each of its segments
//! is one name: no dots, no separators, no control characters, also where they were encoded.

use percent_encoding::percent_decode_str;
use postern_api::{Error, Result};
use url::Url;

/// The configured address.
#[derive(Debug, Clone)]
pub struct Root(Url);

/// A place below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The names on the way, decoded; none: the address itself.
    pub names: Vec<String>,
}

/// Whether a text is one name: it can stand in a path and leads nowhere else.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !matches!(text, "." | "..")
        && text.len() <= 512
        && !text.chars().any(|it| it.is_control() || matches!(it, '/' | '\\'))
}

impl Root {
    /// The address that everything is below; `None` if it is none.
    pub fn new(base_url: &str) -> Option<Self> {
        let url = Url::parse(base_url).ok()?;
        let plain = matches!(url.scheme(), "https" | "http") && url.query().is_none() && url.fragment().is_none();
        let bare = url.username().is_empty() && url.password().is_none();
        (plain && bare && url.host_str().is_some()).then_some(Self(url))
    }

    /// The names of the address's own path, as they stand there.
    fn own(&self) -> impl Iterator<Item = &str> {
        self.0.path_segments().into_iter().flatten().filter(|it| !it.is_empty())
    }

    /// Takes a `DAV:href` apart (RFC 4918 section 8.3: an absolute path, or a whole address).
    ///
    /// Errors: `BadReply` where it leads to another host, out of the configured path, or to something that is no name.
    pub fn place(&self, href: &str) -> Result<Place> {
        let outside = || Error::bad_reply("a place outside the configured address");
        let href = href.trim();
        // Dots that were written are refused before they are resolved: a server has no reason to send them.
        let path = href.split_once("://").map_or(href, |(_, rest)| rest);
        let dotted = |it: &str| matches!(&*percent_decode_str(it).decode_utf8_lossy(), "." | "..");
        if href.is_empty() || path.split('/').any(dotted) || !(href.starts_with('/') || href.contains("://")) {
            return Err(outside());
        }
        let url = self.0.join(href).map_err(|_| outside())?;
        let here = url.scheme() == self.0.scheme()
            && url.host_str() == self.0.host_str()
            && url.port_or_known_default() == self.0.port_or_known_default();
        if !here || url.query().is_some() || url.fragment().is_some() {
            return Err(outside());
        }
        let decode = |it: &str| percent_decode_str(it).decode_utf8().map(std::borrow::Cow::into_owned).ok();
        let mut parts: Vec<&str> = url.path_segments().into_iter().flatten().collect();
        if parts.last() == Some(&"") {
            parts.pop();
        }
        let mut parts = parts.into_iter();
        for own in self.own() {
            let same = parts.next().and_then(decode).is_some_and(|it| Some(it) == decode(own));
            if !same {
                return Err(outside());
            }
        }
        let name = |it: &str| decode(it).filter(|it| is_name(it)).ok_or_else(outside);
        Ok(Place { names: parts.map(name).collect::<Result<_>>()? })
    }
}

impl Place {
    /// The names as a request wants them.
    pub fn segments(&self) -> Vec<&str> {
        self.names.iter().map(String::as_str).collect()
    }

    /// What is below a folder: `None` if it is somewhere else, or the folder itself.
    pub fn below(&self, folder: &[&str]) -> Option<&[String]> {
        let rest = self.names.get(folder.len()..).filter(|it| !it.is_empty())?;
        self.names.iter().zip(folder).all(|(a, b)| a == b).then_some(rest)
    }

    /// Whether it is this folder.
    pub fn is(&self, folder: &[&str]) -> bool {
        self.names.len() == folder.len() && self.names.iter().zip(folder).all(|(a, b)| a == b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> Root {
        Root::new("https://dav.example/files/msp").expect("an address")
    }

    #[test]
    fn a_path_and_a_whole_address_are_the_same_place() {
        for href in
            ["/files/msp/acme/A%20b.pdf", "https://dav.example/files/msp/acme/A%20b.pdf", "/files/m%73p/acme/A b.pdf"]
        {
            assert_eq!(root().place(href).expect("a place").segments(), ["acme", "A b.pdf"], "{href}");
        }
        assert!(root().place("/files/msp/").expect("the address itself").names.is_empty());
        assert_eq!(root().place("/files/msp/acme/").expect("a folder").segments(), ["acme"]);
    }

    #[test]
    fn no_place_is_outside_the_address_or_made_of_something_else_than_names() {
        for bad in [
            "",
            "acme/a.pdf",
            "/files/other/acme/a.pdf",
            "/files",
            "/files/mspx/acme",
            "https://evil.example/files/msp/acme/a.pdf",
            "http://dav.example/files/msp/acme/a.pdf",
            "https://dav.example:444/files/msp/acme/a.pdf",
            "//evil.example/files/msp/acme/a.pdf",
            "/files/msp/acme/../globex/a.pdf",
            "/files/msp/acme/%2e%2e/globex/a.pdf",
            "/files/msp/acme/.%2E/globex/a.pdf",
            "/files/msp/acme/./a.pdf",
            "/files/msp/acme%2fa.pdf",
            "/files/msp/acme/..%2fglobex",
            "/files/msp/acme/a%5cb",
            "/files/msp/acme/a%00b",
            "/files/msp/acme//a.pdf",
            "/files/msp/acme/%ff",
            "/files/msp/acme/a.pdf?x=1",
            "/files/msp/acme/a.pdf#x",
        ] {
            assert!(root().place(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_is_plain() {
        for bad in ["dav.example", "ftp://dav.example/", "https://a:b@dav.example/", "https://dav.example/?x=1"] {
            assert!(Root::new(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn below_is_below_this_folder_alone() {
        let place = root().place("/files/msp/acme/x/y").expect("a place");
        assert_eq!(place.below(&["acme"]).expect("below"), ["x", "y"]);
        assert!(place.below(&["acm"]).is_none() && place.below(&["globex"]).is_none());
        assert!(place.below(&["acme", "x", "y"]).is_none() && place.is(&["acme", "x", "y"]));
    }
}
