//! Search for accounts, in any spelling.

mod account_search;
mod browse;
mod filter;
mod found;
mod name_key;
mod ports;
mod query;
mod show;
mod terms;

pub use account_search::SearchAccounts;
pub use browse::BrowseAccounts;
pub use filter::SearchFilter;
pub use found::{AccountRecord, AccountState, FoundAccount, Score, SearchCursor, SearchMatch};
pub use name_key::NameKey;
pub use ports::{AccountSearch, Candidate, Prefixed};
pub use query::SearchQuery;
pub use show::ShowAccount;
pub use terms::SearchTerms;
