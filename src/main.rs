//! The `postern` command.

/// Takes half the instructions of the system's for the few hundred small pieces that a call needs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    postern::cli::run()
}
