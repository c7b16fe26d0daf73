//! The `postern` command.

fn main() -> std::process::ExitCode {
    postern::cli::run()
}
