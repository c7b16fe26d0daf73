//! The adapter against a simulated Syncro with the vendor's oddities.

#[cfg(test)]
mod changes;
#[cfg(test)]
mod clocks;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod money;
#[cfg(test)]
mod records;
#[cfg(test)]
mod setup;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod traces;
mod writes;
