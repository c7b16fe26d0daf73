//! How Postern signs in: with a token, or with a name and a password.

use crate::config::Config;
use base64::Engine as _;
use postern_api::http::{Authenticator, Credential, ExposeSecret, Http, SecretString, header};
use postern_api::{CallCx, Error, ErrorKind, Result, async_trait};
use std::sync::Arc;

#[derive(Debug)]
struct Fixed(Option<SecretString>);

/// Gets the `authorization` header of a configuration. It holds until Request Tracker answers 401.
pub fn authenticator(config: &Config) -> Arc<dyn Authenticator> {
    let value = match (&config.token, &config.password) {
        (Some(token), _) => Some(format!("token {}", token.expose_secret())),
        (None, Some(password)) => {
            let pair = format!("{}:{}", config.username, password.expose_secret());
            Some(format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)))
        }
        (None, None) => None,
    };
    Arc::new(Fixed(value.map(SecretString::from)))
}

#[async_trait]
impl Authenticator for Fixed {
    async fn credential(&self, _cx: &CallCx, _http: &dyn Http) -> Result<Credential> {
        let value = self.0.clone().ok_or_else(|| {
            Error::new(ErrorKind::Unauthenticated, "no credential is configured for the connected system")
        })?;
        Ok(Credential { name: header::AUTHORIZATION, value, expires_in: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_api::Reach;
    use postern_api::http::{Request, Response};
    use std::time::Duration;

    #[derive(Debug)]
    struct NoHttp;
    #[async_trait]
    impl Http for NoHttp {
        async fn send(&self, _: &CallCx, _: Request) -> Result<Response> {
            Err(Error::internal("not to be called"))
        }
    }

    #[tokio::test]
    async fn l03_a_token_wins_over_a_password_and_neither_is_printed() {
        for (token, header) in [(None, "Basic cG9zdGVybjpodW50ZXIy"), (Some("1-14-abc"), "token 1-14-abc")] {
            let config = Config {
                password: Some(SecretString::from("hunter2")),
                token: token.map(SecretString::from),
                ..Config::new("https://rt.example", "postern")
            };
            let text = format!("{config:?} {:?}", authenticator(&config));
            assert!(!text.contains("hunter2") && !text.contains("1-14-abc"), "{text}");
            let cx = CallCx::new(Reach::Tenant, Duration::from_secs(1));
            let credential = authenticator(&config).credential(&cx, &NoHttp).await.expect("a credential");
            assert_eq!(credential.value.expose_secret(), header);
        }
    }

    #[tokio::test]
    async fn without_a_credential_nothing_is_sent() {
        let cx = CallCx::new(Reach::Tenant, Duration::from_secs(1));
        let bare = authenticator(&Config::new("https://rt.example", "postern"));
        let error = bare.credential(&cx, &NoHttp).await.expect_err("no credential");
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    }
}
