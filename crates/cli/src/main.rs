//! The binary. All code is in the library.

fn main() -> ! {
    let status = sihha_cli::run();
    #[expect(unsafe_code, reason = "a normal exit would run the libraries' exit handlers")]
    // SAFETY: nothing runs after it. The pool's threads may be connecting at this moment. libpq
    // uses OpenSSL and Kerberos for that, which crash if their exit handlers run meanwhile.
    unsafe {
        nix::libc::_exit(status)
    }
}
