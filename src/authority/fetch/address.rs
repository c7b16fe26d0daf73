//! Which addresses a stranger may make us talk to.
//!
//! **Invariant:** what is not known to be a public address is none. Names are judged here by their spelling; what they resolve to
//! is judged by [`is_public`] when the connection is made.

use crate::edge::peer::Network;
use std::net::IpAddr;
use std::sync::LazyLock;
use url::{Host, Url};

/// No address of a document is longer.
const LIMIT: usize = 512;

/// Of IPv4, everything that is not somebody's public address (IANA's registry of special-purpose addresses).
static SPECIAL: LazyLock<Vec<Network>> = LazyLock::new(|| {
    let networks = [
        "0.0.0.0/8",       // this network
        "10.0.0.0/8",      // private
        "100.64.0.0/10",   // shared by a provider's customers
        "127.0.0.0/8",     // this machine
        "169.254.0.0/16",  // this link; clouds keep their metadata here
        "172.16.0.0/12",   // private
        "192.0.0.0/24",    // protocols
        "192.0.2.0/24",    // documentation
        "192.88.99.0/24",  // relays to IPv6
        "192.168.0.0/16",  // private
        "198.18.0.0/15",   // benchmarks
        "198.51.100.0/24", // documentation
        "203.0.113.0/24",  // documentation
        "224.0.0.0/4",     // multicast
        "240.0.0.0/4",     // reserved, and broadcast
    ];
    networks.into_iter().filter_map(Network::parse).collect()
});

/// Of IPv6, all that was given out as public addresses.
static GIVEN_OUT: LazyLock<Option<Network>> = LazyLock::new(|| Network::parse("2000::/3"));

/// Parts of it that are not somebody's own, or in which an address of IPv4 hides.
static WITHIN: LazyLock<Vec<Network>> = LazyLock::new(|| {
    let networks = [
        "2001::/23",     // protocols, Teredo among them
        "2001:db8::/32", // documentation
        "2002::/16",     // 6to4
        "3fff::/20",     // documentation
    ];
    networks.into_iter().filter_map(Network::parse).collect()
});

/// Whether an address is somebody's on the public internet.
pub fn is_public(address: IpAddr) -> bool {
    let in_one_of = |networks: &[Network]| networks.iter().any(|it| it.contains(address));
    match address {
        IpAddr::V4(_) => !in_one_of(&SPECIAL),
        // Mapped, translated and local forms are all outside what was given out.
        IpAddr::V6(_) => GIVEN_OUT.is_some_and(|it| it.contains(address)) && !in_one_of(&WITHIN),
    }
}

/// The address of a document: https at a host's name and the usual port, spelt in its one way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DocumentUrl(Url);

impl DocumentUrl {
    /// A client's id that is the address of its description: with a path, and without query.
    pub fn client_id(text: &str) -> Option<Self> {
        Self::parse(text).filter(|it| it.0.query().is_none())
    }

    /// The address of a key set.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LIMIT || !text.bytes().all(|it| it.is_ascii_graphic()) {
            return None;
        }
        let url = Url::parse(text).ok()?;
        let named = matches!(url.host()?, Host::Domain(name) if name.contains('.') && !name.ends_with('.'));
        let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        // Written otherwise than it is read: dot segments, an encoded or upper-case host, the port said although it is the usual.
        let one_way = url.as_str() == text;
        let right = url.scheme() == "https" && url.port().is_none() && url.path() != "/";
        (named && plain && one_way && right).then_some(Self(url))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The host's name.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    pub(super) fn url(&self) -> &Url {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s01_what_is_not_a_public_address_is_none_in_any_form() {
        for bad in [
            "0.0.0.0",
            "0.255.0.1",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::7f00:1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "4000::1",
        ] {
            assert!(!is_public(bad.parse().unwrap()), "{bad}");
        }
        for good in ["1.1.1.1", "8.8.8.8", "100.128.0.1", "172.32.0.1", "160.79.104.10", "2606:4700::1111", "2a00::1"] {
            assert!(is_public(good.parse().unwrap()), "{good}");
        }
    }

    #[test]
    fn s02_s06_a_document_is_at_a_name_over_https_at_the_usual_port_spelt_in_one_way() {
        for good in
            ["https://claude.ai/oauth/claude-code-client-metadata", "https://a.example/c.json", "https://a.example/d/"]
        {
            assert!(DocumentUrl::client_id(good).is_some(), "{good}");
        }
        assert!(DocumentUrl::parse("https://a.example/keys?v=1").is_some());
        for bad in [
            "http://a.example/c",
            "https://a.example",
            "https://a.example/",
            "https://a.example/c?x=1",
            "https://a.example/c#x",
            "https://a.example/c#",
            "https://u@a.example/c",
            "https://u:p@a.example/c",
            "https://@a.example/c",
            "https://a.example/../c",
            "https://a.example/./c",
            "https://a.example/d/%2e%2e/c",
            "https://a.example/d/..",
            "https://A.example/c",
            "https://a.example:443/c",
            "https://a.example:8443/c",
            "https://a.example./c",
            "https://localhost/c",
            "https://intranet/c",
            "https://127.0.0.1/c",
            "https://0x7f.1/c",
            "https://0177.0.0.1/c",
            "https://2130706433/c",
            "https://127.1/c",
            "https://127.0.0.1./c",
            "https://[::1]/c",
            "https://[::ffff:10.0.0.1]/c",
            "https://a\u{3002}example/c",
            "https://a%2eexample/c",
            "https:a.example/c",
            "https://a.example\\c",
            "https://a.example/ c",
            "ftp://a.example/c",
            "",
        ] {
            assert!(DocumentUrl::client_id(bad).is_none(), "{bad}");
        }
        assert!(DocumentUrl::client_id(&format!("https://a.example/{}", "x".repeat(LIMIT))).is_none());
    }
}
