//! Search for accounts, in any spelling.

mod name_key;
mod terms;

pub use name_key::NameKey;
pub use terms::SearchTerms;
