//! The adapter against a simulated HaloPSA with the vendor's oddities.

#[cfg(test)]
mod changes;
#[cfg(test)]
mod clocks;
#[cfg(test)]
mod crm;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod knowledge;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod records;
#[cfg(test)]
mod setup;
#[cfg(test)]
mod tickets;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod traces;
mod writes;
