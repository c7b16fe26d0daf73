//! Server processes: started, watched through `/proc`, and ended by their id however the run ends.

use crate::Failure;
use crate::client::{Connection, Request};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// The unit of CPU time in `/proc`: a hundredth of a second, whatever the kernel itself counts in.
const TICK: Duration = Duration::from_millis(10);

/// How long a server may take to answer for the first time.
const START: Duration = Duration::from_secs(120);

/// A server process. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    output: Option<BufReader<ChildStdout>>,
    spawned: Instant,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts a program that listens on this address. What it says is not read; what it complains of is passed on.
    pub(crate) fn spawn(command: &mut Command, address: SocketAddr) -> Result<Self, Failure> {
        Self::start(command.stdout(Stdio::null()), address)
    }

    /// Starts a program that answers each line of its input with a line.
    pub(crate) fn spawn_talking(command: &mut Command, address: SocketAddr) -> Result<Self, Failure> {
        Self::start(command.stdout(Stdio::piped()), address)
    }

    fn start(command: &mut Command, address: SocketAddr) -> Result<Self, Failure> {
        let spawned = Instant::now();
        let mut child = command
            .stdin(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start `{}`: {error}", command.get_program().to_string_lossy()))?;
        let output = child.stdout.take().map(BufReader::new);
        Ok(Self { child, output, spawned, address })
    }

    /// Sends an empty line, and gives the line that comes back.
    pub(crate) fn line(&mut self) -> Result<String, Failure> {
        let (input, output) = (self.child.stdin.as_mut(), self.output.as_mut());
        let (Some(input), Some(output)) = (input, output) else { return Err("this server does not talk".into()) };
        input.write_all(b"\n")?;
        input.flush()?;
        let mut line = String::new();
        output.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    /// Asks until it answers with this status (or with any, where none is given); the time since it was started.
    pub(crate) async fn answers(&mut self, request: &Request, status: Option<u16>) -> Result<Duration, Failure> {
        let mut last = "nothing listened".to_owned();
        loop {
            if let Ok(mut connection) = Connection::open(self.address).await {
                let left = START.saturating_sub(self.spawned.elapsed());
                match tokio::time::timeout(left, connection.ask(request)).await {
                    Err(_) => last = "it took the request and sent nothing".to_owned(),
                    Ok(Ok(answer)) if status.is_none_or(|status| status == answer.status) => {
                        return Ok(self.spawned.elapsed());
                    }
                    Ok(Ok(answer)) => last = answer.to_string(),
                    Ok(Err(error)) => last = error.to_string(),
                }
            }
            if let Some(ended) = self.child.try_wait()? {
                return Err(format!("the server ended before it answered: {ended}").into());
            }
            if self.spawned.elapsed() > START {
                return Err(format!("the server did not answer `{}` as expected: {last}", request.what).into());
            }
            tokio::time::sleep(Duration::from_micros(500)).await;
        }
    }

    /// CPU time so far, of all its threads, in user and kernel mode.
    pub(crate) fn cpu(&self) -> Result<Duration, Failure> {
        process_cpu(&self.child.id().to_string())
    }

    /// Resident memory in MB: now, and the most it ever was.
    pub(crate) fn memory(&self) -> Result<Memory, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.and_then(|it| it.split_whitespace().next()?.parse::<f64>().ok()).map(|kib| kib * 1024.0 / 1e6)
        };
        match (field("VmRSS"), field("VmHWM")) {
            (Some(now), Some(peak)) => Ok(Memory { now, peak }),
            _ => Err("`/proc/PID/status` has no memory figures; has the server ended?".into()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Resident memory of a process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// In MB of a million bytes.
    pub(crate) now: f64,
    /// In MB of a million bytes.
    pub(crate) peak: f64,
}

/// A loopback address that was free a moment ago.
pub(crate) fn free_address() -> Result<SocketAddr, Failure> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// CPU time that the whole machine has spent on work so far.
pub(crate) fn machine_cpu() -> Result<Duration, Failure> {
    let stat = std::fs::read_to_string("/proc/stat")?;
    let first = stat.lines().next().unwrap_or_default();
    let fields: Vec<u64> = first.split_whitespace().skip(1).filter_map(|it| it.parse().ok()).collect();
    // user, nice, system, idle, iowait, irq, softirq, steal: all but the two kinds of idleness.
    let busy: u64 = fields.iter().take(8).enumerate().filter(|(at, _)| !matches!(at, 3 | 4)).map(|(_, it)| it).sum();
    Ok(Duration::from_millis(busy.saturating_mul(10)))
}

/// CPU time that this process has spent so far.
pub(crate) fn own_cpu() -> Result<Duration, Failure> {
    process_cpu("self")
}

fn process_cpu(process: &str) -> Result<Duration, Failure> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The second field is the program's name in parentheses, which may itself hold spaces.
    let (_, rest) = stat.rsplit_once(')').ok_or("`/proc/PID/stat` is not as expected")?;
    let ticks: u32 = rest.split_whitespace().skip(11).take(2).filter_map(|it| it.parse::<u32>().ok()).sum();
    Ok(TICK * ticks)
}
