//! `sihha sessions`, after a restore.

use nix::sys::signal::Signal;
use sihha_tests::{TestDatabase, samples};

use crate::process::Sihha;

#[test]
fn clients_of_a_restored_database_refresh_once_and_keep_their_sessions() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let service = sihha.serve();
    let first = service.post("/api/user/register", &samples::patient("amina@example.com"));
    let refresh = |token: &str| service.post("/api/token/refresh", &serde_json::json!({ "refresh": token }));
    database.execute("CREATE TABLE backup AS SELECT * FROM sessions").unwrap();
    let second = refresh(first.text_at("refresh"));
    let third = refresh(second.text_at("refresh"));
    // The restore.
    database
        .execute(
            "UPDATE sessions SET current_token = backup.current_token, previous_token = NULL, used_at = backup.used_at \
             FROM backup WHERE backup.id = sessions.id",
        )
        .unwrap();
    let marked =
        sihha.run(["sessions", "mark-restored", "--opened-before", "2100-01-01T00:00:00Z"]).succeeded();
    assert!(marked.starts_with("1 sessions"), "{marked}");
    let fourth = refresh(third.text_at("refresh"));
    assert_eq!(fourth.status, 200, "{}", fourth.text);
    assert_eq!(refresh(fourth.text_at("refresh")).status, 200);
    service.stop(Signal::SIGTERM).succeeded();

    let refused = sihha.run(["sessions", "mark-restored", "--opened-before", "yesterday"]);
    assert!(refused.usage_error().contains("2026-11-28T09:00:00Z"), "{refused:?}");
    for time in ["2026-02-30T09:00:00Z", "2026-13-01T09:00:00Z"] {
        let refused = sihha.run(["sessions", "mark-restored", "--opened-before", time]);
        assert!(refused.usage_error().contains("there is no such day as 2026-"), "{refused:?}");
    }
}
