//! The adapter against a simulated Autotask with the vendor's oddities.

#[cfg(test)]
mod changes;
#[cfg(test)]
mod clocks;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod knowledge;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod people;
#[cfg(test)]
mod records;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod setup;
#[cfg(test)]
mod tickets;
#[cfg(test)]
mod traces;
mod writes;
#[cfg(test)]
mod zones;
