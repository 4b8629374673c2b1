use sihha_domain::Error;
use sihha_domain::ids::ProfileId;

use crate::world::World;

#[test]
fn an_account_of_each_role_reads_back_as_it_was_registered() {
    let (world, accounts) = World::with_all_roles();
    for account in accounts {
        assert_eq!(world.read(account.id).unwrap(), account);
    }
}

#[test]
fn an_id_of_nobody_is_an_unknown_account() {
    let (world, [patient, ..]) = World::with_all_roles();
    let nobody = ProfileId::from_uuid(uuid::Uuid::from_u128(patient.id.as_uuid().as_u128() ^ 1 << 40));
    let outcome = world.read(nobody);
    assert!(matches!(outcome, Err(Error::UnknownAccount)), "{outcome:?}");
}
