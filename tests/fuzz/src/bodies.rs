//! JSON bodies, read as registrations of each role.

use serde_json::{Value, json};
use sihha_api::testing::{body, document, patched, registration};
use sihha_domain::account::{Account, Registration, Role};
use sihha_domain::approval::Approval;
use sihha_domain::testing::{patient, registered};

use crate::TODAY;

pub(crate) fn run(data: &[u8]) {
    let Ok(body) = body(data) else { return };
    assert!(body.is_object());
    for role in Role::ALL {
        let Ok(registration) = registration(role, &body, TODAY) else { continue };
        assert_eq!(registration.details.role(), role);
        check(registration);
    }
}

/// Checks that an account can be sent back as its owner reads it.
fn check(Registration { profile, details, password }: Registration) {
    let role = details.role();
    let account = Account {
        approval: role.needs_approval().then_some(Approval::Pending),
        profile,
        details,
        ..registered(1, "amina@example.com", patient())
    };
    let document = document(&account);
    assert_eq!(patched(&json!({}), &account, TODAY).as_ref(), Ok(&account));
    assert_eq!(patched(&document, &account, TODAY).as_ref(), Ok(&account), "{document}");
    let again = registration(role, &with_password(document, password.expose()), TODAY);
    let again = again.unwrap_or_else(|error| panic!("what was accepted is refused: {error:?}"));
    assert_eq!((again.profile, again.details), (account.profile, account.details));
    assert_eq!(again.password.expose(), password.expose());
}

fn with_password(mut document: Value, password: &str) -> Value {
    let members = if document["profile"].is_object() { &mut document["profile"] } else { &mut document };
    members["password"] = password.into();
    document
}
