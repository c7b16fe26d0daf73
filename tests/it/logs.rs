//! Everything that this process logs, kept for the tests that look for what must not be in it.

use parking_lot::Mutex;
use std::io::Write;
use std::sync::Once;
use tracing_subscriber::EnvFilter;

static KEPT: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Starts to keep the log, at the level that a developer would set in a bad hour. rmcp stays where the product keeps it.
pub(crate) fn keep() {
    static START: Once = Once::new();
    START.call_once(|| {
        let filter = EnvFilter::new("debug,postern=trace,postern_embedded=trace,rmcp=error");
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(|| Kept);
        log.try_init().unwrap();
    });
}

/// What was logged so far, by all tests of this process.
pub(crate) fn text() -> String {
    String::from_utf8_lossy(&KEPT.lock()).into_owned()
}

struct Kept;

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        KEPT.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
