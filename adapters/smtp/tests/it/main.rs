//! The adapter over the built-in ledger: what is kept, what goes out, and what is said of it.

#[cfg(test)]
mod behaviour;
#[cfg(test)]
mod sending;
#[cfg(test)]
mod support;
#[cfg(test)]
mod traces;
