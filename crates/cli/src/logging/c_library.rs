//! Logs what C libraries print to C's `stderr`.
//!
//! libpq prints server warnings while it connects (Diesel silences it only afterwards), and
//! complaints about a password file; TLS and Kerberos libraries print as well. They all use C's
//! stream, so that is replaced. File descriptor 2 is unchanged, because Rust and glibc print to it
//! before they abort.

use std::ffi::{c_char, c_int, c_void};
use std::sync::{Mutex, PoisonError};

use anyhow::ensure;
use nix::libc::{self, FILE};

/// Maximum size in bytes of a text that is logged.
const MAX_TEXT: usize = 2048;

/// `cookie_io_functions_t` of glibc.
#[repr(C)]
struct CookieFunctions {
    read: Option<unsafe extern "C" fn(*mut c_void, *mut c_char, usize) -> isize>,
    write: Option<unsafe extern "C" fn(*mut c_void, *const c_char, usize) -> isize>,
    seek: Option<unsafe extern "C" fn(*mut c_void, *mut i64, c_int) -> c_int>,
    close: Option<unsafe extern "C" fn(*mut c_void) -> c_int>,
}

#[expect(unsafe_code, reason = "no crate declares them")]
unsafe extern "C" {
    fn fopencookie(cookie: *mut c_void, mode: *const c_char, functions: CookieFunctions) -> *mut FILE;
    #[link_name = "stderr"]
    static mut STDERR: *mut FILE;
}

/// Replaces C's `stderr` by a stream into the log. Must be called before other threads use C
/// libraries.
pub(super) fn capture_stderr() -> anyhow::Result<()> {
    let functions = CookieFunctions { read: None, write: Some(write), seek: None, close: None };
    #[expect(unsafe_code, reason = "no safe way reaches libpq before Diesel owns the connection")]
    // SAFETY: glibc documents `stderr` as an assignable variable. No other thread uses it yet, and
    // the new stream is never closed. `write` keeps no pointer and needs no cookie.
    let is_replaced = unsafe {
        let stream = fopencookie(std::ptr::null_mut(), c"w".as_ptr(), functions);
        let is_open = !stream.is_null();
        if is_open {
            libc::setvbuf(stream, std::ptr::null_mut(), libc::_IONBF, 0);
            STDERR = stream;
        }
        is_open
    };
    ensure!(is_replaced, "no memory for C's standard error");
    Ok(())
}

#[expect(unsafe_code, reason = "called by C")]
unsafe extern "C" fn write(_: *mut c_void, text: *const c_char, length: usize) -> isize {
    // SAFETY: the stream passes `length` bytes, which are valid during the call.
    let text = unsafe { std::slice::from_raw_parts(text.cast::<u8>(), length) };
    if let Some(message) = complete(text) {
        log(&message);
    }
    length.cast_signed()
}

/// Collects what is printed; returns it once a line is complete.
fn complete(part: &[u8]) -> Option<Vec<u8>> {
    static BEGUN: Mutex<Vec<u8>> = Mutex::new(Vec::new());
    let mut begun = BEGUN.lock().unwrap_or_else(PoisonError::into_inner);
    let room = MAX_TEXT.saturating_sub(begun.len());
    begun.extend_from_slice(&part[..part.len().min(room)]);
    part.ends_with(b"\n").then(|| std::mem::take(&mut *begun))
}

/// Logs `message` at the level of its severity; an unknown one, such as a translated one, counts as
/// a warning.
///
/// It has no personal data: it concerns the connection, before the first statement.
fn log(message: &[u8]) {
    let text = String::from_utf8_lossy(message);
    let text = text.trim();
    match text.split(':').next().unwrap_or_default() {
        "LOG" | "INFO" | "NOTICE" => tracing::info!(text, "notice of a C library"),
        severity if severity.starts_with("DEBUG") => tracing::debug!(text, "notice of a C library"),
        _ => tracing::warn!(text, "notice of a C library"),
    }
}
