//! The binary: everything is in the library.

use std::io::Write;

fn main() -> ! {
    let status = match sihha_cli::run() {
        Ok(()) => 0,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "this is where a person looks")]
            {
                eprintln!("sihha: {error:#}");
            }
            1
        }
    };
    let _ = std::io::stdout().flush();
    #[expect(unsafe_code, reason = "an ordinary exit would run the libraries' exit handlers")]
    // SAFETY: nothing runs after it. The pool's threads may be connecting at this moment, and OpenSSL and Kerberos,
    // which libpq uses for that, crash when their exit handlers run meanwhile.
    unsafe {
        nix::libc::_exit(status)
    }
}
