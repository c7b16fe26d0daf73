//! The authorization server, over HTTP, with browsers that keep cookies and a sign-in that a test decides.

mod assertions;
pub(crate) mod browser;
mod documents;
pub(crate) mod ending;
mod flow;
mod lifetimes;
mod races;
mod refusals;
mod rsa;
mod services;
mod shown;
pub(crate) mod world;
