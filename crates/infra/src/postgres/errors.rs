//! Converts Diesel's errors to the domain's errors.

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use sihha_domain::store::StoreError;

use super::libpq::SqlState;

/// Converts `error` by the code that the server sent. The driver's message is left out, because it
/// quotes the row that it concerns.
pub(super) fn store_error(error: &DieselError, sqlstate: Option<SqlState>) -> StoreError {
    let DieselError::DatabaseError(kind, information) = error else {
        return match error {
            DieselError::DeserializationError(_) => {
                StoreError::Inconsistent("a row could not be read".into())
            }
            DieselError::SerializationError(_) => {
                StoreError::Unexpected("a value could not be written".into())
            }
            DieselError::NotFound => StoreError::Unexpected("a required row is missing".into()),
            DieselError::BrokenTransactionManager | DieselError::RollbackErrorOnCommit { .. } => {
                unavailable("the connection broke", sqlstate)
            }
            _ => StoreError::Unexpected("a query or a transaction was used incorrectly".into()),
        };
    };
    let Some(sqlstate) = sqlstate else {
        return unavailable("the connection broke, or the server did not answer in time", None);
    };
    match sqlstate {
        SqlState::LOCK_NOT_AVAILABLE => StoreError::Locked,
        SqlState::SERIALIZATION_FAILURE
        | SqlState::DEADLOCK
        | SqlState::CACHED_PLAN_IS_STALE
        | SqlState::UNKNOWN_STATEMENT => StoreError::Conflict,
        SqlState::QUERY_CANCELED => unavailable("a statement took too long or was cancelled", Some(sqlstate)),
        SqlState::INSUFFICIENT_PRIVILEGE => {
            unavailable("the role lacks a right, or row-level security hides rows from it", Some(sqlstate))
        }
        _ if is_outage(sqlstate) || *kind == DatabaseErrorKind::ClosedConnection => {
            unavailable(outage(sqlstate), Some(sqlstate))
        }
        _ => {
            let constraint = information.constraint_name().unwrap_or("none");
            let table = information.table_name().unwrap_or("none");
            StoreError::Unexpected(format!("SQLSTATE {sqlstate}, table {table}, constraint {constraint}"))
        }
    }
}

fn unavailable(reason: &str, sqlstate: Option<SqlState>) -> StoreError {
    let code = sqlstate.map(|sqlstate| format!(" (SQLSTATE {sqlstate})")).unwrap_or_default();
    StoreError::Unavailable(format!("{reason}{code}").into())
}

/// Returns whether the error means that the server cannot do its work now (PostgreSQL manual,
/// appendix A).
pub(super) fn is_outage(sqlstate: SqlState) -> bool {
    match sqlstate {
        SqlState::READ_ONLY => true,
        SqlState::QUERY_CANCELED => false,
        // Connections, resources, intervention by an operator, and system errors; 25P03 is the
        // timeout of idle transactions.
        _ => matches!(sqlstate.class(), "08" | "53" | "57" | "58") || sqlstate.as_str() == "25P03",
    }
}

fn outage(sqlstate: SqlState) -> &'static str {
    match (sqlstate.as_str(), sqlstate.class()) {
        ("25006", _) => "the database is read-only or a standby",
        ("25P03", _) => "a transaction was idle for too long",
        ("53100", _) => "the database's disk is full",
        ("53200", _) => "the database is out of memory",
        ("53300", _) => "the database has reached its maximum number of connections",
        (_, "53") => "the database lacks a resource",
        (_, "58") => "the database had a system error",
        _ => "the connection to the database was closed",
    }
}

/// Creates the error for a stored word that this release does not know, or for a missing part of an
/// account.
pub(super) fn inconsistent(table: &str, column: &str) -> StoreError {
    StoreError::Inconsistent(format!("{table}.{column}"))
}
