//! The program as its operator runs it: started, stopped by a signal, and what it leaves behind.

use crate::mcp::wire::{User, within};
use jiff::Timestamp;
use postern::demo::Demo;
use serde_json::json;
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Ends with the test, whatever becomes of it.
pub(crate) struct Program(Child);

impl Program {
    /// Runs `serve` and waits until it listens at the port that the configuration says.
    pub(crate) async fn serve(config: &Path, port: u16) -> Self {
        let program = Self::start(&["serve".as_ref(), "--config".as_ref(), config.as_os_str()], Stdio::null());
        within(async {
            while tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
        program
    }

    /// Runs `demo` at an address of its own choice, and the demo that it serves.
    pub(crate) async fn demo(data: &Path) -> (Self, Demo) {
        let anywhere = "127.0.0.1:0".as_ref();
        let arguments = ["demo".as_ref(), "--listen".as_ref(), anywhere, "--operations".as_ref(), anywhere];
        let mut program =
            Self::start(&[&arguments[..], &["--data".as_ref(), data.as_os_str()]].concat(), Stdio::piped());
        let mut said = BufReader::new(program.0.stdout.take().unwrap());
        let address = tokio::task::spawn_blocking(move || {
            let lines = said.by_ref().lines();
            let url = lines.map_while(Result::ok).find(|it| it.starts_with("MCP URL")).unwrap();
            (url.split('/').nth(2).unwrap().parse().unwrap(), said)
        });
        let (address, said) = within(address).await.unwrap();
        program.0.stdout = Some(said.into_inner());
        (program, Demo::at(address, data))
    }

    fn start(arguments: &[&OsStr], stdout: Stdio) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postern"));
        Self(command.args(arguments).stdout(stdout).stderr(Stdio::null()).spawn().unwrap())
    }

    /// Asks it to stop, as a service manager does, and waits until it has.
    pub(crate) async fn stop(mut self) {
        assert!(Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status().unwrap().success());
        let ended = tokio::task::spawn_blocking(move || self.0.wait().unwrap());
        assert!(within(ended).await.unwrap().success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// Whoever copies the databases then has every row: SQLite's logs are gone with the last connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_was_stopped_left_everything_in_its_databases() {
    let dir = tempfile::tempdir().unwrap();
    let (program, demo) = Program::demo(dir.path()).await;
    let token = demo.token("lead@acme.example", Timestamp::now()).unwrap();
    let person = User::new(demo.mcp_url(), "authorization", format!("Bearer {token}"));
    let call = json!({ "name": "customer_list_tickets", "arguments": {} });
    let request = person.modern_request(1, "tools/call", call);
    let answer = within(within(request.send()).await.unwrap().text()).await.unwrap();
    assert!(answer.contains("success"), "{answer}");
    program.stop().await;
    let files = std::fs::read_dir(dir.path()).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    let mut databases: Vec<String> = files.filter(|it| it.contains(".db")).collect();
    databases.sort();
    assert_eq!(databases, ["audit.db", "embedded.db", "postern.db"]);
}
