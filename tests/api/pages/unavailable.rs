//! Pages of a service that cannot do its work now.

use std::sync::{Arc, Barrier};

use sihha_tests::{TestApp, TestDatabase, TestPostgres};

use super::support::{NEW_PASSWORD, PAGES, UNKNOWN, asked_token, assert_page, open_in, reset, send};
use crate::links::{AMINA, owner};

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
    postgres.start_again();
}

#[test]
fn a_storm_of_forms_is_refused_early_by_pages() {
    const READERS: usize = 12;
    // One hash at a time, half a second each: two are admitted, one waits, and the next is refused.
    let app = TestApp::start_with(TestDatabase::new(), |options| {
        options.hash_threads = Some(1);
        options.hash_queue = Some(1);
        options.argon2_memory_kib = 65_536;
        options.argon2_passes = 10;
    });
    owner(&app, AMINA);
    let token = asked_token(&app, "/reset-password", AMINA);
    let ready = Barrier::new(READERS);
    let answers: Vec<_> = std::thread::scope(|scope| {
        let send = || {
            ready.wait();
            reset(&app, &token, NEW_PASSWORD)
        };
        let readers: Vec<_> = (0..READERS).map(|_| scope.spawn(send)).collect();
        readers.into_iter().map(|reader| reader.join().unwrap()).collect()
    });
    let count = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    assert!(count(200) == 1 && count(503) > 0, "{} succeeded, {} were refused", count(200), count(503));
    for refused in answers.iter().filter(|answer| answer.status == 503) {
        assert_page(refused, 503, "The service is not available");
        assert_eq!(refused.header("Retry-After"), "1");
    }
}
