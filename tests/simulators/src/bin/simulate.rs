//! Runs one simulator: `simulate halopsa --listen 127.0.0.1:9001`, or `simulate syncro`.

use std::io::Write;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (system, listen) = match arguments.as_slice() {
        [system] => (*system, "127.0.0.1:0"),
        [system, "--listen", listen] => (*system, *listen),
        _ => ("", ""),
    };
    // Runs as long as it is held.
    let started = match system {
        "halopsa" => halopsa(listen).await,
        "syncro" => syncro(listen).await,
        _ => {
            complain("usage: simulate halopsa|syncro [--listen ADDR]");
            return ExitCode::from(2);
        }
    };
    let (_running, lines) = match started {
        Ok(started) => started,
        Err(error) => {
            complain(&format!("cannot listen on `{listen}`: {error}"));
            return ExitCode::FAILURE;
        }
    };
    drop(std::io::stdout().write_all(lines.as_bytes()));
    match tokio::signal::ctrl_c().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

type Started = std::io::Result<(Box<dyn std::any::Any>, String)>;

async fn halopsa(listen: &str) -> Started {
    use postern_simulators::halopsa::{CLIENT_ID, CLIENT_SECRET, TENANT, start_on};
    let running = start_on(listen).await?;
    let lines = format!(
        "base_url      {}/api\ntenant        {TENANT}\nclient_id     {CLIENT_ID}\nclient_secret {CLIENT_SECRET}\n",
        running.url,
    );
    Ok((Box::new(running), lines))
}

async fn syncro(listen: &str) -> Started {
    use postern_simulators::syncro::{TOKEN, start_on};
    let running = start_on(listen).await?;
    let lines = format!("base_url {}/api/v1\ntoken    {TOKEN}\n", running.url);
    Ok((Box::new(running), lines))
}

fn complain(text: &str) {
    drop(std::io::stderr().write_all(format!("{text}\n").as_bytes()));
}
