//! Search for accounts, in any spelling.

mod name_key;

pub use name_key::NameKey;
