use chrono::TimeDelta;
use sihha_domain::session::{PurgeSessions, Session};
use sihha_domain::testing::patient;

use crate::context::TestContext;

fn purge(context: &TestContext) -> u32 {
    PurgeSessions { store: context.store.clone(), clock: context.clock.clone(), batch_size: 1000 }
        .batch()
        .expect("swept")
}

#[test]
fn a_session_is_purged_on_the_day_after_its_expiry() {
    let context = TestContext::new();
    let account = context.register("amina@example.com", patient()).account;
    context.clock.advance(TimeDelta::hours(23));
    assert_eq!((purge(&context), context.live_sessions(account.id)), (0, 1));
    context.clock.advance(TimeDelta::hours(24));
    assert_eq!((purge(&context), purge(&context)), (1, 0));
}

#[test]
fn a_revoked_session_is_kept_so_that_its_owner_sees_the_reason() {
    let context = TestContext::new();
    let tokens = context.register("amina@example.com", patient()).tokens;
    context.log_out(tokens.refresh.expose());
    context.clock.advance(Session::KEPT_AFTER_END);
    assert_eq!(purge(&context), 0);
    context.clock.advance(TimeDelta::seconds(1));
    assert_eq!(purge(&context), 1);
}

#[test]
fn a_live_session_is_never_purged() {
    let context = TestContext::new();
    let mut tokens = context.register("amina@example.com", patient()).tokens;
    let id = context.authenticate(tokens.access.expose()).unwrap().profile_id;
    for _ in 0..29 {
        context.clock.advance(TimeDelta::hours(23));
        tokens = context.refresh(tokens.refresh.expose()).unwrap();
        assert_eq!((purge(&context), context.live_sessions(id)), (0, 1));
    }
}
