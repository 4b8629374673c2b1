//! What every adapter of a port MUST do.
//!
//! A suite is a list of cases for one port. [`tests`] makes a test of each case for one adapter, so
//! that a failure names both. `tests/conformance.rs` of `domain` and of `infra` list the adapters.

mod case;
mod clock;
mod hasher;
mod issuer;
mod keys;
mod randomness;
mod secret_box;
mod staff_issuer;
mod store;

pub use case::{Case, Test, tests};
pub use clock::CASES as CLOCK;
pub use hasher::{CASES as HASHER, Hashers};
pub use issuer::CASES as ISSUER;
pub use keys::{CASES as KEYS, Keys};
pub use randomness::CASES as RANDOMNESS;
pub use secret_box::CASES as SECRET_BOX;
pub use staff_issuer::CASES as STAFF_ISSUER;
pub use store::{CASES as STORE, ObservableStore};
