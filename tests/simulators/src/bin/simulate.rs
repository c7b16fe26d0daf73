//! Runs one simulator: `simulate halopsa --listen 127.0.0.1:9001`.

use std::io::Write;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let listen = match arguments.as_slice() {
        ["halopsa"] => "127.0.0.1:0",
        ["halopsa", "--listen", listen] => listen,
        _ => {
            complain("usage: simulate halopsa [--listen ADDR]");
            return ExitCode::from(2);
        }
    };
    let running = match postern_simulators::halopsa::start_on(listen).await {
        Ok(running) => running,
        Err(error) => {
            complain(&format!("cannot listen on `{listen}`: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let lines = format!(
        "base_url      {url}/api\ntenant        {tenant}\nclient_id     {id}\nclient_secret {secret}\n",
        url = running.url,
        tenant = postern_simulators::halopsa::TENANT,
        id = postern_simulators::halopsa::CLIENT_ID,
        secret = postern_simulators::halopsa::CLIENT_SECRET,
    );
    drop(std::io::stdout().write_all(lines.as_bytes()));
    match tokio::signal::ctrl_c().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn complain(text: &str) {
    drop(std::io::stderr().write_all(format!("{text}\n").as_bytes()));
}
