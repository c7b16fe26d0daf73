//! Serves the conformance fixtures, without authentication and therefore on the loopback interface alone.
//!
//! `cargo run --example conformance --features conformance -- 7801`

use axum::Router;
use axum::extract::Request;
use axum::serve::ListenerExt;
use postern::caller::{Caller, Principal};
use postern::mcp::{McpConfig, conformance};
use postern_api::TenantId;
use postern_policies::Realm;
use std::net::Ipv4Addr;
use std::sync::Arc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).ok_or("usage: conformance PORT")?.parse()?;
    let mut config = McpConfig::new(&[0; 32])?;
    config.allowed_hosts = vec!["127.0.0.1".into(), "localhost".into()];
    config.allowed_origins = vec!["http://127.0.0.1:*".into(), "http://localhost:*".into()];
    config.max_sessions_each = config.max_sessions;
    let caller = Arc::new(Caller {
        principal: Principal { issuer: "https://conformance.example".into(), subject: "suite".into() },
        realm: Realm::Employee,
        tenant: TenantId::new("conformance")?,
        organisation: None,
        assigned: None,
        roles: Arc::default(),
        service: false,
        scopes: None,
        client: None,
        name: None,
        email: None,
        expires_at: i64::MAX,
        rests: Default::default(),
    });
    let known = move |mut request: Request| {
        request.extensions_mut().insert(caller.clone());
        request
    };
    let app = Router::new()
        .route_service("/mcp", conformance::service(config))
        .layer(axum::middleware::map_request(move |request: Request| std::future::ready(known(request))));
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("http://{}/mcp", listener.local_addr()?);
    axum::serve(listener.tap_io(|stream| drop(stream.set_nodelay(true))), app).await?;
    Ok(())
}
