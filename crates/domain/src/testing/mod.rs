//! In-memory adapters, and the suites that every adapter of a port must pass.
//!
//! Only with the feature `testing`.

pub mod conformance;
mod fixed;
mod memory;
mod samples;

pub use fixed::{
    FixedClock, PlainCodes, PlainHasher, PlainIssuer, PlainSecretBox, PlainStaffIssuer, RecordingMailer,
    SequenceRandomness,
};
pub use memory::MemoryStore;
pub use samples::{doctor, email, hospital, labo, patient, profile, registered};
