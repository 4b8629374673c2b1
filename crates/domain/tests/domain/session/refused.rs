//! The account that is logged if a login is refused.

use sihha_domain::account::Role;

use crate::context::{PASSWORD, TestContext, WRONG_PASSWORD};
use crate::suspension::suspend;

#[test]
fn a_refused_login_names_the_account_with_the_email_whatever_the_reason() {
    let (context, [patient, doctor, ..]) = TestContext::with_all_roles();
    let refused = |role, email, password| context.account_of_refused(role, email, password);
    assert_eq!(refused(Role::Patient, "patient@example.com", WRONG_PASSWORD), Some(patient.id));
    assert_eq!(refused(Role::Labo, "patient@example.com", PASSWORD), Some(patient.id));
    assert_eq!(refused(Role::Doctor, "doctor@example.com", PASSWORD), Some(doctor.id));
    suspend(&context, "patient@example.com");
    assert_eq!(refused(Role::Patient, "patient@example.com", PASSWORD), Some(patient.id));
    assert_eq!(refused(Role::Patient, "nobody@example.com", PASSWORD), None);
}
