//! Draws the pages of the sign-in.

use super::flow::Drawn;
use crate::authority::sign_in::pages::{
    ChooserPage, EmailPage, MessagePage, NewPasswordPage, Notice, Onward, PasswordPage, RecoveryPage, ResetRequestPage,
    SignInPages, SignOutPage, TotpPage, TotpSetupPage,
};
use askama::Template;

macro_rules! template {
    ($name:ident, $view:ty, $path:literal) => {
        #[derive(Template)]
        #[template(path = $path)]
        struct $name<'a> {
            page: &'a $view,
        }
    };
}

template!(Email, EmailPage, "sign_in/email.html");
template!(Chooser, ChooserPage, "sign_in/chooser.html");
template!(Password, PasswordPage, "sign_in/password.html");
template!(Totp, TotpPage, "sign_in/totp.html");
template!(TotpSetup, TotpSetupPage, "sign_in/totp_setup.html");
template!(Recovery, RecoveryPage, "sign_in/recovery.html");
template!(ResetRequest, ResetRequestPage, "sign_in/reset_request.html");
template!(NewPassword, NewPasswordPage, "sign_in/new_password.html");
template!(SignOut, SignOutPage, "sign_in/sign_out.html");
template!(Leading, Onward, "sign_in/onward.html");

#[derive(Template)]
#[template(path = "sign_in/message.html")]
struct Message<'a> {
    page: &'a MessagePage,
    title: &'static str,
    says: String,
    go_on: &'static str,
    good: bool,
}

/// The document, or a plain one: a template that cannot be written is our mistake, and the person still has to be told.
fn drawn(template: &impl Template) -> String {
    template.render().unwrap_or_else(|error| {
        tracing::error!(%error, "a page could not be drawn: {error}");
        "<!doctype html><html lang=\"en\"><title>Unavailable</title><h1>Unavailable</h1><p>Try again later.</p></html>"
            .into()
    })
}

impl SignInPages for Drawn {
    fn email(&self, page: &EmailPage) -> String {
        drawn(&Email { page })
    }

    fn chooser(&self, page: &ChooserPage) -> String {
        drawn(&Chooser { page })
    }

    fn password(&self, page: &PasswordPage) -> String {
        drawn(&Password { page })
    }

    fn totp(&self, page: &TotpPage) -> String {
        drawn(&Totp { page })
    }

    fn totp_setup(&self, page: &TotpSetupPage) -> String {
        drawn(&TotpSetup { page })
    }

    fn recovery(&self, page: &RecoveryPage) -> String {
        drawn(&Recovery { page })
    }

    fn reset_request(&self, page: &ResetRequestPage) -> String {
        drawn(&ResetRequest { page })
    }

    fn new_password(&self, page: &NewPasswordPage) -> String {
        drawn(&NewPassword { page })
    }

    fn sign_out(&self, page: &SignOutPage) -> String {
        drawn(&SignOut { page })
    }

    fn onward(&self, page: &Onward) -> String {
        drawn(&Leading { page })
    }

    fn message(&self, page: &MessagePage) -> String {
        let (title, says, go_on) = told(page.notice);
        let good =
            matches!(page.notice, Notice::SignedOut | Notice::ResetSent | Notice::PasswordChanged | Notice::TotpReady);
        drawn(&Message { page, title, says, go_on, good })
    }
}

fn told(notice: Notice) -> (&'static str, String, &'static str) {
    let (title, says, go_on) = match notice {
        Notice::SignedOut => ("You are signed out", "Clients that you connected stay connected.", "Sign in again"),
        Notice::ResetSent => {
            ("Look into your mail", "If there is such an account, a link is on its way.", "Back to sign-in")
        }
        Notice::PasswordChanged => (
            "The password is set",
            "Sign in with it from now on, and connect your AI clients anew: what used the old one has ended.",
            "Go on",
        ),
        Notice::TotpReady => ("The authenticator app is set up", "Its code is asked for when you sign in.", "Go on"),
        Notice::SignInFailed => ("The sign-in was not finished", "Nothing was changed. Begin again.", "Begin again"),
        Notice::NotWelcome => (
            "You have no access here",
            "You signed in, but nothing is open to you. Ask your administrator.",
            "Use another account",
        ),
        Notice::RealmUnavailable => (
            "Your sign-in cannot be reached",
            "The service that signs you in does not answer. Try again later.",
            "Try again",
        ),
        Notice::Stale => {
            ("This form is too old", "It was used already, or came from elsewhere. Begin again.", "Begin again")
        }
        Notice::TooMany { wait_secs } => {
            let wait = match wait_secs.div_ceil(60) {
                0 | 1 => "a minute".to_owned(),
                minutes => format!("{minutes} minutes"),
            };
            return ("Too many attempts", format!("Wait {wait}, then try again."), "Try again");
        }
        Notice::Unavailable => ("That did not work", "It is our mistake. Try again later.", "Try again"),
        Notice::NotFound => ("There is no such page", "The address may be mistyped, or the link too old.", "Go on"),
    };
    (title, says.to_owned(), go_on)
}
