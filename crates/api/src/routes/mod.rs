//! Handlers: one folder per noun, one file per action.

pub(crate) mod account;
pub(crate) mod docs;
pub(crate) mod health;
pub(crate) mod key;
pub(crate) mod password;
pub(crate) mod session;
pub(crate) mod specialite;

use sihha_domain::account::Role;

/// Names an account holder of the role, for documentation.
const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Patient => "patient",
        Role::Doctor | Role::Hospital | Role::Labo => role.as_str(),
    }
}
