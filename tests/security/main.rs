//! Attacks on the running service. They take minutes: `make test-security` runs them one at a time,
//! and `cargo test --workspace` leaves them out.

#[path = "../cli/process.rs"]
#[expect(dead_code, reason = "tests/cli uses the rest of it")]
mod process;

mod faults;
