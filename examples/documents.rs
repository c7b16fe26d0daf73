//! Serves the demo to clients that are known by their published description, without the internet: the descriptions of two stock
//! clients are pinned here as their makers publish them. For the wide tests. On the loopback interface alone.
//!
//! `cargo run --example documents --features conformance -- ADDRESS DIR`

use async_trait::async_trait;
use bytes::Bytes;
use postern::app::{App, Instead};
use postern::authority::fetch::address::DocumentUrl;
use postern::authority::fetch::wire::{Fetched, Lost, Wire};
use postern::demo::Demo;
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;

type Failed = Box<dyn std::error::Error>;

/// The descriptions, and nothing else.
#[derive(Debug)]
struct Pinned(Vec<(&'static str, Value)>);

impl Pinned {
    fn new() -> Self {
        let of = |id: &'static str, name: &str, redirects: &[&str]| {
            let document = json!({
                "client_id": id, "client_name": name, "redirect_uris": redirects, "token_endpoint_auth_method": "none",
                "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
            });
            (id, document)
        };
        let claude = "https://claude.ai/oauth/claude-code-client-metadata";
        let codex = "https://chatgpt.com/oauth/codex/client.json";
        Self(vec![
            of(claude, "Claude Code", &["http://localhost/callback", "http://127.0.0.1/callback"]),
            of(codex, "Codex", &["http://localhost/callback", "http://127.0.0.1/callback"]),
        ])
    }
}

#[async_trait]
impl Wire for Pinned {
    async fn fetch(&self, address: &DocumentUrl, _most: usize) -> Result<Fetched, Lost> {
        let found = self.0.iter().find(|it| it.0 == address.as_str()).ok_or(Lost::Final("status"))?;
        eprintln!("a description was asked for: {}", found.0);
        Ok(Fetched { body: Bytes::from(found.1.to_string()), max_age: None })
    }
}

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: documents ADDRESS DIR";
    let listen: SocketAddr = arguments.next().ok_or(usage)?.parse()?;
    let dir = PathBuf::from(arguments.next().ok_or(usage)?);
    if !listen.ip().is_loopback() {
        return Err("it listens on a loopback address alone".into());
    }
    let listener = TcpListener::bind(listen).await?;
    let listen = listener.local_addr()?;
    let demo = Demo::at(listen, &dir);
    let mut config = demo.prepare(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    // No client registers itself: one that is connected is known by its description.
    (config.authority.client_documents.enabled, config.authority.registration) = (true, false);
    let instead = Instead { documents: Some(Arc::new(Pinned::new())), ..Instead::default() };
    let routes = demo.routes()?;
    let app = App::build_with(config, listen, instead, |_| routes)?;
    println!("Sign in with an account of the demo and the password {}", demo.password()?);
    app.serve(listener).await?;
    Ok(())
}
