//! Where a database lives. **Invariant:** the vendor's answer chooses among the configured hosts and adds none: scheme, host
//! and path are compared before anything is sent there.

use crate::account::{Account, Budgets};
use crate::config::{Config, is_here};
use crate::wire::Num;
use postern_api::{Error, ErrorKind, Result};
use serde::Deserialize;
use std::sync::Arc;
use url::Url;

/// The vendor's answer about a zone. Its web address is not read.
#[derive(Debug, Deserialize)]
pub(crate) struct Found {
    pub(crate) url: String,
    /// The database's number.
    #[serde(default)]
    pub(crate) ci: Num,
}

/// A zone that may be talked to.
#[derive(Debug)]
pub(crate) struct Zone {
    /// Below it are the entities.
    pub(crate) base: Url,
    pub(crate) account: Arc<Account>,
}

impl Zone {
    /// The zone in an answer, if it is one of the configured.
    pub(crate) fn pinned(found: &Found, config: &Config, budgets: &Budgets) -> Result<Self> {
        let refused = || {
            let message = "the connected system moved to a zone that is not configured; ask an administrator to check `zone_hosts`";
            Error::new(ErrorKind::Unavailable, message)
        };
        let url = Url::parse(&found.url).map_err(|_| refused())?;
        let lookup = Url::parse(&config.lookup_url).map_err(|e| Error::internal("lookup address").because(e))?;
        let host = url.host_str().ok_or_else(refused)?;
        let known = config.zone_hosts.iter().any(|it| it == host) && url.scheme() == lookup.scheme();
        // The vendor listens on the usual port; a simulator wherever it was started.
        let port = url.port() == if is_here(host) { lookup.port() } else { None };
        let bare =
            url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
        let path = url.path().trim_matches('/').eq_ignore_ascii_case("atservicesrest");
        if !(known && port && bare && path) {
            return Err(refused());
        }
        let mut base = url.clone();
        base.set_path("/atservicesrest/v1.0");
        let database = match found.ci.id() {
            Some(number) => format!("{host}/{number}"),
            // Without a number: whoever signs in with this name.
            None => format!("{host}/{}", config.username.to_lowercase()),
        };
        Ok(Self { base, account: budgets.account(&database) })
    }

    /// The paging value of a `nextPageUrl`, if it leads to the same query of the same zone. Nothing else of it is used.
    pub(crate) fn next(&self, next: &str, entity: &str) -> Result<String> {
        let elsewhere = || Error::bad_reply("the next page is at another address");
        let url = Url::parse(next).map_err(|_| elsewhere())?;
        let place = |it: &Url| (it.scheme().to_owned(), it.host_str().map(str::to_owned), it.port());
        let bare = url.username().is_empty() && url.password().is_none();
        let path = format!("{}/{entity}/query/next", self.base.path());
        if place(&url) != place(&self.base) || !bare || !url.path().eq_ignore_ascii_case(&path) {
            return Err(elsewhere());
        }
        let mut pairs = url.query_pairs();
        match (pairs.next(), pairs.next()) {
            (Some((name, value)), None) if name.eq_ignore_ascii_case("paging") => Ok(value.into_owned()),
            (Some(_) | None, _) => Err(elsewhere()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config::new("api@msp.example", "CODE", String::new().into(), vec!["webservices5.autotask.net".into()])
    }

    fn pinned(url: &str) -> Result<Zone> {
        Zone::pinned(&Found { url: url.into(), ci: Num(Some(7)) }, &config(), &Budgets::default())
    }

    #[test]
    fn a_zone_is_one_of_the_configured_hosts_or_none() {
        for good in [
            "https://webservices5.autotask.net/atservicesrest/",
            "https://webservices5.autotask.net/ATServicesRest",
            "https://webservices5.autotask.net:443/atservicesrest/",
        ] {
            let zone = pinned(good).expect("a zone");
            assert_eq!(zone.base.as_str(), "https://webservices5.autotask.net/atservicesrest/v1.0");
        }
        for bad in [
            "http://webservices5.autotask.net/atservicesrest/",
            "https://webservices6.autotask.net/atservicesrest/",
            "https://webservices5.autotask.net.evil.example/atservicesrest/",
            "https://webservices5.autotask.net@evil.example/atservicesrest/",
            "https://x:y@webservices5.autotask.net/atservicesrest/",
            "https://webservices5.autotask.net:8443/atservicesrest/",
            "https://webservices5.autotask.net/atservicesrest/../admin",
            "https://webservices5.autotask.net/atservicesrest/?next=https://evil.example",
            "//webservices5.autotask.net/atservicesrest/",
            "",
        ] {
            assert_eq!(pinned(bad).expect_err(bad).kind(), ErrorKind::Unavailable, "{bad}");
        }
    }

    #[test]
    fn a_next_page_is_the_same_query_of_the_same_zone() {
        let zone = pinned("https://webservices5.autotask.net/atservicesrest/").expect("a zone");
        let next = "https://webservices5.autotask.net/atservicesrest/V1.0/Tickets/query/next?paging=%7B%22pageSize%22%3A500%7D";
        assert_eq!(zone.next(next, "Tickets").expect("a page"), "{\"pageSize\":500}");
        for bad in [
            "https://evil.example/atservicesrest/v1.0/Tickets/query/next?paging=1",
            "https://webservices6.autotask.net/atservicesrest/v1.0/Tickets/query/next?paging=1",
            "http://webservices5.autotask.net/atservicesrest/v1.0/Tickets/query/next?paging=1",
            "https://webservices5.autotask.net:444/atservicesrest/v1.0/Tickets/query/next?paging=1",
            "https://webservices5.autotask.net/atservicesrest/v1.0/Contacts/query/next?paging=1",
            "https://webservices5.autotask.net/atservicesrest/v1.0/Tickets/query/next?paging=1&search=2",
            "https://webservices5.autotask.net/atservicesrest/v1.0/Tickets/query/next",
            "/atservicesrest/v1.0/Tickets/query/next?paging=1",
        ] {
            assert_eq!(zone.next(bad, "Tickets").expect_err(bad).kind(), ErrorKind::BadReply, "{bad}");
        }
    }
}
