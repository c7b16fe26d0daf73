//! Runs one simulator: `simulate halopsa --listen 127.0.0.1:9001`.

use postern_simulators::{connectwise, halopsa};
use std::io::Write;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (vendor, listen) = match arguments.as_slice() {
        [vendor @ ("connectwise" | "halopsa")] => (*vendor, "127.0.0.1:0"),
        [vendor @ ("connectwise" | "halopsa"), "--listen", listen] => (*vendor, *listen),
        _ => {
            complain("usage: simulate connectwise|halopsa [--listen ADDR]");
            return ExitCode::from(2);
        }
    };
    let done = if vendor == "halopsa" { run_halopsa(listen).await } else { run_connectwise(listen).await };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("cannot run on `{listen}`: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run_halopsa(listen: &str) -> std::io::Result<()> {
    let running = halopsa::start_on(listen).await?;
    let lines = format!(
        "base_url      {url}/api\ntenant        {tenant}\nclient_id     {id}\nclient_secret {secret}\n",
        url = running.url,
        tenant = halopsa::TENANT,
        id = halopsa::CLIENT_ID,
        secret = halopsa::CLIENT_SECRET,
    );
    until_stopped(&lines).await
}

async fn run_connectwise(listen: &str) -> std::io::Result<()> {
    let running = connectwise::start_on(listen).await?;
    let lines = format!(
        "base_url    {url}{base}\ncompany_id  {company}\npublic_key  {public}\nprivate_key {private}\nclient_id   {id}\n\
         board       {board}\n",
        url = running.url,
        base = connectwise::BASE,
        company = connectwise::COMPANY,
        public = connectwise::PUBLIC_KEY,
        private = connectwise::PRIVATE_KEY,
        id = connectwise::CLIENT_ID,
        board = connectwise::BOARD,
    );
    until_stopped(&lines).await
}

/// Says how to connect, and waits.
async fn until_stopped(lines: &str) -> std::io::Result<()> {
    std::io::stdout().write_all(lines.as_bytes())?;
    tokio::signal::ctrl_c().await
}

fn complain(text: &str) {
    drop(std::io::stderr().write_all(format!("{text}\n").as_bytes()));
}
