//! Diesel's errors, told in the domain's words.

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use sihha_domain::account::{InsertError, UniqueField};
use sihha_domain::store::StoreError;

use super::libpq::SqlState;

/// What `error` means, by the code that the server sent with it. The driver's message stays out: it quotes the row that it
/// is about.
pub(super) fn store_error(error: &DieselError, sqlstate: Option<SqlState>) -> StoreError {
    let DieselError::DatabaseError(kind, information) = error else {
        return match error {
            DieselError::DeserializationError(_) => {
                StoreError::Inconsistent("a row could not be read".into())
            }
            DieselError::SerializationError(_) => {
                StoreError::Unexpected("a value could not be written".into())
            }
            DieselError::NotFound => StoreError::Unexpected("a row that must be there is not".into()),
            DieselError::BrokenTransactionManager | DieselError::RollbackErrorOnCommit { .. } => {
                unavailable("the connection broke", sqlstate)
            }
            _ => StoreError::Unexpected("a query or a transaction was misused".into()),
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
        SqlState::QUERY_CANCELED => {
            unavailable("a statement took too long, or was cancelled", Some(sqlstate))
        }
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

/// Whether the server cannot do its work at the moment, whatever it is asked for (PostgreSQL manual, appendix A).
pub(super) fn is_outage(sqlstate: SqlState) -> bool {
    match sqlstate {
        SqlState::READ_ONLY => true,
        SqlState::QUERY_CANCELED => false,
        // Connections, resources, an operator, the system; and the server's own time limit for idle transactions.
        _ => matches!(sqlstate.class(), "08" | "53" | "57" | "58") || sqlstate.as_str() == "25P03",
    }
}

fn outage(sqlstate: SqlState) -> &'static str {
    match (sqlstate.as_str(), sqlstate.class()) {
        ("25006", _) => "the database is read-only, or a standby",
        ("25P03", _) => "a transaction was left open for too long",
        ("53100", _) => "the database's disk is full",
        ("53200", _) => "the database is out of memory",
        ("53300", _) => "the database has no connection left",
        (_, "53") => "the database is out of a resource",
        (_, "58") => "the database's system failed",
        _ => "the connection to the database was closed",
    }
}

/// Which field another account has already, if that is what `error` says.
pub(super) fn taken(error: &DieselError) -> Option<InsertError> {
    let DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, information) = error else {
        return None;
    };
    let field = match information.constraint_name()? {
        "profiles_email_key" | "profiles_email_c_key" => UniqueField::Email,
        "profiles_carte_id_key" | "profiles_carte_id_c_key" => UniqueField::CarteId,
        _ => return None,
    };
    Some(InsertError::Taken(field))
}

/// A stored word that this release does not know, or a part of an account that is missing.
pub(super) fn inconsistent(table: &str, column: &str) -> StoreError {
    StoreError::Inconsistent(format!("{table}.{column}"))
}
