//! The authorization server, over HTTP, with browsers that keep cookies and a sign-in that a test decides.

mod assertions;
pub(crate) mod browser;
mod documents;
pub(crate) mod ending;
mod flow;
mod lifetimes;
mod races;
mod refusals;
mod services;
pub(crate) mod world;
