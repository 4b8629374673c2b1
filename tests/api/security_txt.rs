//! `/.well-known/security.txt` (RFC 9116).

use sihha_tests::{TestApp, TestDatabase};

use crate::links::DAY;
use crate::support::assert_problem;

const PATH: &str = "/.well-known/security.txt";

/// Returns a service with these contacts and this public URL.
fn service(contacts: &[&str], public_url: Option<&str>) -> TestApp {
    TestApp::start_with(TestDatabase::new(), |options| {
        options.http.security_contacts = contacts.iter().map(ToString::to_string).collect();
        options.mail.templates.public_url = public_url.map(|url| url.parse().unwrap());
    })
}

#[test]
fn it_names_the_contacts_for_less_than_a_year() {
    let contacts = ["mailto:security@example.dz", "https://example.dz/security"];
    let app = service(&contacts, Some("https://sante.example.dz/"));
    let file = app.get(PATH);
    assert_eq!((file.status, file.header("Content-Type")), (200, "text/plain; charset=utf-8"));
    assert_eq!(
        file.text,
        "Contact: mailto:security@example.dz\n\
         Contact: https://example.dz/security\n\
         Expires: 2027-11-22T00:00:00Z\n\
         Preferred-Languages: fr, ar, en\n\
         Canonical: https://sante.example.dz/.well-known/security.txt\n"
    );
    app.pass(DAY);
    assert!(app.get(PATH).text.contains("Expires: 2027-11-23T00:00:00Z\n"));
}

#[test]
fn an_address_that_is_not_https_is_not_canonical() {
    for url in [None, Some("http://sante.example.dz")] {
        let file = service(&["mailto:security@example.dz"], url).get(PATH);
        assert_eq!(file.status, 200);
        assert!(!file.text.contains("Canonical"), "{}", file.text);
    }
}

#[test]
fn there_is_no_file_without_a_contact() {
    let app = service(&[], Some("https://sante.example.dz"));
    assert_problem(&app.get(PATH), 404, "not_found", PATH);
}
