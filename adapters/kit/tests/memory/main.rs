//! How much memory lists of tickets take, counted by the allocator itself: the same number each time, on each machine.
//!
//! What is counted is what the adapter allocates while one list is made, at the moment when it is most. The vendor's answer
//! is not in it: it stands in memory before. Two things are held of each desk:
//!
//! - what is returned is no larger than the vendor's answer and 64 KB;
//! - beside what is returned, the adapter never holds more than 64 KB at once, for 100 tickets and for 1,000.

#![recursion_limit = "256"]

#[path = "../../../autotask/benches/vendor.rs"]
mod autotask;
#[path = "../../../connectwise/benches/vendor.rs"]
mod connectwise;
#[path = "../../../halopsa/benches/vendor.rs"]
mod halopsa;
#[cfg(test)]
mod lists;
#[path = "../../../syncro/benches/vendor.rs"]
mod syncro;
