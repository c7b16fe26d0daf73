//! What customers never see, byte by byte; what is masked for whom; what no log holds.

mod fields;
mod internal;
mod links;
mod logs;
