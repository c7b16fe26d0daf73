//! A mail as it goes over the wire.
//!
//! **Invariant:** text is written as quoted-printable, so no line of it is a line of the protocol, and a field with a control
//! character in it is refused: nothing becomes a header that is none.

use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, Message, MultiPart, SinglePart};
use postern_api::mail::Mail;
use postern_api::{Error, ErrorKind, Result};

/// A header of ours whose value is printable ASCII.
fn header(name: &'static str, value: &str) -> Result<HeaderValue> {
    if !value.bytes().all(|it| it.is_ascii_graphic() || it == b' ') {
        return Err(Error::internal("a mail's header").with("header", name));
    }
    // As it stands: an address that was folded or encoded is none.
    Ok(HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), value.to_owned(), value.to_owned()))
}

fn part(kind: ContentType, text: String) -> Result<SinglePart> {
    let body = Body::new_with_encoding(text, ContentTransferEncoding::QuotedPrintable);
    let body = body.map_err(|_| Error::internal("a mail's text"))?;
    Ok(SinglePart::builder().header(kind).body(body))
}

fn address(text: &str) -> Result<lettre::Address> {
    let refused =
        || Error::new(ErrorKind::InvalidArgument, "a recipient's e-mail address is none that mail can be sent to");
    text.parse().map_err(|e: lettre::address::AddressError| refused().because(e))
}

/// The message.
///
/// Errors: `InvalidArgument` for an address that is none, `Internal` for a field with a control character in it.
pub(super) fn message(from: &Mailbox, mail: Mail) -> Result<Message> {
    let fields = [&mail.to, &mail.to_name, &mail.subject];
    let more = [&mail.reply_to, &mail.id, &mail.unsubscribe].into_iter().flatten();
    if fields.into_iter().chain(more).any(|it| it.contains(char::is_control)) {
        return Err(Error::internal("a control character in a mail's header"));
    }
    let name = Some(mail.to_name).filter(|it| !it.is_empty());
    let mut builder = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(name, address(&mail.to)?))
        .subject(mail.subject)
        .date_now()
        // Nobody's absence is answered (RFC 3834).
        .raw_header(header("Auto-Submitted", "auto-generated")?);
    if let Some(reply_to) = &mail.reply_to {
        builder = builder.reply_to(Mailbox::new(None, address(reply_to)?));
    }
    builder = match &mail.id {
        Some(id) => builder.raw_header(header("Message-ID", &format!("<{id}@{}>", from.email.domain()))?),
        None => builder.message_id(None),
    };
    if let Some(link) = &mail.unsubscribe {
        builder = builder
            .raw_header(header("List-Unsubscribe", &format!("<{link}>"))?)
            .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")?);
    }
    let text = part(ContentType::TEXT_PLAIN, mail.text)?;
    let message = match mail.html {
        Some(html) => {
            let parts = MultiPart::alternative().singlepart(text).singlepart(part(ContentType::TEXT_HTML, html)?);
            builder.multipart(parts)
        }
        None => builder.singlepart(text),
    };
    message.map_err(|e| Error::internal("a mail").because(e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from() -> Mailbox {
        "Postern <postern@msp.example>".parse().expect("an address")
    }

    fn mail() -> Mail {
        Mail { to: "jane@acme.example".into(), text: "x".into(), ..Mail::default() }
    }

    fn lines(mail: Mail) -> Vec<String> {
        let bytes = message(&from(), mail).expect("a message").formatted();
        String::from_utf8(bytes).expect("text").split("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn a_control_character_in_any_field_of_a_header_is_refused() {
        let odd = || "x\r\nBcc: eve@evil.example".to_owned();
        for bad in [
            Mail { to_name: odd(), ..mail() },
            Mail { subject: odd(), ..mail() },
            Mail { id: Some(odd()), ..mail() },
            Mail { reply_to: Some(odd()), ..mail() },
            Mail { unsubscribe: Some(odd()), ..mail() },
            Mail { to: odd(), ..mail() },
            Mail { subject: "x\0".into(), ..mail() },
        ] {
            assert!(message(&from(), bad.clone()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_address_that_is_none_is_refused() {
        for to in ["", "jane", "jane@acme.example, eve@evil.example", "<jane@acme.example>", "a b@acme.example"] {
            let error = message(&from(), Mail { to: to.into(), ..mail() }).expect_err(to);
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{to}");
        }
    }

    #[test]
    fn names_and_subjects_are_encoded_and_links_stand_as_they_are() {
        let link = format!("https://gateway.example/unsubscribe/{}", "a1".repeat(200));
        let lines = lines(Mail {
            to_name: "Jöhn \"JJ\" <eve@evil.example>".into(),
            subject: "Grüße, and a very long subject that goes on and on until it has to be folded somewhere".into(),
            id: Some("gw-1.NT-2".into()),
            unsubscribe: Some(link.clone()),
            ..mail()
        });
        assert!(lines.contains(&"Message-ID: <gw-1.NT-2@msp.example>".to_owned()), "{lines:#?}");
        assert!(lines.contains(&format!("List-Unsubscribe: <{link}>")), "{lines:#?}");
        assert!(lines.contains(&"List-Unsubscribe-Post: List-Unsubscribe=One-Click".to_owned()), "{lines:#?}");
        assert!(!lines.iter().any(|it| it.contains("eve@evil.example")), "{lines:#?}");
        assert!(lines.iter().all(|it| it.is_ascii()), "{lines:#?}");
    }

    #[test]
    fn no_line_of_a_text_is_a_line_of_the_protocol() {
        let text = ".\n..\nRCPT TO:<eve@evil.example>\n\u{fc}\r.\r";
        let lines = lines(Mail { text: text.into(), html: Some(text.into()), ..mail() });
        assert!(lines.iter().all(|it| it.is_ascii() && it.len() <= 998 && !it.contains(['\r', '\n'])), "{lines:#?}");
    }
}
