use std::ffi::{CStr, c_int, c_void};

use pq_sys::{
    PG_DIAG_MESSAGE_PRIMARY, PG_DIAG_SEVERITY_NONLOCALIZED, PG_DIAG_SQLSTATE, PGresult, PQresultErrorField,
};

/// Logs a notice of the server at the level of its severity.
///
/// The text contains no personal data: it is sent before the first statement.
#[expect(unsafe_code, reason = "called by libpq")]
pub(super) unsafe extern "C" fn log_notice(_: *mut c_void, notice: *const PGresult) {
    let field = |code: u8| {
        // SAFETY: libpq passes a result that is valid during the call; the text is copied.
        unsafe {
            let text = PQresultErrorField(notice, c_int::from(code));
            if text.is_null() { String::new() } else { CStr::from_ptr(text).to_string_lossy().into_owned() }
        }
    };
    let (sqlstate, text) = (field(PG_DIAG_SQLSTATE), field(PG_DIAG_MESSAGE_PRIMARY));
    let message = "notice of the database";
    match field(PG_DIAG_SEVERITY_NONLOCALIZED).as_str() {
        severity if severity.starts_with("DEBUG") => tracing::debug!(sqlstate, text, "{message}"),
        "LOG" | "INFO" | "NOTICE" => tracing::info!(sqlstate, text, "{message}"),
        _ => tracing::warn!(sqlstate, text, "{message}"),
    }
}

/// Ignores a notice: one that a statement caused may quote its data.
#[expect(unsafe_code, reason = "called by libpq")]
pub(super) unsafe extern "C" fn ignore_notice(_: *mut c_void, _: *const PGresult) {}
