//! Cookies of ours: for one host, out of reach of scripts, not sent along by other sites' forms.

use http::{HeaderMap, HeaderValue, header};

/// How cookies are named and marked at one origin.
#[derive(Debug, Clone, Copy)]
pub struct Cookies {
    https: bool,
}

impl Cookies {
    /// For an origin; over plain http, which is for this machine alone, browsers refuse `__Host-` and `Secure`.
    pub fn new(https: bool) -> Self {
        Self { https }
    }

    fn name(self, name: &str) -> String {
        format!("{}postern_{name}", if self.https { "__Host-" } else { "" })
    }

    /// A cookie's value, where it was sent once.
    pub fn read<'a>(self, headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
        let name = self.name(name);
        let sent = headers.get_all(header::COOKIE).iter().filter_map(|it| it.to_str().ok());
        let mut found =
            sent.flat_map(|it| it.split(';')).filter_map(|it| it.trim().split_once('=')).filter(|it| it.0 == name);
        let value = found.next()?.1;
        found.next().is_none().then_some(value)
    }

    /// The names of cookies of ours that begin so, without what all begin with.
    pub fn beginning(self, headers: &HeaderMap, name: &str) -> Vec<String> {
        let (ours, whole) = (self.name(""), self.name(name));
        let sent = headers.get_all(header::COOKIE).iter().filter_map(|it| it.to_str().ok());
        let names = sent.flat_map(|it| it.split(';')).filter_map(|it| it.trim().split_once('=')).map(|it| it.0);
        names.filter(|it| it.starts_with(&whole)).filter_map(|it| it.strip_prefix(&ours)).map(str::to_owned).collect()
    }

    /// Sets a cookie; `None` takes it away. Without a time it lasts as long as the browser.
    pub fn set(self, name: &str, value: Option<&str>, secs: Option<i64>) -> Option<HeaderValue> {
        let secs = if value.is_none() { Some(0) } else { secs };
        let age = secs.map(|it| format!("; Max-Age={it}")).unwrap_or_default();
        let secure = if self.https { "; Secure" } else { "" };
        let (name, value) = (self.name(name), value.unwrap_or_default());
        HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}")).ok()
    }
}

/// A path of ours to come back to; anything else is `home`. One slash at the beginning, nothing that a browser reads otherwise.
pub fn own_path(path: &str, home: &str) -> String {
    let ours = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
    let plain = path.len() <= 2_000 && path.bytes().all(|it| it.is_ascii_graphic());
    if ours && plain { path.to_owned() } else { home.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o30_a_session_cookie_is_for_this_host_alone_and_for_no_script() {
        let set = Cookies::new(true).set("session", Some("x"), None).expect("a cookie");
        assert_eq!(set, "__Host-postern_session=x; Path=/; HttpOnly; SameSite=Lax; Secure");
        let set = Cookies::new(false).set("session", None, None).expect("a cookie");
        assert_eq!(set, "postern_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("a=b; __Host-postern_session=x; postern_session=y"));
        assert_eq!(Cookies::new(true).read(&headers, "session"), Some("x"));
        headers.append(header::COOKIE, HeaderValue::from_static("__Host-postern_session=z"));
        assert_eq!(Cookies::new(true).read(&headers, "session"), None, "sent twice");
    }

    #[test]
    fn o29_only_a_path_of_ours_is_come_back_to() {
        for good in ["/", "/console", "/authorize?client_id=x&redirect_uri=https%3A%2F%2Fclaude.ai"] {
            assert_eq!(own_path(good, "/home"), good);
        }
        for bad in [
            "",
            "console",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nb",
            "/ä",
            "/\t/evil.example",
        ] {
            assert_eq!(own_path(bad, "/home"), "/home", "{bad}");
        }
    }
}
