//! Diesel's errors, told in the domain's words.

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use sihha_domain::UniqueField;
use sihha_domain::account::InsertError;
use sihha_domain::store::StoreError;

/// What `error` means. The driver's message stays out: it quotes the row that it is about.
pub(super) fn store_error(error: &DieselError) -> StoreError {
    match error {
        DieselError::DatabaseError(kind, information) => {
            let constraint = information.constraint_name().unwrap_or("none");
            let table = information.table_name().unwrap_or("none");
            StoreError::Unexpected(format!("{kind:?}, table {table}, constraint {constraint}"))
        }
        DieselError::DeserializationError(_) => StoreError::Inconsistent("a row could not be read".into()),
        DieselError::SerializationError(_) => StoreError::Unexpected("a value could not be written".into()),
        DieselError::NotFound => StoreError::Unexpected("a row that must be there is not".into()),
        _ => StoreError::Unexpected("a query or a transaction was misused".into()),
    }
}

/// Which field another account has already, if that is what `error` says.
pub(super) fn taken(error: &DieselError) -> Option<InsertError> {
    let DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, information) = error else {
        return None;
    };
    let field = match information.constraint_name()? {
        "profiles_email_key" => UniqueField::Email,
        "profiles_carte_id_key" => UniqueField::CarteId,
        _ => return None,
    };
    Some(InsertError::Taken(field))
}

/// A stored value that breaks the rule of its type.
pub(super) fn inconsistent(table: &str, column: &str) -> StoreError {
    StoreError::Inconsistent(format!("{table}.{column}"))
}
