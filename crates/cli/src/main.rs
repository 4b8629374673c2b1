//! The binary: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    match sihha_cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "this is where a person looks")]
            {
                eprintln!("sihha: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}
