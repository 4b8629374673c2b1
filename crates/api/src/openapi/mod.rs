//! Parts of the OpenAPI document: descriptions of operations, and what they share.

pub(crate) mod choices;
mod description;
mod errors;
pub(crate) mod examples;
pub(crate) mod flatten;
mod headers;
mod texts;

pub(crate) use description::Description;

/// Names of the groups of operations.
pub(crate) mod tag {
    pub(crate) const REGISTRATION: &str = "Registration";
    pub(crate) const LOGIN: &str = "Login";
    pub(crate) const TOKENS: &str = "Tokens";
    pub(crate) const ACCOUNT: &str = "Account";
    pub(crate) const EMAIL: &str = "E-mail";
    pub(crate) const PASSWORD: &str = "Password";
    pub(crate) const DJOSER: &str = "djoser";
    pub(crate) const REFERENCE_DATA: &str = "Reference data";
    pub(crate) const STAFF: &str = "Staff";
    pub(crate) const APPLICATIONS: &str = "Applications";
    pub(crate) const ACCOUNTS: &str = "Accounts";
    pub(crate) const HEALTH: &str = "Health";
}
