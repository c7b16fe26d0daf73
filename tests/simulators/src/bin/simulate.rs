//! Runs one simulator: `simulate halopsa --listen 127.0.0.1:9001`.

use std::io::Write;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (system, listen) = match arguments.as_slice() {
        [system @ ("autotask" | "halopsa")] => (*system, "127.0.0.1:0"),
        [system @ ("autotask" | "halopsa"), "--listen", listen] => (*system, *listen),
        _ => {
            complain("usage: simulate autotask|halopsa [--listen ADDR]");
            return ExitCode::from(2);
        }
    };
    match if system == "autotask" { autotask(listen).await } else { halopsa(listen).await } {
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

async fn halopsa(listen: &str) -> std::io::Result<()> {
    use postern_simulators::halopsa::{CLIENT_ID, CLIENT_SECRET, TENANT, start_on};
    let running = start_on(listen).await?;
    until_stopped(&format!(
        "base_url      {url}/api\ntenant        {TENANT}\nclient_id     {CLIENT_ID}\nclient_secret {CLIENT_SECRET}\n",
        url = running.url,
    ))
    .await
}

/// Says how to connect, and waits for the end.
async fn until_stopped(lines: &str) -> std::io::Result<()> {
    drop(std::io::stdout().write_all(lines.as_bytes()));
    tokio::signal::ctrl_c().await
}

fn complain(text: &str) {
    drop(std::io::stderr().write_all(format!("{text}\n").as_bytes()));
}
