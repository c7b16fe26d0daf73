//! A notice as a letter: plain text and HTML, in words of ours around what was written.
//!
//! **Invariant:** the HTML form escapes everything that is not its own; a subject and a name are one line each.

use crate::config::Config;
use askama::Template;
use postern_api::mail::Mail;
use postern_api::{Error, NewNotice, ReservedNotice, Result, Topic};

/// The longest subject, in characters.
const SUBJECT: usize = 200;
/// The longest name, in characters.
const NAME: usize = 100;

#[derive(Template)]
#[template(path = "notice.txt", escape = "none")]
struct Plain<'a> {
    name: &'a str,
    body: &'a str,
    sender: &'a str,
    portal_url: Option<&'a str>,
    footer: Option<&'a str>,
    why: &'a str,
    unsubscribe: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct Html<'a> {
    subject: &'a str,
    name: &'a str,
    paragraphs: Vec<Vec<&'a str>>,
    sender: &'a str,
    portal_url: Option<&'a str>,
    footer: Option<&'a str>,
    why: &'a str,
    unsubscribe: Option<&'a str>,
}

/// One line: whatever breaks or hides one is a space, and it has an end.
fn one_line(text: &str, most: usize) -> String {
    let hidden = |c: char| {
        c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let spaced: String = text.chars().map(|c| if hidden(c) { ' ' } else { c }).collect();
    let mut words = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = words.char_indices().nth(most) {
        words.truncate(end);
    }
    words
}

/// Text as it was written, with one kind of line end and nothing that only a terminal would understand.
fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

/// Paragraphs of lines.
fn paragraphs(text: &str) -> Vec<Vec<&str>> {
    let mut all = vec![Vec::new()];
    for line in text.lines() {
        if line.trim().is_empty() {
            all.push(Vec::new());
        } else if let Some(last) = all.last_mut() {
            last.push(line);
        }
    }
    all.retain(|it| !it.is_empty());
    all
}

/// What a topic is called in "we write to you about".
fn about(topic: Topic) -> &'static str {
    match topic {
        Topic::Welcome => "your access to the portal",
        Topic::Document => "documents that are published for you",
        Topic::Payment => "invoices and payments",
        Topic::Reply => "answers to your requests",
        Topic::Progress => "the progress of your projects",
        Topic::Update => "changes of the portal",
        Topic::Security => "your account",
    }
}

/// The reference and the notice's id, in letters that a `Message-ID` may have. The same write has the same again.
fn message_id(reference: Option<&str>, notice: &ReservedNotice) -> String {
    let safe = |text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' }).collect()
    };
    match reference {
        Some(reference) => format!("{}.{}", safe(reference), safe(notice.id.as_str())),
        None => safe(notice.id.as_str()),
    }
}

/// The letter to one person.
///
/// Errors: `Internal` where a template cannot be filled.
pub(crate) fn letter(
    config: &Config,
    new: &NewNotice,
    notice: &ReservedNotice,
    reference: Option<&str>,
    unsubscribe: Option<String>,
) -> Result<Mail> {
    let (subject, name, body) = (one_line(&new.subject, SUBJECT), one_line(&notice.name, NAME), plain(&new.body));
    let sender = one_line(&config.sender, NAME);
    let why = if new.topic == Topic::Security {
        format!("{sender} writes to you because it is {}; such mails cannot be stopped.", about(new.topic))
    } else {
        format!("{sender} writes to you about {}, as you agreed.", about(new.topic))
    };
    let (portal_url, footer) = (config.portal_url.as_deref(), config.footer.as_deref());
    let (sender, why, link) = (sender.as_str(), why.as_str(), unsubscribe.as_deref());
    let text = Plain { name: &name, body: &body, sender, portal_url, footer, why, unsubscribe: link }.render();
    let html = Html {
        subject: &subject,
        name: &name,
        paragraphs: paragraphs(&body),
        sender,
        portal_url,
        footer,
        why,
        unsubscribe: link,
    }
    .render();
    let broken = |e: askama::Error| Error::internal("a letter could not be written").because(e);
    let (text, html) = (text.map_err(broken)?, html.map_err(broken)?);
    Ok(Mail {
        to: notice.email.clone(),
        to_name: name,
        subject,
        text,
        html: Some(html),
        reply_to: config.reply_to.clone(),
        id: Some(message_id(reference, notice)),
        unsubscribe,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_api::{Channel, ContactId, ExternalId, NotificationId};

    fn written(name: &str, subject: &str, body: &str, topic: Topic) -> Mail {
        let text = "sender = \"Example & Sons\"\nportal_url = \"https://portal.msp.example/?a=1&b=2\"\nfooter = \"1 High St\\nLeeds\"";
        let config = toml::from_str(text).expect("a configuration");
        let new = NewNotice {
            organisation: ExternalId::new("acme").expect("an id"),
            recipients: vec![],
            channel: Channel::Email,
            topic,
            subject: subject.into(),
            body: body.into(),
            daily_cap: None,
            by: "Kit".into(),
        };
        let notice = ReservedNotice {
            id: NotificationId::new("NT-1").expect("an id"),
            contact: ContactId::new("C-1").expect("an id"),
            name: name.into(),
            email: "jane@acme.example".into(),
        };
        let link = (topic != Topic::Security).then(|| "https://gateway.example/unsubscribe/a.b?c&d".to_owned());
        letter(&config, &new, &notice, Some("gw:01/x y"), link).expect("a letter")
    }

    #[test]
    fn what_people_wrote_is_text_in_both_forms() {
        let evil = "<script>alert(1)</script>\n\n<img src=x onerror=y> & \"quoted\"\nsecond line";
        let mail = written("Jane <b>Smith</b>", "A <i>subject</i>", evil, Topic::Update);
        let html = mail.html.expect("a form in HTML");
        assert!(
            !html.contains("<script") && !html.contains("<img") && !html.contains("<b>") && !html.contains("<i>"),
            "{html}"
        );
        assert!(html.contains("second line</p>") && html.contains("<br>second"), "{html}");
        assert!(html.contains("Example &#38; Sons<br>1 High St<br>Leeds"), "{html}");
        assert!(mail.text.contains(evil) && mail.text.contains("Hello Jane <b>Smith</b>,"), "{}", mail.text);
        assert!(mail.text.contains("https://portal.msp.example/?a=1&b=2"), "{}", mail.text);
    }

    #[test]
    fn a_subject_and_a_name_are_one_line_whatever_is_in_them() {
        let odd = "Hello\r\nBcc: eve@evil.example\r\n\r\nbody\u{2028}x\u{202e}y\0\u{7}";
        let mail = written(odd, odd, "text", Topic::Update);
        for line in [&mail.subject, &mail.to_name] {
            assert!(!line.contains(|c: char| c.is_control() || c == '\u{2028}' || c == '\u{202e}'), "{line:?}");
            assert!(line.starts_with("Hello Bcc: eve@evil.example body"), "{line:?}");
        }
        assert_eq!(written("x", &"long ".repeat(200), "text", Topic::Update).subject.chars().count(), SUBJECT);
    }

    #[test]
    fn mail_about_an_account_says_that_it_cannot_be_stopped_and_has_no_link() {
        let mail = written("Jane", "x", "y", Topic::Security);
        assert_eq!(mail.unsubscribe, None);
        assert!(mail.text.contains("cannot be stopped") && !mail.text.contains("unsubscribe"), "{}", mail.text);
        let mail = written("Jane", "x", "y", Topic::Payment);
        assert!(
            mail.text.contains("To stop these mails: https://gateway.example/unsubscribe/a.b?c&d"),
            "{}",
            mail.text
        );
        assert!(mail.html.is_some_and(|it| it.contains("unsubscribe/a.b?c&#38;d\">Stop these mails</a>")));
    }

    #[test]
    fn the_reference_is_in_the_message_id_and_no_other_sign_is() {
        assert_eq!(written("x", "x", "x", Topic::Update).id.as_deref(), Some("gw-01-x-y.NT-1"));
    }

    #[test]
    fn line_ends_are_of_one_kind_and_signs_of_terminals_are_gone() {
        let mail = written("x", "x", "a\r\n.\rb\u{1b}[31m\0", Topic::Update);
        assert!(mail.text.contains("a\n.\nb[31m\n"), "{:?}", mail.text);
    }
}
