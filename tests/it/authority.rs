//! The authorization server, over HTTP, with browsers that keep cookies and a sign-in that a test decides.

mod assertions;
mod browser;
mod documents;
mod flow;
mod lifetimes;
mod races;
mod refusals;
mod services;
mod world;
