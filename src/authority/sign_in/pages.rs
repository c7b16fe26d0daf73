//! What the sign-in shows, without saying how it looks: plain views, and the trait that makes HTML of them.
//!
//! Each method answers one whole HTML document in UTF-8. The sign-in adds status, cookies and headers (`no-store`, and
//! [`CONTENT_SECURITY_POLICY`] unless the page is served with a stricter one). Whatever is text here is text: the
//! implementation escapes it. Every form is sent with `POST` to the page's `action` as
//! `application/x-www-form-urlencoded`, with the hidden fields that the view names and the visible ones below.
//!
//! A form's answer never redirects to another site, since browsers hold redirects after a form to the page's `form-action`:
//! where the way leads on, [`Onward`] is shown.

use std::fmt::Debug;

/// What sign-in pages may do: show styles of ours and send forms to us. No script is needed anywhere.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
     font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The hidden field that binds a form to the browser that it was shown in.
pub const CSRF_FIELD: &str = "csrf";
/// The hidden field that says where the browser goes afterwards; a path of ours.
pub const RETURN_FIELD: &str = "return_to";

/// What every form page needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    /// Where the form is sent, a path of ours.
    pub action: String,
    /// The hidden field [`CSRF_FIELD`].
    pub csrf: String,
    /// The hidden field [`RETURN_FIELD`].
    pub return_to: String,
    /// Why the form is shown again, in words for the person. Goes beside the fields, with `role="alert"`.
    pub problem: Option<String>,
}

/// Who are you: asks for the e-mail address alone, to find the realm.
/// Field: `email` (type email, autocomplete `username`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EmailPage {
    /// The form.
    pub form: Form,
    /// What was entered before.
    pub email: String,
    /// Where the open realms are listed, where they are: a link beside the form.
    pub chooser: Option<String>,
}

/// One realm to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RealmChoice {
    /// What it is called, for example `Example MSP: customers`.
    pub title: String,
    /// Where it leads: a path of ours, for a plain link.
    pub href: String,
}

/// Where do you belong: the realms that are open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChooserPage {
    /// The realms, in order. May be empty: then there is nothing to choose, and the page says to ask the administrator.
    pub realms: Vec<RealmChoice>,
    /// Back to the e-mail page.
    pub back: String,
    /// Why it is shown, where the address named no realm.
    pub problem: Option<String>,
}

/// E-mail address and password of a local account.
/// Fields: `email` (autocomplete `username`), `password` (autocomplete `current-password`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PasswordPage {
    /// The form.
    pub form: Form,
    /// Where one signs in to, for example `Example MSP: customers`.
    pub realm: String,
    /// What was entered before.
    pub email: String,
    /// Where to ask for a new password.
    pub forgot: String,
    /// Back to the e-mail page.
    pub back: String,
}

/// The code of the authenticator app, or a recovery code.
/// Field: `code` (autocomplete `one-time-code`, inputmode `text` since a recovery code has letters).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TotpPage {
    /// The form.
    pub form: Form,
    /// Where one signs in to.
    pub realm: String,
}

/// Sets up the authenticator app.
/// Fields: `code` (autocomplete `one-time-code`, inputmode `numeric`), to prove that the app has the secret, and `current` (only
/// where `asks_current`; autocomplete `current-password`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TotpSetupPage {
    /// The form.
    pub form: Form,
    /// The QR code: an inline SVG of ours, inserted without escaping. It has no text; describe it beside.
    pub qr_svg: String,
    /// The secret for typing in, in groups of four.
    pub secret: String,
    /// The `otpauth://` address, for a link on a phone.
    pub address: String,
    /// Whether the realm insists; else there is a way back.
    pub required: bool,
    /// Whether the present password is asked for: of somebody who signed in before.
    pub asks_current: bool,
}

/// The recovery codes, shown this once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecoveryPage {
    /// The codes.
    pub codes: Vec<String>,
    /// Where it goes on: a path of ours, for a link or button.
    pub next: String,
}

/// Asks for a reset by mail. Field: `email`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResetRequestPage {
    /// The form. Where there is no form, since no mail can be sent, it is `None`: ask the administrator.
    pub form: Option<Form>,
    /// Where one signs in to.
    pub realm: String,
    /// Back to the password page.
    pub back: String,
}

/// Chooses a new password: after a reset link, or signed in.
/// Fields: `current` (only where `asks_current`; autocomplete `current-password`), `password` and `again` (autocomplete
/// `new-password`), and the hidden field `token` where there is one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewPasswordPage {
    /// The form.
    pub form: Form,
    /// The hidden field `token`, of a reset link.
    pub token: Option<String>,
    /// Whether the present password is asked for.
    pub asks_current: bool,
    /// The shortest password allowed, in characters.
    pub min_length: usize,
}

/// The way leads on: to the realm's own sign-in, or to where the person wanted to go. The document has
/// `<meta http-equiv="refresh" content="0;url=...">` and the same address as a link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Onward {
    /// Where to: an absolute https address, http on this machine, or a path of ours.
    pub href: String,
    /// The host, where it is another site's.
    pub host: Option<String>,
}

/// Asks whether to sign out. No fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignOutPage {
    /// The form.
    pub form: Form,
    /// Who is signed in: the name, else the address.
    pub who: String,
}

/// What a message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// Signed out.
    SignedOut,
    /// If there is such an account, a mail is on its way. The same whether or not there is.
    ResetSent,
    /// The new password is set; sign in with it.
    PasswordChanged,
    /// The authenticator app is set up, or was before.
    TotpReady,
    /// The sign-in could not be finished: begin again. The same for every cause.
    SignInFailed,
    /// The person signed in, and has no access here: ask the administrator.
    NotWelcome,
    /// The realm cannot be reached at the moment.
    RealmUnavailable,
    /// The form or link is too old, was used, or came from elsewhere.
    Stale,
    /// Too many attempts.
    TooMany {
        /// How long to wait, in seconds.
        wait_secs: u64,
    },
    /// Our own mistake, or too busy.
    Unavailable,
    /// There is no such page.
    NotFound,
}

/// A message, with a way on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagePage {
    /// What it says.
    pub notice: Notice,
    /// For support: the request's id, where something went wrong.
    pub request_id: Option<String>,
    /// Where a link leads on: a path of ours.
    pub next: String,
}

/// Makes HTML of the views.
pub trait SignInPages: Debug + Send + Sync + 'static {
    /// Asks for the e-mail address.
    fn email(&self, page: &EmailPage) -> String;
    /// Lists the open realms.
    fn chooser(&self, page: &ChooserPage) -> String;
    /// Asks for a local account's password.
    fn password(&self, page: &PasswordPage) -> String;
    /// Asks for a code.
    fn totp(&self, page: &TotpPage) -> String;
    /// Sets up an authenticator app.
    fn totp_setup(&self, page: &TotpSetupPage) -> String;
    /// Shows recovery codes.
    fn recovery(&self, page: &RecoveryPage) -> String;
    /// Asks for a reset by mail.
    fn reset_request(&self, page: &ResetRequestPage) -> String;
    /// Chooses a new password.
    fn new_password(&self, page: &NewPasswordPage) -> String;
    /// Asks whether to sign out.
    fn sign_out(&self, page: &SignOutPage) -> String;
    /// Leads on.
    fn onward(&self, page: &Onward) -> String;
    /// Says something.
    fn message(&self, page: &MessagePage) -> String;
}
