//! Members of staff, on the context's adapters.

mod login;
mod manage;
mod repeat;
mod second_factor;
mod session;

use sihha_domain::clock::Clock as _;
use sihha_domain::idempotency::Outcome;
use sihha_domain::password::Password;
use sihha_domain::session::ClientInfo;
use sihha_domain::staff::{
    CreatedStaff, ManagementRequest, NewStaff, RecoveryCode, Scope, StaffDetails, StaffError, StaffLoggedIn,
    StaffLoginAttempt, StaffMember, StaffPassword, StaffRef, StaffRole, StaffSessionError,
};
use sihha_domain::staff_name::StaffName;
use sihha_domain::testing::{PlainCodes, email};

use self::manage::at_terminal;
use crate::context::TestContext;

const PASSWORD: &str = "سرّ طويل للموظف";

fn password(text: &str) -> StaffPassword {
    StaffPassword::parse(text).expect("valid")
}

fn details(role: StaffRole) -> StaffDetails {
    let name = StaffName::parse("Leïla Amrani").expect("valid");
    StaffDetails { name, directorate: StaffName::parse("DSP d'Oran").ok(), role, scope: Scope::default() }
}

fn try_create(context: &TestContext, address: &str, role: StaffRole) -> Result<CreatedStaff, StaffError> {
    let new = NewStaff { email: email(address), details: details(role), password: password(PASSWORD) };
    let terminal = at_terminal();
    let request = ManagementRequest::once(&terminal);
    context.use_cases().create_staff.run(&request, &new).map(done)
}

/// Returns the result of a request that was done now.
fn done<T>(outcome: Outcome<T>) -> T {
    outcome.done().expect("done now")
}

fn create(context: &TestContext, address: &str, role: StaffRole) -> CreatedStaff {
    try_create(context, address, role).expect("created")
}

fn by_id(member: &StaffMember) -> StaffRef {
    StaffRef::Id(member.id)
}

/// Returns the code of the context's time.
fn code(context: &TestContext) -> String {
    PlainCodes::at(context.clock.now())
}

fn attempt(address: &str, password: &str, otp: Option<&str>) -> StaffLoginAttempt {
    StaffLoginAttempt {
        email: email(address),
        password: Password::attempt(password).expect("a password"),
        otp: otp.map(ToOwned::to_owned),
        client: ClientInfo::default(),
    }
}

fn log_in(
    context: &TestContext,
    address: &str,
    password: &str,
    otp: Option<&str>,
) -> Result<StaffLoggedIn, StaffSessionError> {
    let outcome = context.use_cases().staff_login.run(&attempt(address, password, otp), &|| false);
    outcome.map_err(|refused| refused.error)
}

/// Logs in with the code of the context's time.
fn logged_in(context: &TestContext, address: &str) -> StaffLoggedIn {
    log_in(context, address, PASSWORD, Some(&code(context))).expect("logged in")
}

/// Returns the member of an access token.
fn authenticated(context: &TestContext, tokens: &StaffLoggedIn) -> Result<StaffMember, StaffSessionError> {
    context.use_cases().authenticate_staff.run(tokens.tokens.access.expose())
}

fn exposed(created: &CreatedStaff) -> Vec<&str> {
    created.second_factor.recovery_codes.iter().map(RecoveryCode::expose).collect()
}
