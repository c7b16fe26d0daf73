//! Nobody reaches what is another organisation's or another tenant's, whatever they send and whatever a system answers.

mod arguments;
mod careless;
mod hostile;
mod lying;
mod many;
mod mixing;
mod neighbour;
mod tools;
