//! A person at a browser, and the client that they connect: every request that a sign-in takes.

use super::seed::PASSWORD;
use crate::Failure;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Where the client is answered; nobody listens there.
const CALLBACK: &str = "http://127.0.0.1:9/callback";

/// A person.
#[derive(Clone)]
pub(crate) struct Person {
    http: reqwest::Client,
    origin: String,
    email: String,
    cookies: BTreeMap<String, String>,
}

/// A page, or where it leads.
struct Page {
    status: u16,
    location: String,
    text: String,
}

impl Page {
    /// A hidden field.
    fn field(&self, name: &str) -> Result<String, Failure> {
        let found = self.text.split(&format!("name=\"{name}\"")).nth(1).and_then(|it| it.split("value=\"").nth(1));
        let value = found.and_then(|it| it.split('"').next());
        value
            .map(str::to_owned)
            .ok_or_else(|| format!("no field `{name}` in an answer of {}: {}", self.status, self.text).into())
    }

    /// Where the page's form goes.
    fn action(&self) -> Result<String, Failure> {
        let found = self.text.split("action=\"").nth(1).and_then(|it| it.split('"').next());
        found.map(str::to_owned).ok_or_else(|| format!("no form in an answer of {}", self.status).into())
    }
}

impl Person {
    pub(crate) fn new(address: SocketAddr, email: &str) -> Result<Self, Failure> {
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { http, origin: format!("http://{address}"), email: email.to_owned(), cookies: BTreeMap::new() })
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Result<Page, Failure> {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header("cookie", cookies.join("; ")).header("origin", &self.origin).send().await?;
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let location = answer.headers().get("location").map(|it| it.to_str().map(str::to_owned)).transpose()?;
        Ok(Page {
            status: answer.status().as_u16(),
            location: location.unwrap_or_default(),
            text: answer.text().await?,
        })
    }

    async fn get(&mut self, path: &str) -> Result<Page, Failure> {
        self.send(self.http.get(format!("{}{path}", self.origin))).await
    }

    async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Result<Page, Failure> {
        self.send(self.http.post(format!("{}{path}", self.origin)).form(form)).await
    }

    /// Looks at a page of their own.
    pub(crate) async fn looks(&mut self, path: &str) -> Result<(), Failure> {
        let page = self.get(path).await?;
        if page.status == 200 { Ok(()) } else { Err(format!("`{path}` is answered {}", page.status).into()) }
    }

    /// The secret of their own forms, from a page that has one.
    pub(crate) async fn secret(&mut self, path: &str) -> Result<String, Failure> {
        self.get(path).await?.field("csrf")
    }

    /// Says yes on a page of approvals.
    pub(crate) async fn approves(&mut self, path: &str, csrf: &str) -> Result<(), Failure> {
        let page = self.post(path, &[("csrf", csrf), ("decision", "approve"), ("reason", "load")]).await?;
        if page.status == 200 { Ok(()) } else { Err(format!("a yes at `{path}` is answered {}", page.status).into()) }
    }

    /// Registers a client, signs in for it, allows everything, and redeems the code: an access token.
    pub(crate) async fn connects(&mut self) -> Result<String, Failure> {
        let metadata =
            json!({"client_name": "Load", "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"});
        let registered = self.http.post(format!("{}/register", self.origin)).json(&metadata).send().await?;
        let registered: Value = registered.json().await?;
        let client = registered.get("client_id").and_then(Value::as_str).ok_or("no client was registered")?.to_owned();
        let verifier = B64.encode(digest(&SHA256, client.as_bytes()));
        let challenge = B64.encode(digest(&SHA256, verifier.as_bytes()));
        let resource = format!("{}/mcp", self.origin);
        let asked = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("response_type", "code"),
                ("client_id", &client),
                ("redirect_uri", CALLBACK),
                ("code_challenge", &challenge),
                ("code_challenge_method", "S256"),
                ("resource", &resource),
                ("state", "load"),
            ])
            .finish();
        let page = self.get(&format!("/authorize?{asked}")).await?;
        let (flow, csrf) = (page.field("flow")?, page.field("csrf")?);
        let onward = self.post("/authorize/sign-in", &[("flow", &flow), ("csrf", &csrf)]).await?;
        let page = self.get(&onward.location).await?;
        let (csrf, to, email) =
            (page.field("csrf")?, page.field("return_to")?.replace("&#38;", "&"), self.email.clone());
        let page = self.post("/sign-in", &[("csrf", &csrf), ("return_to", &to), ("email", &email)]).await?;
        let (csrf, action) = (page.field("csrf")?, page.action()?);
        let fields = [("csrf", &*csrf), ("return_to", &to), ("email", &email), ("password", PASSWORD)];
        let page = self.post(&action, &fields).await?;
        if page.status != 200 {
            return Err(format!("the password of {email} is answered {}", page.status).into());
        }
        let page = self.get(&format!("/authorize/continue?flow={flow}")).await?;
        let csrf = page.field("csrf")?;
        let form = [
            ("flow", &*flow),
            ("csrf", &csrf),
            ("decision", "allow"),
            ("scope", "support.read"),
            ("scope", "support.write"),
        ];
        let answer = self.post("/authorize/consent", &form).await?;
        let (_, query) = answer.location.split_once('?').ok_or("the consent leads nowhere")?;
        let code = url::form_urlencoded::parse(query.as_bytes()).find(|it| it.0 == "code").ok_or("there is no code")?.1;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &*code),
            ("client_id", &client),
            ("redirect_uri", CALLBACK),
            ("code_verifier", &verifier),
            ("resource", &resource),
        ];
        let tokens: Value = self.http.post(format!("{}/token", self.origin)).form(&form).send().await?.json().await?;
        let token = tokens.get("access_token").and_then(Value::as_str);
        token.map(str::to_owned).ok_or_else(|| format!("no token: {tokens}").into())
    }
}
