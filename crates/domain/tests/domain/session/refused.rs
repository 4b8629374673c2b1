//! Which account is logged when a login is refused.

use sihha_domain::account::Role;

use crate::suspension::suspend;
use crate::world::{PASSWORD, WRONG_PASSWORD, World};

#[test]
fn a_refused_login_names_the_account_with_the_email_for_every_reason() {
    let (world, [patient, doctor, ..]) = World::with_all_roles();
    let refused = |role, email, password| world.account_of_refused(role, email, password);
    assert_eq!(refused(Role::Patient, "patient@example.com", WRONG_PASSWORD), Some(patient.id));
    assert_eq!(refused(Role::Labo, "patient@example.com", PASSWORD), Some(patient.id));
    assert_eq!(refused(Role::Doctor, "doctor@example.com", PASSWORD), Some(doctor.id));
    suspend(&world, "patient@example.com");
    assert_eq!(refused(Role::Patient, "patient@example.com", PASSWORD), Some(patient.id));
    assert_eq!(refused(Role::Patient, "nobody@example.com", PASSWORD), None);
}
