//! Redirect addresses: which may be registered, and which of those a request means.
//!
//! **Invariant:** compared letter by letter; the one freedom is the port of `http` on this machine (RFC 8252 section 7.3).

use url::{Host, Url};

/// Schemes that run something, or show something as ours.
const NEVER: [&str; 14] = [
    "javascript",
    "data",
    "file",
    "vbscript",
    "blob",
    "about",
    "ftp",
    "ws",
    "wss",
    "view-source",
    "filesystem",
    "mailto",
    "tel",
    "intent",
];
const LIMIT: usize = 2_048;

/// What kind of address it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// `https` at a host.
    Web(String),
    /// `http` on this machine.
    Loopback,
    /// An application's own scheme.
    App(String),
}

/// An address that may be registered.
pub(super) fn registrable(text: &str) -> Option<Target> {
    let plain = text.bytes().all(|it| it.is_ascii_graphic()) && !text.contains(['\\', '#', '*']);
    if text.len() > LIMIT || !plain {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    let path = lower.split('?').next().unwrap_or_default();
    if path.contains("%2e")
        || path.contains("%2f")
        || path.contains("%5c")
        || path.split('/').any(|it| it == "." || it == "..")
    {
        return None;
    }
    let url = Url::parse(text).ok()?;
    if !url.username().is_empty()
        || url.password().is_some()
        || text.split('/').nth(2).is_some_and(|it| it.contains('@'))
    {
        return None;
    }
    match url.scheme() {
        "https" => Some(Target::Web(url.host_str()?.to_owned())),
        "http" => match url.host()? {
            Host::Ipv4(ip) if ip.octets() == [127, 0, 0, 1] => Some(Target::Loopback),
            Host::Ipv6(ip) if ip.is_loopback() => Some(Target::Loopback),
            Host::Domain("localhost") => Some(Target::Loopback),
            Host::Domain(_) | Host::Ipv4(_) | Host::Ipv6(_) => None,
        },
        scheme if NEVER.contains(&scheme) => None,
        scheme => Some(Target::App(scheme.to_owned())),
    }
}

/// The registered address that a request means.
pub(super) fn matches(registered: &str, asked: &str) -> bool {
    if registered == asked {
        return true;
    }
    match (loopback(registered), loopback(asked)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

/// An `http` address on this machine as written, without its port.
fn loopback(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("http://")?;
    registrable(text).filter(|it| *it == Target::Loopback)?;
    let (authority, path) = match rest.find(['/', '?']) {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        let port = authority.strip_prefix(host);
        if port.is_some_and(|it| {
            it.is_empty() || it.strip_prefix(':').is_some_and(|it| it.bytes().all(|b| b.is_ascii_digit()))
        }) {
            return Some((host, path));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o01_an_address_matches_to_the_letter_but_for_a_loopback_port() {
        let registered = "https://client.example/cb";
        assert!(matches(registered, registered));
        for bad in [
            "https://client.example/cb/",
            "https://client.example/cb?x=1",
            "https://client.example/cb/../x",
            "https://client.example/%63b",
            "https://client.example@evil.example/cb",
            "https://Client.example/cb",
            "https://client.example/cb#x",
            "https://a.client.example/cb",
            "http://client.example/cb",
            "https://client.example:444/cb",
            "https://client.example/CB",
            "https://client.example/cb%2e",
        ] {
            assert!(!matches(registered, bad), "{bad}");
        }
        for (one, other) in [
            ("http://localhost/callback", "http://localhost:53123/callback"),
            ("http://127.0.0.1:33418/", "http://127.0.0.1:1/"),
            ("http://[::1]/cb", "http://[::1]:9/cb"),
        ] {
            assert!(matches(one, other), "{other}");
        }
        for (one, other) in [
            ("http://localhost/callback", "http://localhost:1/other"),
            ("http://localhost/callback", "http://127.0.0.1:1/callback"),
            ("http://localhost/callback", "https://localhost:1/callback"),
            ("http://localhost/callback", "http://localhost:1@evil.example/callback"),
            ("http://localhost/callback", "http://localhost.evil.example/callback"),
            ("http://localhost/callback", "http://localhost:1/callback?x"),
            ("https://localhost/callback", "https://localhost:1/callback"),
        ] {
            assert!(!matches(one, other), "{other}");
        }
    }

    #[test]
    fn o02_an_address_that_runs_something_cannot_be_registered() {
        for good in [
            "https://claude.ai/api/mcp/auth_callback",
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "http://localhost:8787/callback",
            "http://127.0.0.1/",
            "com.example.app:/oauth",
        ] {
            assert!(registrable(good).is_some(), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "JavaScript:x",
            "http://client.example/cb",
            "https://u@client.example/",
            "https://client.example/#x",
            "https://client.example/a/../b",
            "https://*.example/cb",
            "https://client.example/%2e%2e/x",
            "http://127.0.0.2/",
            "http://0x7f.1/\\",
            "vbscript:x",
            "",
            "nonsense",
        ] {
            assert!(registrable(bad).is_none(), "{bad}");
        }
    }
}
