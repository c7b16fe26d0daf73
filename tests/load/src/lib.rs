//! Load generator and bare servers to compare with.
