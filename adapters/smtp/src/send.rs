//! Telling people by mail: kept, handed over, settled.

use crate::Smtp;
use crate::letter::letter;
use postern_api::mail::{Mail, Subscription};
use postern_api::{
    CallCx, Channel, ContactId, Error, ErrorKind, ExternalId, NewNotice, Notice, NoticeQuery, NoticeState,
    Notifications, Owned, Reservation, ReservedNotice, Result, Settled, Standing, Topic, Wish, async_trait,
};

#[async_trait]
impl Notifications for Smtp {
    async fn notices(&self, cx: &CallCx, query: &NoticeQuery) -> Result<Vec<Owned<Notice>>> {
        self.ledger.notices(cx, query).await
    }

    async fn standing(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<Standing>>> {
        self.ledger.standing(cx, organisation).await
    }

    async fn prefer(
        &self,
        cx: &CallCx,
        organisation: &ExternalId,
        contact: &ContactId,
        wishes: &[Wish],
    ) -> Result<Owned<()>> {
        self.ledger.prefer(cx, organisation, contact, wishes).await
    }

    async fn send(&self, cx: &CallCx, new: &NewNotice) -> Result<Vec<Owned<Notice>>> {
        if new.channel == Channel::InApp {
            return self.ledger.send(cx, new).await;
        }
        let reserved = match self.ledger.reserve(cx, new).await? {
            Reservation::Earlier(notices) => return Ok(notices),
            Reservation::Fresh(reserved) => reserved,
        };
        let answers = match self.letters(cx, new, &reserved) {
            Ok(letters) => self.mailer.deliver(cx, letters).await,
            Err(error) => vec![Err(error)],
        };
        // A mailer that says too little leaves the rest unknown, as they stand.
        let settled: Vec<_> = reserved.iter().zip(&answers).map(|(notice, answer)| settled(notice, answer)).collect();
        let notices = self.ledger.settle(cx, new, &settled).await.map_err(|error| {
            let message =
                "the mail was handed over, and what came of it could not be noted; look before sending it again";
            Error::new(ErrorKind::OutcomeUnknown, message).because(error)
        })?;
        if answers.iter().any(Result::is_ok) {
            return Ok(notices);
        }
        // Nobody was told for certain. Who was refused for good is in the answer; what nobody knows, or may pass, is an error.
        let mut errors: Vec<_> = answers.into_iter().filter_map(Result::err).collect();
        errors.retain(|it| it.kind() != ErrorKind::InvalidArgument);
        let unknown = errors.iter().position(|it| it.kind() == ErrorKind::OutcomeUnknown);
        if errors.is_empty() { Ok(notices) } else { Err(errors.swap_remove(unknown.unwrap_or(0))) }
    }
}

impl Smtp {
    fn letters(&self, cx: &CallCx, new: &NewNotice, reserved: &[ReservedNotice]) -> Result<Vec<Mail>> {
        let link = |contact| {
            if new.topic == Topic::Security {
                return Ok(None);
            }
            let organisation = new.organisation.clone();
            self.links.link(&Subscription { organisation, contact, topic: new.topic }).map(Some)
        };
        let letters = reserved
            .iter()
            .map(|notice| letter(&self.config, new, notice, cx.reference.as_deref(), link(notice.contact.clone())?));
        letters.collect()
    }
}

/// What the ledger is told of one mail.
fn settled(notice: &ReservedNotice, answer: &Result<()>) -> Settled {
    let (state, failure) = match answer {
        Ok(()) => (NoticeState::Sent, None),
        Err(error) if error.kind() == ErrorKind::OutcomeUnknown => {
            (NoticeState::Unknown, Some("the mail server did not answer; it may have taken the mail"))
        }
        Err(error) if error.kind() == ErrorKind::InvalidArgument => {
            (NoticeState::Failed, Some("the mail server refused it for good"))
        }
        Err(_) => {
            (NoticeState::Failed, Some("the mail server could not be reached or did not take it; nothing was sent"))
        }
    };
    Settled { id: notice.id.clone(), state, failure }
}
