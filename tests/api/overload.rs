//! More logins than the cores can hash: some are refused early, and other requests are not
//! affected.

use std::sync::{Barrier, mpsc};

use sihha_tests::{TestApp, TestDatabase};

use crate::support::{assert_problem, log_in, log_in_with, register};

const CALLERS: usize = 24;

#[test]
fn a_login_storm_is_refused_early_and_does_not_affect_other_requests() {
    // One hash at a time, half a second each: two are admitted, one waits, and the next is refused.
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
                // Requests with a token succeed during the storm.
                assert_eq!(app.get_as(registered.text_at("access"), "/api/me").status, 200);
                assert_eq!(app.get("/health/ready").status, 200);
                refused += 1;
            }
        }
        assert!((1..CALLERS).contains(&refused), "{refused} of {CALLERS} were refused");
    });
    assert_eq!(log_in(&app, "user", "amina@example.com").status, 200, "a login succeeds after the storm");
}
