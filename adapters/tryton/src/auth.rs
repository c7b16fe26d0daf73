//! How Postern proves who it is: a session, which Tryton ends when it likes and which is then asked for anew.

use crate::config::Config;
use crate::error;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postern_api::http::{Authenticator, Credential, ExposeSecret, Http, Request, SecretString, StatusCode, header};
use postern_api::{CallCx, Error, Result};
use serde_json::{Value, json};
use std::sync::Arc;

/// Signs in to one database.
pub fn authenticator(config: &Config) -> Arc<dyn Authenticator> {
    Arc::new(Session { username: config.username.clone(), password: config.password.clone() })
}

#[derive(Debug)]
struct Session {
    username: String,
    password: SecretString,
}

#[postern_api::async_trait]
impl Authenticator for Session {
    async fn credential(&self, cx: &CallCx, http: &dyn Http) -> Result<Credential> {
        let params = json!([self.username, { "password": self.password.expose_secret() }]);
        let call = json!({ "id": 1, "method": "common.db.login", "params": params });
        let response = http.send(cx, Request::post(&[]).reading().json(&call)?).await?;
        if matches!(response.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Err(error::stranger());
        }
        // No session: the password is wrong, or more is asked for than a program can give.
        let Value::Array(parts) = error::result(&response)? else { return Err(error::stranger()) };
        let (number, key) = (parts.first().and_then(Value::as_i64), parts.get(1).and_then(Value::as_str));
        let (Some(number), Some(key)) = (number, key.filter(|it| !it.is_empty() && it.is_ascii())) else {
            return Err(Error::bad_reply("a session without a key"));
        };
        let session = STANDARD.encode(format!("{}:{number}:{key}", self.username));
        Ok(Credential { name: header::AUTHORIZATION, value: format!("Session {session}").into(), expires_in: None })
    }
}
