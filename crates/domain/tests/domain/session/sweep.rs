use chrono::TimeDelta;
use sihha_domain::session::{Session, SweepSessions};
use sihha_domain::testing::patient;

use crate::world::World;

fn sweep(world: &World) -> u32 {
    SweepSessions { store: world.store.clone(), clock: world.clock.clone() }.batch().expect("swept")
}

#[test]
fn a_session_is_removed_the_day_after_it_expired() {
    let world = World::new();
    let account = world.register("amina@example.com", patient()).account;
    world.clock.advance(TimeDelta::hours(23));
    assert_eq!((sweep(&world), world.live_sessions(account.id)), (0, 1));
    world.clock.advance(TimeDelta::hours(24));
    assert_eq!((sweep(&world), sweep(&world)), (1, 0));
}

#[test]
fn a_session_that_was_ended_is_kept_for_its_owner_to_see_why() {
    let world = World::new();
    let tokens = world.register("amina@example.com", patient()).tokens;
    world.log_out(tokens.refresh.expose());
    world.clock.advance(Session::KEPT_AFTER_END);
    assert_eq!(sweep(&world), 0);
    world.clock.advance(TimeDelta::seconds(1));
    assert_eq!(sweep(&world), 1);
}

#[test]
fn a_live_session_outlasts_every_sweep() {
    let world = World::new();
    let mut tokens = world.register("amina@example.com", patient()).tokens;
    let id = world.authenticate(tokens.access.expose()).unwrap().user_id;
    for _ in 0..29 {
        world.clock.advance(TimeDelta::hours(23));
        tokens = world.refresh(tokens.refresh.expose()).unwrap();
        assert_eq!((sweep(&world), world.live_sessions(id)), (0, 1));
    }
}
