use std::ffi::CStr;
use std::num::NonZeroU32;
use std::os::raw::c_int;
use std::ptr::NonNull;

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};
use pq_sys::{
    ExecStatusType, PG_DIAG_COLUMN_NAME, PG_DIAG_CONSTRAINT_NAME, PG_DIAG_MESSAGE_DETAIL,
    PG_DIAG_MESSAGE_HINT, PG_DIAG_MESSAGE_PRIMARY, PG_DIAG_SQLSTATE, PG_DIAG_STATEMENT_POSITION,
    PG_DIAG_TABLE_NAME, PGresult, PQclear, PQcmdTuples, PQfname, PQftype, PQgetisnull, PQgetlength,
    PQgetvalue, PQnfields, PQntuples, PQresultErrorField, PQresultErrorMessage, PQresultStatus,
};

use super::sqlstate::SqlState;

/// The server's result of a statement.
pub(super) struct Outcome {
    result: NonNull<PGresult>,
    pub(super) rows: usize,
    pub(super) columns: usize,
}

#[expect(unsafe_code, reason = "libpq's results")]
impl Outcome {
    /// Takes ownership of a result.
    ///
    /// # Safety
    ///
    /// `result` must come from libpq, and nobody else may use or clear it.
    pub(super) unsafe fn new(result: NonNull<PGresult>) -> Self {
        // SAFETY: the result is valid.
        let (rows, columns) = unsafe { (PQntuples(result.as_ptr()), PQnfields(result.as_ptr())) };
        Self {
            result,
            rows: usize::try_from(rows).unwrap_or(0),
            columns: usize::try_from(columns).unwrap_or(0),
        }
    }

    pub(super) fn status(&self) -> ExecStatusType {
        // SAFETY: the result is valid as long as `self`.
        unsafe { PQresultStatus(self.result.as_ptr()) }
    }

    /// Returns the number of rows that the statement wrote.
    pub(super) fn rows_affected(&self) -> usize {
        // SAFETY: as above; the text ends with a NUL, and is copied.
        let text = unsafe { CStr::from_ptr(PQcmdTuples(self.result.as_ptr())) };
        text.to_str().ok().and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    /// Returns a value in Postgres's binary format. `None` if it is null, or if the row or the
    /// column does not exist.
    pub(super) fn value(&self, row: usize, column: usize) -> Option<&[u8]> {
        let (row_index, column_index) = self.checked_index(row, column)?;
        // SAFETY: row and column exist. The bytes are valid as long as the result.
        unsafe {
            let result = self.result.as_ptr();
            if PQgetisnull(result, row_index, column_index) != 0 {
                return None;
            }
            let length = usize::try_from(PQgetlength(result, row_index, column_index)).ok()?;
            Some(std::slice::from_raw_parts(PQgetvalue(result, row_index, column_index).cast(), length))
        }
    }

    fn checked_index(&self, row: usize, column: usize) -> Option<(c_int, c_int)> {
        let exists = row < self.rows && column < self.columns;
        exists.then(|| Some((c_int::try_from(row).ok()?, c_int::try_from(column).ok()?)))?
    }

    /// Returns the object id of a column's type.
    pub(super) fn column_type(&self, column: usize) -> Option<NonZeroU32> {
        let column = c_int::try_from(column).ok()?;
        // SAFETY: libpq checks the number.
        NonZeroU32::new(unsafe { PQftype(self.result.as_ptr(), column) })
    }

    pub(super) fn column_name(&self, column: usize) -> Option<&str> {
        let column = c_int::try_from(column).ok()?;
        // SAFETY: libpq checks the number; the name is valid as long as the result.
        unsafe {
            let name = PQfname(self.result.as_ptr(), column);
            if name.is_null() { None } else { CStr::from_ptr(name).to_str().ok() }
        }
    }

    /// Returns the error of a failed statement.
    pub(super) fn error(&self) -> ServerError {
        let field = |code| self.field(code);
        // SAFETY: as above.
        let message = unsafe { CStr::from_ptr(PQresultErrorMessage(self.result.as_ptr())) };
        ServerError {
            sqlstate: field(PG_DIAG_SQLSTATE).and_then(|code| SqlState::parse(&code)),
            message: field(PG_DIAG_MESSAGE_PRIMARY).unwrap_or_else(|| message.to_string_lossy().into_owned()),
            detail: field(PG_DIAG_MESSAGE_DETAIL),
            hint: field(PG_DIAG_MESSAGE_HINT),
            table: field(PG_DIAG_TABLE_NAME),
            column: field(PG_DIAG_COLUMN_NAME),
            constraint: field(PG_DIAG_CONSTRAINT_NAME),
            position: field(PG_DIAG_STATEMENT_POSITION).and_then(|text| text.parse().ok()),
        }
    }

    fn field(&self, code: u8) -> Option<String> {
        // SAFETY: as above; the text is copied.
        unsafe {
            let text = PQresultErrorField(self.result.as_ptr(), c_int::from(code));
            if text.is_null() { None } else { Some(CStr::from_ptr(text).to_string_lossy().into_owned()) }
        }
    }
}

impl Drop for Outcome {
    #[expect(unsafe_code, reason = "libpq's results")]
    fn drop(&mut self) {
        // SAFETY: the result is valid, and nothing borrows from it.
        unsafe { PQclear(self.result.as_ptr()) }
    }
}

/// An error of the server, or of the connection to it. An error of the connection has no code.
#[derive(Debug, Clone)]
pub(in crate::postgres) struct ServerError {
    pub(in crate::postgres) sqlstate: Option<SqlState>,
    message: String,
    detail: Option<String>,
    hint: Option<String>,
    table: Option<String>,
    column: Option<String>,
    constraint: Option<String>,
    position: Option<i32>,
}

impl ServerError {
    /// Creates an error of the connection.
    pub(super) fn of_connection(message: &str) -> Box<Self> {
        Box::new(Self {
            sqlstate: None,
            message: message.to_owned(),
            detail: None,
            hint: None,
            table: None,
            column: None,
            constraint: None,
            position: None,
        })
    }

    /// Converts the error to Diesel's type. `is_gone` tells whether the connection broke.
    pub(super) fn diesel(self: Box<Self>, is_gone: bool) -> DieselError {
        let kind = match self.sqlstate.as_ref().map(SqlState::as_str) {
            _ if is_gone => DatabaseErrorKind::ClosedConnection,
            Some("23502") => DatabaseErrorKind::NotNullViolation,
            Some("23503") => DatabaseErrorKind::ForeignKeyViolation,
            Some("23505") => DatabaseErrorKind::UniqueViolation,
            Some("23514") => DatabaseErrorKind::CheckViolation,
            Some("25006") => DatabaseErrorKind::ReadOnlyTransaction,
            Some("40001") => DatabaseErrorKind::SerializationFailure,
            _ => DatabaseErrorKind::Unknown,
        };
        DieselError::DatabaseError(kind, self)
    }
}

impl DatabaseErrorInformation for ServerError {
    fn message(&self) -> &str {
        &self.message
    }

    fn details(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    fn table_name(&self) -> Option<&str> {
        self.table.as_deref()
    }

    fn column_name(&self) -> Option<&str> {
        self.column.as_deref()
    }

    fn constraint_name(&self) -> Option<&str> {
        self.constraint.as_deref()
    }

    fn statement_position(&self) -> Option<i32> {
        self.position
    }
}
