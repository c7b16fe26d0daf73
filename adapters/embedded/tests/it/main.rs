//! The embedded backend, through its ports.

#[cfg(test)]
mod behaviour;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod foreign;
#[cfg(test)]
mod guards;
#[cfg(test)]
mod picture;
#[cfg(test)]
mod portal;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tenants;
