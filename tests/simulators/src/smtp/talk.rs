//! One client's talk, in the clear and then encrypted.

use super::{Content, Mood, PASSWORD, State, Taken, USERNAME};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::io::{Error, Result};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// How a stretch of talk ends.
enum End {
    Tls,
    Over,
}

/// Talks to one client until it or the mood ends that.
pub(super) async fn talk(stream: TcpStream, state: State, acceptor: TlsAcceptor) -> Result<()> {
    let mut stream = stream;
    let greeting = state.mood.lock().greeting;
    stream.write_all(format!("{}\r\n", greeting.unwrap_or("220 sink.example here")).as_bytes()).await?;
    if greeting.is_some_and(|it| !it.starts_with("220")) {
        return Ok(());
    }
    let mut plain = BufReader::new(stream);
    match listen(&mut plain, &state, false).await? {
        End::Over => Ok(()),
        End::Tls => {
            let encrypted = acceptor.accept(plain.into_inner()).await?;
            listen(&mut BufReader::new(encrypted), &state, true).await.map(drop)
        }
    }
}

async fn say<S: AsyncWrite + Unpin>(stream: &mut S, line: &str) -> Result<()> {
    stream.write_all(format!("{line}\r\n").as_bytes()).await?;
    stream.flush().await
}

async fn line<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Result<String> {
    let mut bytes = Vec::new();
    if stream.read_until(b'\n', &mut bytes).await? == 0 {
        return Err(Error::other("the client is gone"));
    }
    let text = String::from_utf8(bytes).map_err(Error::other)?;
    // Only CR LF ends a line: a lone LF is part of it, as strict servers see it.
    Ok(text.trim_end_matches('\n').trim_end_matches('\r').to_owned())
}

/// The content up to the line with a dot alone.
async fn content<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Result<String> {
    let mut text = String::new();
    loop {
        let line = line(stream).await?;
        if line == "." {
            return Ok(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
        text.push_str("\r\n");
    }
}

fn offers(mood: &Mood, tls: bool) -> Vec<&'static str> {
    let mut all = vec!["sink.example", "PIPELINING", "SIZE 1000000"];
    if !tls && !mood.clear {
        all.push("STARTTLS");
    }
    if tls || mood.clear {
        all.push("AUTH PLAIN LOGIN");
    }
    all
}

async fn listen<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>, state: &State, tls: bool) -> Result<End> {
    let (mut from, mut to, mut user, mut mails) = (None, Vec::new(), None, 0);
    loop {
        let said = line(stream).await?;
        let mood = state.mood.lock().clone();
        let verb = said.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        state.lines.lock().push(if verb == "AUTH" { "AUTH".to_owned() } else { said.clone() });
        let rest = said.split_once(' ').map(|it| it.1.to_owned()).unwrap_or_default();
        match verb.as_str() {
            "EHLO" => {
                let offers = offers(&mood, tls);
                let last = offers.len() - 1;
                for (nth, offer) in offers.into_iter().enumerate() {
                    say(stream, &format!("250{}{offer}", if nth == last { ' ' } else { '-' })).await?;
                }
            }
            "STARTTLS" if !tls && !mood.clear => {
                say(stream, &format!("220 go on{}", mood.injected.map(|it| format!("\r\n{it}")).unwrap_or_default()))
                    .await?;
                return Ok(End::Tls);
            }
            "AUTH" => {
                let right = STANDARD.encode(format!("\0{USERNAME}\0{PASSWORD}"));
                if rest == format!("PLAIN {right}") {
                    user = Some(USERNAME.to_owned());
                    say(stream, "235 welcome").await?;
                } else {
                    say(stream, "535 who are you").await?;
                }
            }
            "MAIL" if mood.asks && user.is_none() => say(stream, "530 sign in first").await?,
            "MAIL" if mood.most.is_some_and(|most| mails >= most) => {
                say(stream, "421 enough for now").await?;
                return Ok(End::Over);
            }
            "MAIL" => match mood.mail {
                Some(answer) => say(stream, answer).await?,
                None => {
                    from = Some(bare(&said));
                    to.clear();
                    say(stream, "250 fine").await?;
                }
            },
            "RCPT" if mood.silent => std::future::pending().await,
            "RCPT" => {
                let address = bare(&said);
                match mood.rcpt.iter().find(|it| it.0 == address) {
                    Some((_, answer)) => say(stream, answer).await?,
                    None => {
                        to.push(address);
                        say(stream, "250 fine").await?;
                    }
                }
            }
            "DATA" => match mood.data {
                Some(answer) => say(stream, answer).await?,
                None => {
                    say(stream, "354 go on").await?;
                    let data = content(stream).await?;
                    if let Content::Refuse(answer) = mood.content {
                        say(stream, answer).await?;
                        continue;
                    }
                    mails += 1;
                    let (from, to) = (from.take().unwrap_or_default(), std::mem::take(&mut to));
                    state.taken.lock().push(Taken { from, to, data, tls, user: user.clone() });
                    match mood.content {
                        Content::TakeInSilence => std::future::pending().await,
                        Content::TakeAndClose => return Ok(End::Over),
                        Content::TakeAndBabble => say(stream, "what was that").await?,
                        Content::Take | Content::Refuse(_) => say(stream, "250 taken").await?,
                    }
                }
            },
            "RSET" => {
                (from, to) = (None, Vec::new());
                say(stream, "250 fine").await?;
            }
            "NOOP" => say(stream, "250 fine").await?,
            "QUIT" => {
                say(stream, "221 bye").await?;
                return Ok(End::Over);
            }
            _ => say(stream, "502 not here").await?,
        }
    }
}

/// The address between the brackets.
fn bare(said: &str) -> String {
    let inner = said.split_once('<').and_then(|it| it.1.split_once('>')).map(|it| it.0);
    inner.unwrap_or_default().to_owned()
}
