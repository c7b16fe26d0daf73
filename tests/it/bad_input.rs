//! What is wrong from outside or behind: each gets an error that says what to do and one audit row, and leaks nothing.

mod edge;
mod orders;
mod upstream;
