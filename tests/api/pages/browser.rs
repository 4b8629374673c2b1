//! The page that sets a password, in a real browser.

use std::path::Path;
use std::process::Command;

use sihha_tests::{TestApp, packages, recorded};

use super::support::{NEW_PASSWORD, asked_token};
use crate::links::{AMINA, owner};
use crate::support::log_in_with;

#[test]
fn a_browser_without_scripts_sets_a_new_password() {
    let app = TestApp::start();
    owner(&app, AMINA);
    let token = asked_token(&app, "/reset-password", AMINA);
    let link = format!("http://{}/reset-password?token={token}", recorded(app.address()));
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    let python = packages("browser", &scripts).join("bin/python");
    let script =
        Command::new(python).arg(scripts.join("reset_password.py")).args([&link, NEW_PASSWORD]).output();
    let script = script.unwrap();
    assert!(script.status.success(), "{}", String::from_utf8_lossy(&script.stderr));
    assert_eq!(log_in_with(&app, "user", AMINA, NEW_PASSWORD).status, 200);
}
