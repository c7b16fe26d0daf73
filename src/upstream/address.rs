//! Where a request goes: below the base address, or to a host that is listed beside it.

use postern_api::http::Request;
use postern_api::{Error, Result};
use url::Url;

/// The base address and the other hosts.
#[derive(Debug)]
pub(super) struct Address {
    base: Url,
    other_hosts: Vec<String>,
}

impl Address {
    pub(super) fn new(base: Url, other_hosts: Vec<String>) -> Self {
        Self { base, other_hosts }
    }

    /// The address of a request. Each path segment stays one segment, each query value one value.
    pub(super) fn of(&self, request: &Request) -> Result<Url> {
        let mut url = match &request.absolute {
            Some(absolute) => self.listed(absolute)?,
            None => self.base.clone(),
        };
        {
            let mut path = url.path_segments_mut().map_err(|()| Error::internal("the base address has no path"))?;
            // A base address that is all there is stays as it is, slash and all.
            if !request.path.is_empty() {
                path.pop_if_empty();
            }
            for segment in &request.path {
                if segment == "." || segment == ".." || segment.is_empty() {
                    return Err(Error::internal("a path segment would change the path"));
                }
                path.push(segment);
            }
            if request.collection {
                path.push("");
            }
        }
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        Ok(url)
    }

    fn listed(&self, absolute: &str) -> Result<Url> {
        let refused = || Error::internal("the adapter named an address outside its configuration");
        let url = Url::parse(absolute).map_err(|_| refused())?;
        let host = url.host_str().ok_or_else(refused)?;
        let same_place =
            url.host_str() == self.base.host_str() && url.port_or_known_default() == self.base.port_or_known_default();
        let listed = self.other_hosts.iter().any(|it| it.eq_ignore_ascii_case(host));
        let plain = url.username().is_empty() && url.password().is_none();
        if url.scheme() == self.base.scheme() && plain && (same_place || listed) { Ok(url) } else { Err(refused()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> Address {
        Address::new(Url::parse("https://msp.example/api").expect("a url"), vec!["auth.example".into()])
    }

    #[test]
    fn b15_a_segment_stays_one_segment_and_a_value_one_value() {
        let request = Request::get(&["Tickets", "1?x=/%2f#"]).query("search", "a&client_id=2\r\nX: y");
        let url = address().of(&request).expect("an address");
        assert_eq!(
            url.as_str(),
            "https://msp.example/api/Tickets/1%3Fx=%2F%252f%23?search=a%26client_id%3D2%0D%0AX%3A+y"
        );
        for dots in ["..", ".", ""] {
            assert!(address().of(&Request::get(&["Tickets", dots])).is_err());
        }
    }

    #[test]
    fn a_collections_address_ends_with_one_slash() {
        let of = |path: &[&str]| address().of(&Request::get(path).collection()).expect("an address");
        assert_eq!(of(&["acme"]).as_str(), "https://msp.example/api/acme/");
        assert_eq!(of(&[]).as_str(), "https://msp.example/api/");
    }

    #[test]
    fn only_the_base_and_listed_hosts_are_talked_to() {
        let to = |absolute: &str| {
            let mut request = Request::get(&[]);
            request.absolute = Some(absolute.to_owned());
            address().of(&request)
        };
        assert!(to("https://msp.example/auth/token").is_ok());
        assert!(to("https://auth.example/token").is_ok());
        for bad in [
            "http://auth.example/token",
            "https://evil.example/",
            "https://msp.example:444/",
            "https://a@auth.example/",
            "nonsense",
        ] {
            assert!(to(bad).is_err(), "{bad}");
        }
    }
}
