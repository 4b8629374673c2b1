use super::Application;
use crate::account::AccountRef;
use crate::idempotency;
use crate::staff::StaffCaller;

/// A request of a member of staff to change an application.
#[derive(Clone)]
pub struct StaffRequest<'a> {
    /// The member of staff.
    pub caller: &'a StaffCaller,
    /// The account of the application.
    pub account: AccountRef,
    /// The request's key, if it has one.
    pub repeat: Option<Repeat<'a>>,
}

/// A request about an application that may be repeated.
pub type Repeat<'a> = idempotency::Repeat<'a, Application>;

/// The outcome of a request to change an application.
pub type Outcome = idempotency::Outcome<Application>;
