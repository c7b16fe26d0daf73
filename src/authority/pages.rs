//! The pages that the authority needs: what each of them says, and who draws them.
//!
//! The authority decides and fills in these views; the console draws them. A page is complete in its view: it loads nothing
//! of anybody else's. The authority puts the status and the security headers on whatever comes back.

use axum::response::Response;
use std::fmt::Debug;
use std::sync::Arc;

/// Draws the pages of a flow.
pub trait Pages: Debug + Send + Sync + 'static {
    /// "X wants to connect": names the client before anybody is sent to sign in. A form with `POST` to
    /// [`ConnectView::action`], hidden fields `flow` and `csrf`, and one button.
    fn connect(&self, view: &ConnectView) -> Response;
    /// What the client may do. A form with `POST` to [`ConsentView::action`], hidden fields `flow` and `csrf`, one checkbox
    /// `scope` for each scope that can be ticked, and two buttons named `decision` with the values `allow` and `deny`.
    fn consent(&self, view: &ConsentView) -> Response;
    /// Something is wrong, and nobody is redirected.
    fn error(&self, view: &ErrorView) -> Response;
}

/// Who asks to be connected, in words that are safe to show once they are escaped: no control, hidden or direction-changing
/// letters, at most 64 letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientView {
    /// The name that it gives itself; a stranger's claim unless [`ClientView::publisher`] says otherwise.
    pub name: String,
    /// Its id, shortened for people.
    pub id: String,
    /// Who stands behind it.
    pub publisher: Publisher,
    /// Where the browser goes afterwards: the host of an `https` address, `this computer` for a loopback address, or an
    /// application's own scheme such as `cursor:`.
    pub redirect_to: String,
    /// It redirects to this computer alone, so any program that runs here could be asking: warn.
    pub local_only: bool,
    /// The name uses letters that are easily taken for others: warn.
    pub lookalike: bool,
}

/// Who stands behind a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Publisher {
    /// The MSP itself: in the configuration, and called first-party there.
    FirstParty,
    /// External, entered in the configuration by whoever runs this gateway.
    Configured,
    /// External, and the owner of this host publishes its description there.
    Host(String),
    /// External, and nobody vouches for it: it registered itself.
    Unknown,
}

impl Publisher {
    /// Whether it is the MSP's own.
    pub fn is_first_party(&self) -> bool {
        matches!(self, Self::FirstParty)
    }
}

/// "X wants to connect."
#[derive(Debug, Clone)]
pub struct ConnectView {
    /// What this server is called.
    pub server: Arc<str>,
    /// Who asks.
    pub client: ClientView,
    /// Where the form goes.
    pub action: &'static str,
    /// Hidden field `flow`.
    pub flow: Arc<str>,
    /// Hidden field `csrf`.
    pub csrf: Arc<str>,
}

/// What the client may do.
#[derive(Debug, Clone)]
pub struct ConsentView {
    /// What this server is called.
    pub server: Arc<str>,
    /// Who asks.
    pub client: ClientView,
    /// Who is signed in: the name, or else the e-mail address, or else nothing is known.
    pub person: Option<Arc<str>>,
    /// Every scope that was asked for, in the catalogue's order.
    pub scopes: Vec<ScopeView>,
    /// This person was connected to this client before.
    pub again: bool,
    /// The client's description changed since this person last agreed to it.
    pub changed: bool,
    /// Where the form goes.
    pub action: &'static str,
    /// Hidden field `flow`.
    pub flow: Arc<str>,
    /// Hidden field `csrf`.
    pub csrf: Arc<str>,
    /// Where somebody goes who is not this person, a path of ours: signs out and comes back.
    pub switch_account: Arc<str>,
    /// What was wrong with the form that was sent before, if one was.
    pub notice: Option<&'static str>,
}

/// One scope, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeView {
    /// As clients write it, for example `support.read`; the value of its checkbox.
    pub scope: Arc<str>,
    /// The area in one or two words, for example `Support`.
    pub area: Arc<str>,
    /// What it allows, in a sentence.
    pub says: Arc<str>,
    /// It changes something.
    pub writes: bool,
    /// The client asked for it.
    pub requested: bool,
    /// The person's own rights allow it; else it is shown disabled, and says so.
    pub available: bool,
    /// The client has it already.
    pub held: bool,
    /// The client had a grant before, without it.
    pub new: bool,
}

/// Something is wrong.
#[derive(Debug, Clone)]
pub struct ErrorView {
    /// What this server is called.
    pub server: Arc<str>,
    /// What, in a few words.
    pub title: &'static str,
    /// What to do next, in a sentence.
    pub message: &'static str,
    /// The standard's name of the error, for whoever builds the client.
    pub code: &'static str,
    /// By which whoever runs this gateway finds it in the log.
    pub request_id: Arc<str>,
    /// Where the client wanted the answer, for a person who trusts it to follow by hand; host and address.
    pub back: Option<(String, String)>,
}
