//! Pages of a service that cannot do its work now.

use std::sync::Arc;

use sihha_tests::{TestApp, TestDatabase, TestPostgres};

use super::support::{NEW_PASSWORD, PAGES, UNKNOWN, assert_page, open_in, reset, send};

#[test]
fn a_page_says_in_the_readers_language_that_the_database_is_unavailable() {
    let postgres = Arc::new(TestPostgres::start());
    let app = TestApp::start_with(TestDatabase::on(Arc::clone(&postgres)), |_| {});
    postgres.stop();
    let titles = [
        ("en", "The service is not available"),
        ("fr", "Le service n’est pas disponible"),
        ("ar", "الخدمة غير متاحة"),
    ];
    for (language, title) in titles {
        for page in PAGES {
            let answer = open_in(&app, language, &format!("{page}?token={UNKNOWN}"));
            assert_page(&answer, 503, title);
            assert_eq!(answer.header("Retry-After"), "1");
        }
    }
    let answers = [
        reset(&app, UNKNOWN, NEW_PASSWORD),
        send(&app, "/verify-email", &[("token", UNKNOWN)]),
        send(&app, "/reset-password", &[("email", "amina@example.com")]),
    ];
    for answer in answers {
        assert_page(&answer, 503, titles[0].1);
    }
    // It needs no database.
    assert_page(&open_in(&app, "en", "/reset-password"), 200, "Forgotten password");
}
