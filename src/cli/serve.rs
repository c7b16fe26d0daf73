//! `postern serve` and `postern demo`: one process that serves until it is stopped.

use super::{Failed, say};
use crate::app::{App, CannotStart};
use crate::config::{Config, TelemetryConfig};
use crate::demo::{ACCOUNTS, Demo, TOKEN_HOURS};
use crate::store::draw_first_random_number;
use crate::telemetry;
use jiff::Timestamp;

use std::net::SocketAddr;
use std::path::Path;

/// Serves what a configuration file describes.
pub(super) fn serve(config: &Path) -> Result<(), Failed> {
    let config = Config::load(config)?;
    let listen = config.server.listen;
    let telemetry = config.telemetry.clone();
    run(&telemetry, listen, |listen| Ok(App::build(config, listen, axum::Router::new())?), |_| Ok(()))
}

/// Serves the demo and says how to use it.
pub(super) fn demo(listen: SocketAddr, data: &Path, operations: SocketAddr) -> Result<(), Failed> {
    if !listen.ip().is_loopback() {
        return Err(
            format!("the demo has no TLS, so it listens on a loopback address alone, not on {}", listen.ip()).into()
        );
    }
    let quiet = TelemetryConfig { log_filter: Some("warn,rmcp=error".into()), ..TelemetryConfig::default() };
    let build = |listen| {
        let demo = Demo::at(listen, data);
        let config = demo.prepare(operations)?;
        let routes = demo.routes()?;
        Ok(App::build(config, listen, routes)?)
    };
    run(&quiet, listen, build, |listen| {
        let demo = Demo::at(listen, data);
        say(&welcome(&demo, &demo.token("lead@acme.example", Timestamp::now())?, &demo.password()?, data))
    })
}

/// What to do about an address that is taken.
const LISTEN_ELSEWHERE: &str = "choose another by `server.listen`, for the demo by `--listen`";

/// Builds and serves; `announce` is called once it listens.
fn run(
    telemetry: &TelemetryConfig,
    listen: SocketAddr,
    build: impl FnOnce(SocketAddr) -> Result<App, Failed>,
    announce: impl FnOnce(SocketAddr) -> Result<(), Failed>,
) -> Result<(), Failed> {
    // Traces are sent from a thread of their own, outside the runtime, and what is left of them after it.
    let _exporting = telemetry::start(telemetry)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.spawn_blocking(draw_first_random_number);
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(listen)
            .await
            .map_err(|e| format!("cannot listen at {listen}: {e}; {LISTEN_ELSEWHERE}"))?;
        let listen = listener.local_addr()?;
        let mut app = build(listen)?;
        app.listen_for_operators().await?;
        announce(listen)?;
        tracing::info!(%listen, "postern listens at {listen}");
        app.serve(listener).await.map_err(|e: CannotStart| e.into())
    })
}

fn welcome(demo: &Demo, token: &str, password: &str, data: &Path) -> String {
    let url = demo.mcp_url();
    // As it was started, so that the lines below can be pasted.
    let program = std::env::args().next().unwrap_or_else(|| "postern".to_owned());
    let command = format!("{program} token");
    let data = if data == Path::new(".postern/demo") { String::new() } else { format!(" --data {}", data.display()) };
    let accounts: String = ACCOUNTS
        .iter()
        .map(|it| {
            format!(
                "  {:<28} {:<9} {:<15} {}\n",
                it.email,
                it.realm,
                it.role,
                it.organisation.unwrap_or("all customers")
            )
        })
        .collect();
    format!(
        r#"Postern serves a demo MSP.

MCP URL   {url}

Accounts  (e-mail, realm, role, organisation)
{accounts}
Sign in   {origin}/sign-in with any of these addresses and the password {password}

A token for any of them, good for {TOKEN_HOURS} hours:
  {command} lead@acme.example{data}

A first call, as the lead contact of Acme:
  curl -s {url} -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \
    -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' -H 'Mcp-Name: customer_list_tickets' \
    -H 'Authorization: Bearer {token}' \
    -d '{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"customer_list_tickets","arguments":{{"limit":3}},"_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{{}}}}}}}}'

A client, for example Claude Code:
  claude mcp add --transport http postern {url} --header "Authorization: Bearer $({command} lead@acme.example{data})"

Stop it with Ctrl-C. What was asked is in the audit:
  {program} audit verify{place}
"#,
        origin = demo.origin,
        place = data.strip_prefix(" --data").unwrap_or_default(),
    )
}
