//! The behaviour kit that every adapter passes.
