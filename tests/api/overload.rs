//! More logins than there are cores for: some are refused early, and the rest of the service stays well.

use std::sync::{Barrier, mpsc};

use sihha_tests::{TestApp, TestDatabase};

use crate::support::{assert_problem, log_in, log_in_with, register};

const CALLERS: usize = 24;

#[test]
fn a_storm_of_logins_is_refused_early_and_starves_nobody_else() {
    // One hash at a time, half a second each: two are let in, one waits, and the next is one too many.
    let app = TestApp::start_with(TestDatabase::new(), |options| {
        options.hash_threads = Some(1);
        options.hash_queue = Some(1);
        options.argon2_memory_kib = 65_536;
        options.argon2_passes = 10;
    });
    let registered = register(&app, "user", "amina@example.com");
    let ready = Barrier::new(CALLERS);
    let (answered, answers) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..CALLERS {
            let (answered, app, ready) = (answered.clone(), &app, &ready);
            scope.spawn(move || {
                ready.wait();
                answered.send(log_in_with(app, "user", "amina@example.com", "not the password")).unwrap();
            });
        }
        drop(answered);

        let mut refused = 0;
        for answer in answers {
            if answer.status == 401 {
                assert_problem(&answer, 401, "wrong_credentials", "let in");
            } else {
                assert_problem(&answer, 503, "overloaded", "refused");
                // The storm goes on, and whoever has a token does not notice it.
                assert_eq!(app.get_as(registered.text_at("access"), "/api/me").status, 200);
                assert_eq!(app.get("/health/ready").status, 200);
                refused += 1;
            }
        }
        assert!((1..CALLERS).contains(&refused), "{refused} of {CALLERS} were refused");
    });
    assert_eq!(log_in(&app, "user", "amina@example.com").status, 200, "after the storm all is well");
}
