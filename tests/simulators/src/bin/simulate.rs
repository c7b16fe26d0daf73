//! Runs one vendor's simulator: `simulate halopsa --listen 127.0.0.1:9001`.

use postern_simulators::Log;
use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;

const USAGE: &str = "usage: simulate autotask|caldav|connectwise|halopsa|hubspot|hudu|keycloak|smtp|stripe|syncro|tryton|webdav \
    [--listen ADDR]";

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
        "caldav" => caldav(listen).await,
        "connectwise" => connectwise(listen).await,
        "halopsa" => halopsa(listen).await,
        "hubspot" => hubspot(listen).await,
        "stripe" => stripe(listen).await,
        "keycloak" => keycloak(listen).await,
        "smtp" => smtp(listen).await,
        "syncro" => syncro(listen).await,
        "tryton" => tryton(listen).await,
        "hudu" => hudu(listen).await,
        "webdav" => webdav(listen).await,
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
    until_stopped(
        &format!(
            "lookup_url       {url}/atservicesrest\nzone_hosts       127.0.0.1\nusername         {USERNAME}\n\
         integration_code {INTEGRATION_CODE}\nsecret           {SECRET}\n",
            url = running.url,
        ),
        Some(&running.state.log),
    )
    .await
}

async fn connectwise(listen: &str) -> std::io::Result<()> {
    use postern_simulators::connectwise::{BASE, BOARD, CLIENT_ID, COMPANY, PRIVATE_KEY, PUBLIC_KEY, start_on};
    let running = start_on(listen).await?;
    until_stopped(
        &format!(
            "base_url    {url}{BASE}\ncompany_id  {COMPANY}\npublic_key  {PUBLIC_KEY}\nprivate_key {PRIVATE_KEY}\n\
         client_id   {CLIENT_ID}\nboard       {BOARD}\n",
            url = running.url,
        ),
        Some(&running.state.log),
    )
    .await
}

async fn halopsa(listen: &str) -> std::io::Result<()> {
    use postern_simulators::halopsa::{CLIENT_ID, CLIENT_SECRET, TENANT, start_on};
    let running = start_on(listen).await?;
    until_stopped(&format!(
        "base_url      {url}/api\ntenant        {TENANT}\nclient_id     {CLIENT_ID}\nclient_secret {CLIENT_SECRET}\n",
        url = running.url,
    ), Some(&running.state.log))
    .await
}

async fn hubspot(listen: &str) -> std::io::Result<()> {
    use postern_simulators::hubspot::{ACCOUNT, REFERENCE, TOKEN, WEBHOOK_SECRET, start_on};
    let running = start_on(listen).await?;
    let url = &running.url;
    until_stopped(
        &format!(
            "base_url           {url}\naccount            {ACCOUNT}\ntoken              {TOKEN}\n\
         reference_property {REFERENCE}\nwebhook_secret     {WEBHOOK_SECRET}\n"
        ),
        Some(&running.state.log),
    )
    .await
}

async fn stripe(listen: &str) -> std::io::Result<()> {
    use postern_simulators::stripe::{ACCOUNT, KEY, WEBHOOK_SECRET, start_on};
    let running = start_on(listen).await?;
    let url = &running.url;
    until_stopped(
        &format!(
            "base_url       {url}/v1\naccount        {ACCOUNT}\nlive           false\nkey            {KEY}\n\
         webhook_secret {WEBHOOK_SECRET}\n"
        ),
        Some(&running.state.log),
    )
    .await
}

async fn keycloak(listen: &str) -> std::io::Result<()> {
    use postern_simulators::keycloak::{CLIENT_ID, CLIENT_SECRET, REALM, start_on};
    let running = start_on(listen).await?;
    until_stopped(
        &format!(
            "base_url      {url}\nrealm         {REALM}\nclient_id     {CLIENT_ID}\nclient_secret {CLIENT_SECRET}\n",
            url = running.url,
        ),
        Some(&running.state.log),
    )
    .await
}

async fn smtp(listen: &str) -> std::io::Result<()> {
    use postern_simulators::smtp::{PASSWORD, USERNAME, start_on};
    let running = start_on(listen).await?;
    let port = running.state.port;
    until_stopped(&format!("host     localhost\nport     {port}\nusername {USERNAME}\npassword {PASSWORD}\n"), None)
        .await
}

async fn syncro(listen: &str) -> std::io::Result<()> {
    use postern_simulators::syncro::{TOKEN, start_on};
    let running = start_on(listen).await?;
    until_stopped(&format!("base_url {}/api/v1\ntoken    {TOKEN}\n", running.url), Some(&running.state.log)).await
}

async fn tryton(listen: &str) -> std::io::Result<()> {
    use postern_simulators::tryton::{COMPANY, PASSWORD, USERNAME, start_on};
    let running = start_on(listen).await?;
    let url = &running.url;
    until_stopped(
        &format!("base_url {url}/msp/\nusername {USERNAME}\npassword {PASSWORD}\ncompany  {COMPANY}\n"),
        Some(&running.state.log),
    )
    .await
}

async fn caldav(listen: &str) -> std::io::Result<()> {
    use postern_simulators::caldav::{BASE, PASSWORD, USERNAME, start_on};
    let running = start_on(listen).await?;
    until_stopped(
        &format!("base_url {}{BASE}\nusername {USERNAME}\npassword {PASSWORD}\n", running.url),
        Some(&running.state.log),
    )
    .await
}

async fn hudu(listen: &str) -> std::io::Result<()> {
    use postern_simulators::hudu::{API_KEY, PUBLIC_FOLDER, start_on};
    let running = start_on(listen).await?;
    until_stopped(
        &format!("base_url       {}/api/v1\napi_key        {API_KEY}\npublic_folders [{PUBLIC_FOLDER}]\n", running.url),
        Some(&running.state.log),
    )
    .await
}

async fn webdav(listen: &str) -> std::io::Result<()> {
    use postern_simulators::webdav::{BASE, PASSWORD, USERNAME, start_on};
    let running = start_on(listen).await?;
    until_stopped(
        &format!("base_url {}{BASE}\nusername {USERNAME}\npassword {PASSWORD}\n", running.url),
        Some(&running.state.log),
    )
    .await
}

/// Says how to connect, waits for the end, and says what was asked meanwhile.
async fn until_stopped(lines: &str, log: Option<&Log>) -> std::io::Result<()> {
    std::io::stdout().write_all(lines.as_bytes())?;
    std::io::stdout().flush()?;
    tokio::signal::ctrl_c().await?;
    let Some(log) = log else { return Ok(()) };
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for it in log.all() {
        *counts.entry((it.method, it.path)).or_default() += 1;
    }
    let mut told = format!("{} requests\n", counts.values().sum::<usize>());
    for ((method, path), count) in counts {
        told += &format!("{count:>6} {method} {path}\n");
    }
    std::io::stdout().write_all(told.as_bytes())
}

fn complain(text: &str) {
    drop(std::io::stderr().write_all(format!("{text}\n").as_bytes()));
}
