//! A service desk that keeps writes and loses answers, or loses both.

use crate::rig::Liar;
use parking_lot::Mutex;
use postern_api::*;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::Notify;

/// What becomes of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is done, and the answer arrives.
    Answered,
    /// It is done, and the answer is lost.
    Kept,
    /// It never arrives, and nobody says so.
    Lost,
    /// It is refused.
    Refused,
    /// Whoever would send it hangs until [`Lossy::goes_on`], and is answered then.
    Hangs,
    /// The same, and it is cut off before it is sent.
    Cut,
}

/// The service desk, with an honest system behind all other ports.
#[derive(Debug, Clone)]
pub(super) struct Lossy {
    honest: Liar,
    traceable: Traceable,
    state: Arc<Mutex<Desk>>,
    hangs: Arc<Notify>,
    held_back: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Desk {
    fates: VecDeque<Fate>,
    sent: Vec<String>,
    there: Vec<String>,
    looked: Vec<(CallCx, Sought)>,
    down: bool,
    owner: Option<&'static str>,
}

impl Lossy {
    pub(super) fn new(traceable: Traceable, fates: &[Fate]) -> Self {
        let desk = Desk { fates: fates.iter().copied().collect(), ..Desk::default() };
        Self {
            honest: Liar::honest(),
            traceable,
            state: Arc::new(Mutex::new(desk)),
            hangs: Arc::default(),
            held_back: Arc::default(),
        }
    }

    /// The references of all that was sent here.
    pub(super) fn sent(&self) -> Vec<String> {
        self.state.lock().sent.clone()
    }

    /// The references of what was done.
    pub(super) fn there(&self) -> Vec<String> {
        self.state.lock().there.clone()
    }

    /// What was looked for, and how.
    pub(super) fn looked(&self) -> Vec<(CallCx, Sought)> {
        self.state.lock().looked.clone()
    }

    /// A write turns up after all.
    pub(super) fn arrives(&self, reference: &str) {
        self.state.lock().there.push(reference.to_owned());
    }

    /// Searches fail, or work again.
    pub(super) fn down(&self, down: bool) {
        self.state.lock().down = down;
    }

    /// What is found is this organisation's.
    pub(super) fn belongs_to(&self, owner: &'static str) {
        self.state.lock().owner = Some(owner);
    }

    /// Lets go on whoever hangs, and waits until that one is held back or has sent.
    pub(super) async fn goes_on(&self) {
        self.hangs.notify_one();
        self.held_back.notified().await;
    }

    async fn write(&self, cx: &CallCx) -> Result<()> {
        assert!(!cx.looking, "a write in a call that only looks");
        let reference = cx.reference.clone().unwrap();
        let fate = self.state.lock().fates.pop_front().unwrap();
        if fate == Fate::Cut {
            return Err(Error::unknown_outcome());
        }
        if fate == Fate::Hangs {
            self.hangs.notified().await;
        }
        let gone = cx.about_to_change().await;
        if gone.is_ok() {
            self.state.lock().sent.push(reference.clone());
        }
        if fate == Fate::Hangs {
            self.held_back.notify_one();
        }
        gone?;
        let mut desk = self.state.lock();
        if matches!(fate, Fate::Answered | Fate::Kept | Fate::Hangs) {
            desk.there.push(reference);
        }
        match fate {
            Fate::Answered | Fate::Hangs => Ok(()),
            Fate::Kept | Fate::Lost | Fate::Cut => {
                Err(Error::new(ErrorKind::OutcomeUnknown, "the connected system did not answer"))
            }
            Fate::Refused => Err(Error::new(ErrorKind::InvalidArgument, "the connected system says no")),
        }
    }
}

#[async_trait]
impl Adapter for Lossy {
    fn name(&self) -> &'static str {
        "lossy"
    }
    fn supports(&self) -> &'static [Op] {
        self.honest.supports()
    }
    async fn probe(&self, cx: &CallCx) -> Result<()> {
        self.honest.probe(cx).await
    }
    fn traces(&self, _: Op) -> Traceable {
        self.traceable
    }
    async fn trace(&self, cx: &CallCx, sought: &Sought) -> Result<Option<Owned<Trace>>> {
        let mut desk = self.state.lock();
        desk.looked.push((cx.clone(), sought.clone()));
        if desk.down {
            return Err(Error::new(ErrorKind::Unavailable, "the connected system is down"));
        }
        let owner = Owner::Organisation(ExternalId::new(desk.owner.unwrap_or("12")).unwrap());
        let found = desk.there.contains(&sought.reference);
        Ok(found.then(|| Owned::new(owner, Trace { record: "T-9".into() })))
    }
    fn service_desk(&self) -> Option<&dyn ServiceDesk> {
        Some(self)
    }
    fn crm(&self) -> Option<&dyn Crm> {
        self.honest.crm()
    }
    fn knowledge(&self) -> Option<&dyn KnowledgeBase> {
        self.honest.knowledge()
    }
    fn identity(&self) -> Option<&dyn Identity> {
        self.honest.identity()
    }
}

#[async_trait]
impl ServiceDesk for Lossy {
    async fn tickets(&self, cx: &CallCx, query: &TicketQuery) -> Result<Page<Owned<Ticket>>> {
        self.honest.tickets(cx, query).await
    }
    async fn ticket(&self, cx: &CallCx, id: &TicketId) -> Result<Owned<Ticket>> {
        ServiceDesk::ticket(&self.honest, cx, id).await
    }
    async fn requester(&self, cx: &CallCx, organisation: &ExternalId, email: &str) -> Result<Option<Owned<Person>>> {
        self.honest.requester(cx, organisation, email).await
    }
    async fn create(&self, cx: &CallCx, new: &NewTicket) -> Result<Owned<Ticket>> {
        self.write(cx).await?;
        self.honest.create(cx, new).await
    }
    async fn close(&self, cx: &CallCx, id: &TicketId, closure: &Closure) -> Result<Owned<Ticket>> {
        self.write(cx).await?;
        self.honest.close(cx, id, closure).await
    }
}
