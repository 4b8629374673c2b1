//! The binary: everything is in the library.

fn main() -> ! {
    let status = sihha_cli::run();
    #[expect(unsafe_code, reason = "an ordinary exit would run the libraries' exit handlers")]
    // SAFETY: nothing runs after it. The pool's threads may be connecting at this moment, and OpenSSL and Kerberos,
    // which libpq uses for that, crash when their exit handlers run meanwhile.
    unsafe {
        nix::libc::_exit(status)
    }
}
