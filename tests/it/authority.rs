//! The authorization server, over HTTP, with browsers that keep cookies and a sign-in that a test decides.

mod browser;
mod flow;
mod races;
mod refusals;
