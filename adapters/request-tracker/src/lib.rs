//! Request Tracker 5.
