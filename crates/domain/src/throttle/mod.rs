//! Limits guesses of passwords, of one-time codes and of the tokens in mails.
//!
//! Failures are counted in the store, so that all instances share the count and a restart forgets
//! nothing. An attempt is counted as a failure before it is checked, and forgiven if it succeeds: of any
//! number of simultaneous guesses, only the free ones are checked (NIST SP 800-63B-4 §3.2.2).

mod admission;
mod error;
mod policy;
mod ports;
mod purge;
mod subject;

pub use admission::{Admission, Throttle};
pub use error::Throttled;
pub use policy::{FailureCount, FailureCounts, StuffingLimit, ThrottlePolicy};
pub use ports::{ThrottleKey, ThrottleRepository};
pub use purge::PurgeThrottles;
pub use subject::Subject;
