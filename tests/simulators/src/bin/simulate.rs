//! Runs one vendor's simulator: `simulate halopsa --listen 127.0.0.1:9001`.

use std::io::Write;
use std::process::ExitCode;

const USAGE: &str = "usage: simulate autotask|connectwise|halopsa|hubspot|stripe|syncro [--listen ADDR]";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (system, listen) = match arguments.as_slice() {
        [system] => (*system, "127.0.0.1:0"),
        [system, "--listen", listen] => (*system, *listen),
        _ => ("", ""),
    };
    let ended = match system {
        "autotask" => autotask(listen).await,
        "connectwise" => connectwise(listen).await,
        "halopsa" => halopsa(listen).await,
        "hubspot" => hubspot(listen).await,
        "stripe" => stripe(listen).await,
        "syncro" => syncro(listen).await,
        _ => {
            complain(USAGE);
            return ExitCode::from(2);
        }
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("cannot listen on `{listen}`: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn autotask(listen: &str) -> std::io::Result<()> {
    use postern_simulators::autotask::{INTEGRATION_CODE, SECRET, USERNAME, start_on};
    let running = start_on(listen).await?;
    until_stopped(&format!(
        "lookup_url       {url}/atservicesrest\nzone_hosts       127.0.0.1\nusername         {USERNAME}\n\
         integration_code {INTEGRATION_CODE}\nsecret           {SECRET}\n",
        url = running.url,
    ))
    .await
}

async fn connectwise(listen: &str) -> std::io::Result<()> {
    use postern_simulators::connectwise::{BASE, BOARD, CLIENT_ID, COMPANY, PRIVATE_KEY, PUBLIC_KEY, start_on};
    let running = start_on(listen).await?;
    until_stopped(&format!(
        "base_url    {url}{BASE}\ncompany_id  {COMPANY}\npublic_key  {PUBLIC_KEY}\nprivate_key {PRIVATE_KEY}\n\
         client_id   {CLIENT_ID}\nboard       {BOARD}\n",
        url = running.url,
    ))
    .await
}

async fn halopsa(listen: &str) -> std::io::Result<()> {
    use postern_simulators::halopsa::{CLIENT_ID, CLIENT_SECRET, TENANT, start_on};
    let running = start_on(listen).await?;
    until_stopped(&format!(
        "base_url      {url}/api\ntenant        {TENANT}\nclient_id     {CLIENT_ID}\nclient_secret {CLIENT_SECRET}\n",
        url = running.url,
    ))
    .await
}

async fn hubspot(listen: &str) -> std::io::Result<()> {
    use postern_simulators::hubspot::{ACCOUNT, REFERENCE, TOKEN, WEBHOOK_SECRET, start_on};
    let running = start_on(listen).await?;
    let url = &running.url;
    until_stopped(&format!(
        "base_url           {url}\naccount            {ACCOUNT}\ntoken              {TOKEN}\n\
         reference_property {REFERENCE}\nwebhook_secret     {WEBHOOK_SECRET}\n"
    ))
    .await
}

async fn stripe(listen: &str) -> std::io::Result<()> {
    use postern_simulators::stripe::{ACCOUNT, KEY, WEBHOOK_SECRET, start_on};
    let running = start_on(listen).await?;
    let url = &running.url;
    until_stopped(&format!(
        "base_url       {url}/v1\naccount        {ACCOUNT}\nlive           false\nkey            {KEY}\n\
         webhook_secret {WEBHOOK_SECRET}\n"
    ))
    .await
}

async fn syncro(listen: &str) -> std::io::Result<()> {
    use postern_simulators::syncro::{TOKEN, start_on};
    let running = start_on(listen).await?;
    until_stopped(&format!("base_url {}/api/v1\ntoken    {TOKEN}\n", running.url)).await
}

/// Says how to connect, and waits for the end.
async fn until_stopped(lines: &str) -> std::io::Result<()> {
    std::io::stdout().write_all(lines.as_bytes())?;
    tokio::signal::ctrl_c().await
}

fn complain(text: &str) {
    drop(std::io::stderr().write_all(format!("{text}\n").as_bytes()));
}
