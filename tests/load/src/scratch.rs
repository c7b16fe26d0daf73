//! A directory of this run's own, which goes with it.
//!
//! Made by hand: the library for it turns features on that the program does without, so that whoever builds both would
//! compile the program twice.

use std::path::{Path, PathBuf};

/// A new directory that is removed when this is dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Makes it. Nobody else's is taken: one that is there already is an error.
    pub(crate) fn new() -> std::io::Result<Self> {
        let path = std::env::temp_dir().join(format!(
            "postern-load-{}-{}",
            std::process::id(),
            jiff::Timestamp::now().as_nanosecond()
        ));
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left is the operating system's to clean up.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
