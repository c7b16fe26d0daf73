//! Settings > MCP Server: the URL, and how each client is connected to it, ready to be copied.

use super::visitor::{Shell, Visitor, back};
use super::{Console, page};
use askama::Template;
use axum::extract::{OriginalUri, State};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use serde_json::json;
use std::sync::Arc;
use url::Url;

/// One client and what to do in it.
#[derive(Debug)]
pub(super) struct Card {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) says: &'static str,
    pub(super) one_click: Vec<(&'static str, String)>,
    pub(super) steps: Vec<Step>,
    pub(super) remote: bool,
}

/// One thing to do, with what to copy.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) says: String,
    pub(super) code: Option<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "server.html")]
struct Page<'a> {
    shell: Shell,
    visitor: &'a Visitor,
    url: &'a str,
    local: bool,
    cards: Vec<Card>,
}

/// `GET /console`
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let visitor = match console.enter(&headers, &back(&uri)) {
        Ok(visitor) => visitor,
        Err(sign_in) => return sign_in,
    };
    let url = &console.mcp_url;
    let cards = cards(&short_name(&console.server), url);
    let shell = console.shell(&visitor, "MCP Server", "/console");
    page(&Page { shell, visitor: &visitor, url, local: is_local(url), cards })
}

/// Whether only programs on this machine can reach it: a service on the internet cannot.
fn is_local(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| url.scheme() != "https" || url.host_str() == Some("localhost"))
}

/// What clients call this server: lower-case letters, digits and `-`, as all of them take it.
fn short_name(server: &str) -> String {
    let mut name = String::new();
    for letter in server.chars().map(|c| c.to_ascii_lowercase()) {
        if letter.is_ascii_lowercase() || letter.is_ascii_digit() {
            name.push(letter);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    let name: String = name.chars().take(32).collect();
    let name = name.trim_end_matches('-');
    if name.is_empty() { "postern".to_owned() } else { name.to_owned() }
}

fn step(says: impl Into<String>) -> Step {
    Step { says: says.into(), code: None }
}

fn copy(says: impl Into<String>, what: &'static str, code: impl Into<String>) -> Step {
    Step { says: says.into(), code: Some((what, code.into())) }
}

/// A configuration as people write it.
fn pretty(value: &serde_json::Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// A query's value, with everything but plain letters escaped.
fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// The cards. Each client's own words: commands and keys are those of its documentation.
fn cards(name: &str, url: &str) -> Vec<Card> {
    let card = |id, name, says, steps| Card { id, name, says, one_click: Vec::new(), steps, remote: false };
    let cursor = STANDARD.encode(json!({ "url": url }).to_string());
    let code = encoded(&json!({ "name": name, "type": "http", "url": url }).to_string());
    vec![
        card(
            "claude-code",
            "Claude Code",
            "One command in the terminal",
            vec![
                copy(
                    "Run this in your terminal.",
                    "the command",
                    format!("claude mcp add --transport http {name} {url}"),
                ),
                copy(
                    "Sign in. The browser opens. Inside Claude Code, /mcp does the same.",
                    "the sign-in command",
                    format!("claude mcp login {name}"),
                ),
            ],
        ),
        Card {
            remote: true,
            ..card(
                "claude",
                "Claude Desktop and web",
                "As a custom connector",
                vec![
                    step("Open Settings, then Connectors. Choose Add custom connector."),
                    copy("Enter this name.", "the name", name),
                    copy("Enter this URL.", "the URL", url),
                    step("Choose Add, then Connect. Sign in and choose what Claude may do."),
                ],
            )
        },
        Card {
            remote: true,
            ..card(
                "chatgpt",
                "ChatGPT",
                "As a connector",
                vec![
                    step("Open Settings, then Apps & Connectors. Turn on developer mode under Advanced settings."),
                    copy("Choose Create and enter this name.", "the name", name),
                    copy("Enter this URL as the MCP server URL, with OAuth as authentication.", "the URL", url),
                    step("Choose Create. Sign in and choose what ChatGPT may do."),
                ],
            )
        },
        Card {
            one_click: vec![(
                "Add to Cursor",
                format!(
                    "cursor://anysphere.cursor-deeplink/mcp/install?name={}&config={}",
                    encoded(name),
                    encoded(&cursor)
                ),
            )],
            ..card(
                "cursor",
                "Cursor",
                "A button, or a few lines",
                vec![
                    copy(
                        "Use the button, or add this to ~/.cursor/mcp.json.",
                        "the configuration",
                        pretty(&json!({ "mcpServers": { name: { "url": url } } })),
                    ),
                    step("In Cursor's settings, under MCP, choose Connect beside the server and sign in."),
                ],
            )
        },
        Card {
            one_click: vec![
                ("Add to VS Code", format!("vscode:mcp/install?{code}")),
                ("Add to VS Code Insiders", format!("vscode-insiders:mcp/install?{code}")),
            ],
            ..card(
                "vs-code",
                "VS Code",
                "A button, or a few lines",
                vec![
                    copy(
                        "Use a button, or add this to .vscode/mcp.json of your workspace.",
                        "the configuration",
                        pretty(&json!({ "servers": { name: { "type": "http", "url": url } } })),
                    ),
                    step(
                        "Start the server from that file or from MCP: List Servers. Allow it to sign in, and sign in.",
                    ),
                ],
            )
        },
        card(
            "codex",
            "Codex",
            "Two commands in the terminal",
            vec![
                copy(
                    "Run this in your terminal. It opens the browser to sign in.",
                    "the command",
                    format!("codex mcp add {name} --url {url}"),
                ),
                copy("To sign in again later:", "the sign-in command", format!("codex mcp login {name}")),
            ],
        ),
        card(
            "gemini-cli",
            "Gemini CLI",
            "One command in the terminal",
            vec![
                copy(
                    "Run this in your terminal.",
                    "the command",
                    format!("gemini mcp add --scope user --transport http {name} {url}"),
                ),
                copy("Start gemini and sign in with this.", "the sign-in command", format!("/mcp auth {name}")),
            ],
        ),
        card(
            "windsurf",
            "Windsurf",
            "A few lines",
            vec![
                copy(
                    "Add this to ~/.codeium/windsurf/mcp_config.json.",
                    "the configuration",
                    pretty(&json!({ "mcpServers": { name: { "serverUrl": url } } })),
                ),
                step("Choose Refresh in Cascade's MCP panel, and sign in when the browser opens."),
            ],
        ),
        card(
            "other",
            "Any other client",
            "Anything that speaks MCP",
            vec![
                copy(
                    "Give it this URL, with Streamable HTTP as transport. It finds the sign-in by itself (OAuth 2.1).",
                    "the URL",
                    url,
                ),
                copy("For a client that only starts programs:", "the command", format!("npx mcp-remote {url}")),
                copy(
                    "To look around by hand:",
                    "the command",
                    format!("npx @modelcontextprotocol/inspector --cli {url} --transport http --method tools/list"),
                ),
            ],
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_every_client_takes() {
        assert_eq!(short_name("Postern demo"), "postern-demo");
        assert_eq!(short_name("  Müller & Söhne (MSP)  "), "m-ller-s-hne-msp");
        assert_eq!(short_name("東京"), "postern");
        assert_eq!(short_name(&"a b".repeat(40)).len(), 31);
    }

    #[test]
    fn one_click_links_hold_what_the_clients_read() {
        let cards = cards("postern-demo", "https://mcp.example.com/mcp");
        let link = |id: &str| &cards.iter().find(|it| it.id == id).expect("a card").one_click[0].1;
        let cursor = Url::parse(link("cursor")).expect("a URL");
        let of = |key: &str| cursor.query_pairs().find(|(name, _)| name == key).expect("is there").1.into_owned();
        let config = STANDARD.decode(of("config")).expect("base64");
        let config: serde_json::Value = serde_json::from_slice(&config).expect("JSON");
        assert_eq!(config, json!({ "url": "https://mcp.example.com/mcp" }));
        assert_eq!(of("name"), "postern-demo");
        let code = link("vs-code").strip_prefix("vscode:mcp/install?").expect("the link");
        assert!(!code.contains(['"', ' ', '{']));
        let (code, _) = url::form_urlencoded::parse(code.as_bytes()).next().expect("one").clone();
        let code: serde_json::Value = serde_json::from_str(&code).expect("JSON");
        assert_eq!(code, json!({ "name": "postern-demo", "type": "http", "url": "https://mcp.example.com/mcp" }));
    }

    #[test]
    fn a_server_on_this_machine_is_called_that() {
        assert!(is_local("http://127.0.0.1:8080/mcp"));
        assert!(!is_local("https://mcp.example.com/mcp"));
    }
}
