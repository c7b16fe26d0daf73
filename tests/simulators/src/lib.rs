//! Simulators of vendor APIs, with their quirks.
