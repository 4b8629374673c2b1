//! Test fixtures: a real Postgres, a database for each test, and the production server.
//!
//! ```no_run
//! let app = sihha_tests::TestApp::start();
//! let response = app.post("/api/user/register", &sihha_tests::samples::patient("amina@example.com"));
//! assert_eq!(response.status, 201);
//! ```

mod app;
mod client;
mod database;
pub mod evidence;
mod given;
mod janitor;
mod packages;
mod postgres;
mod raw;
pub mod recorder;
mod relay;
pub mod samples;
mod search;
mod smtp;
pub mod staff;

pub use app::{TestApp, TestOptions};
pub use client::{Client, Response};
pub use database::TestDatabase;
pub use janitor::Janitor;
pub use packages::{packages, python};
pub use postgres::{Frozen, TestPostgres, temporary_dir};
pub use raw::RawConnection;
pub use relay::recorded;
pub use smtp::TestSmtp;
