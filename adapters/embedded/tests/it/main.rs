//! The embedded backend, through its ports.

#[cfg(test)]
mod behaviour;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tenants;
