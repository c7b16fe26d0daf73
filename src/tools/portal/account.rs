//! Telling people of what was done to their logins, where the directory does not do so itself.

use super::governed::{by, named};
use super::told::{Telling, tell};
use crate::tools::refusal::Missing;
use crate::tools::{Code, Refusal, ToolCx};
use postern_api::{Channel, NewNotice, Op, OrganisationId, Recipient, Topic};

/// Tells these people of one organisation about their account, whatever they opted out of. What comes of it undoes nothing: the change
/// was made. Mail goes first, since whoever was switched off looks at no portal.
pub(in crate::tools) async fn tell_of_account(
    cx: &ToolCx,
    organisation: &OrganisationId,
    emails: &[&str],
    words: (&str, String),
) -> Telling {
    let notice = match notice(cx, organisation, emails, words).await {
        Ok(notice) => notice,
        Err(refusal) => {
            tracing::warn!(code = refusal.code.as_str(), "a login was changed and nobody could be told");
            return Telling::Failed;
        }
    };
    // Whoever is no contact has no address that is ours to write to; the others are told all the same.
    let everybody = notice.recipients.len() == emails.len();
    let mut told = tell(cx, &notice).await;
    if told == Telling::Failed {
        told = tell(cx, &NewNotice { channel: Channel::InApp, ..notice }).await;
    }
    if everybody { told } else { Telling::Failed }
}

async fn notice(
    cx: &ToolCx,
    organisation: &OrganisationId,
    emails: &[&str],
    (subject, body): (&str, String),
) -> Result<NewNotice, Refusal> {
    let notices = cx.notifications()?;
    if !notices.system.adapter.supports().contains(&Op::NoticeSend) {
        return Err(Refusal::new(Code::NotSupported, "nobody can be told"));
    }
    let external = named(cx, &notices, organisation)?;
    let crm = cx.crm()?;
    let customer = named(cx, &crm, organisation)?;
    let found = crm.timed(crm.port.contacts(&crm.cx, &customer)).await.or_missing(Code::OrganizationNotFound)?;
    let own = found.into_iter().filter_map(|it| crm.admit(it));
    let own = own.filter(|it| it.organisation.as_ref() == Some(organisation)).map(|it| it.record);
    let recipients = own.filter_map(|it| {
        let email = it.email.filter(|email| emails.iter().any(|it| it.eq_ignore_ascii_case(email)))?;
        Some(Recipient { contact: it.id, name: it.name, email })
    });
    Ok(NewNotice {
        organisation: external,
        recipients: recipients.collect(),
        channel: Channel::Email,
        topic: Topic::Security,
        subject: subject.to_owned(),
        body,
        daily_cap: None,
        by: by(cx),
    })
}
