//! The default backend for every port, on SQLite.
