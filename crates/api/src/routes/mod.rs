//! The operations of the API. Every path answers with and without a trailing slash.
//!
//! The routes, the `Allow` headers, the OpenAPI document, the authorization and the limits of requests
//! are derived from [`operations`].
//!
//! One folder for each noun, and one file for each action.

mod account;
mod application;
mod djoser;
mod docs;
mod email;
mod health;
mod key;
mod page;
mod password;
mod reference;
mod security_txt;
mod session;
mod specialite;
mod staff;
#[cfg(feature = "testing")]
pub mod testing;

use std::future::ready;
use std::sync::LazyLock;

use actix_web::http::Method as M;
use actix_web::{HttpRequest, HttpResponse, web};
use sihha_domain::account::Role;

use self::account::account_request::{DoctorRequest, HospitalRequest, LaboRequest, PatientRequest};
use self::account::{me, register};
use self::application::{resubmit, status};
use self::page::{reset_password, revert_email, verify_email};
use self::reference::list as reference_list;
use self::session::{check, login, manage, token};
use self::staff::{accounts, applications, credentials, decide, decisions, members, queue, suspensions};
use crate::authorization::Access::{self, Account, Admin, Anyone, Applicant, Public};
use crate::cacheable::cacheable;
use crate::document;
use crate::network_limits::RequestKind::{Login, Mail, Refresh, Register};
use crate::operation::{Endpoint, Operation};
use crate::page::Page;
use crate::problem::ApiError;

/// [`operations`] by path.
static ENDPOINTS: LazyLock<Vec<Endpoint>> = LazyLock::new(|| Endpoint::group(operations()));

/// Returns all operations. The most frequent ones come first: actix tries the paths in this order.
fn operations() -> Vec<Operation> {
    [
        operations_of_accounts(),
        operations_of_staff(),
        operations_of_djoser(),
        operations_of_pages(),
        operations_of_documentation(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn operations_of_accounts() -> Vec<Operation> {
    vec![
        Operation::new(M::GET, "/api/me", Applicant, me::read).described(me::describe_read),
        Operation::new(M::PATCH, "/api/me", Applicant, me::change).described(me::describe_change),
        Operation::new(M::POST, "/api/token/refresh", Anyone, token::refresh)
            .limited(Refresh)
            .described(token::describe_refresh),
        Operation::new(M::POST, "/api/token/verify", Anyone, token::verify).described(token::describe_verify),
        Operation::new(M::POST, "/api/token/blacklist", Anyone, token::blacklist)
            .described(token::describe_blacklist),
        Operation::new(M::POST, "/api/user/register", Anyone, register::handler::<PatientRequest>())
            .limited(Register)
            .described(register::describe_patient),
        Operation::new(M::POST, "/api/doctor/register", Anyone, register::handler::<DoctorRequest>())
            .limited(Register)
            .described(register::describe_doctor),
        Operation::new(M::POST, "/api/hospital/register", Anyone, register::handler::<HospitalRequest>())
            .limited(Register)
            .described(register::describe_hospital),
        Operation::new(M::POST, "/api/labo/register", Anyone, register::handler::<LaboRequest>())
            .limited(Register)
            .described(register::describe_labo),
        Operation::new(M::POST, "/api/user/login", Anyone, login::handler(Some(Role::Patient)))
            .limited(Login)
            .described(|| login::describe(Some(Role::Patient))),
        Operation::new(M::POST, "/api/doctor/login", Anyone, login::handler(Some(Role::Doctor)))
            .limited(Login)
            .described(|| login::describe(Some(Role::Doctor))),
        Operation::new(M::POST, "/api/hospital/login", Anyone, login::handler(Some(Role::Hospital)))
            .limited(Login)
            .described(|| login::describe(Some(Role::Hospital))),
        Operation::new(M::POST, "/api/labo/login", Anyone, login::handler(Some(Role::Labo)))
            .limited(Login)
            .described(|| login::describe(Some(Role::Labo))),
        Operation::new(M::POST, "/api/login", Anyone, login::handler(None))
            .limited(Login)
            .described(|| login::describe(None)),
        Operation::new(M::POST, "/api/token", Anyone, token::obtain)
            .limited(Login)
            .described(token::describe_obtain),
        Operation::new(M::POST, "/api/application/status", Anyone, status::check)
            .limited(Login)
            .described(status::describe),
        Operation::new(M::POST, "/api/me/application/resubmit", Applicant, resubmit::resubmit)
            .described(resubmit::describe),
        Operation::new(M::POST, "/api/me/password", Account, password::change::change)
            .limited(Login)
            .described(password::change::describe),
        Operation::new(M::POST, "/api/password/forgot", Anyone, password::forgot::request)
            .limited(Mail)
            .described(password::forgot::describe),
        Operation::new(M::POST, "/api/password/reset", Anyone, password::reset::reset)
            .limited(Mail)
            .described(password::reset::describe),
        Operation::new(M::POST, "/api/me/email", Account, email::change::change)
            .limited(Mail)
            .described(email::change::describe),
        Operation::new(M::POST, "/api/me/email/verification", Applicant, email::send_verification::send)
            .limited(Mail)
            .described(email::send_verification::describe),
        Operation::new(M::POST, "/api/email/verify", Anyone, email::verify::verify)
            .limited(Mail)
            .described(email::verify::describe),
        Operation::new(M::POST, "/api/email/revert", Anyone, email::revert::revert)
            .limited(Mail)
            .described(email::revert::describe),
        Operation::new(M::GET, "/api/me/sessions", Account, manage::list).described(manage::describe_list),
        Operation::new(M::DELETE, "/api/me/sessions", Account, manage::revoke_others)
            .described(manage::describe_revoke_others),
        Operation::new(M::DELETE, "/api/me/sessions/{id}", Account, manage::revoke)
            .described(manage::describe_revoke),
        Operation::new(M::GET, "/api/specialites", Public, specialite::list::list)
            .described(specialite::list::describe),
        Operation::new(M::GET, "/api/reference/wilayas", Public, reference_list::wilayas)
            .described(reference_list::describe_wilayas),
        Operation::new(M::GET, "/api/reference/communes", Public, reference_list::communes)
            .described(reference_list::describe_communes),
        Operation::new(M::GET, "/api/reference/facility-types", Public, reference_list::facility_types)
            .described(reference_list::describe_facility_types),
        Operation::new(M::GET, "/api/reference/rejection-reasons", Public, reference_list::rejection_reasons)
            .described(reference_list::describe_rejection_reasons),
        Operation::new(M::GET, "/api/reference/specialites", Public, reference_list::specialites)
            .described(reference_list::describe_specialites),
        Operation::new(M::GET, "/.well-known/jwks.json", Public, key::list::list)
            .described(key::list::describe),
        Operation::new(M::GET, "/health/live", Anyone, health::live::live).described(health::live::describe),
        Operation::new(M::GET, "/health/ready", Anyone, health::ready::ready)
            .described(health::ready::describe),
    ]
}

fn operations_of_staff() -> Vec<Operation> {
    let staff = Access::Staff;
    vec![
        Operation::new(M::POST, "/api/staff/login", Anyone, staff::login::log_in)
            .limited(Login)
            .described(staff::login::describe),
        Operation::new(M::GET, "/api/staff/me", staff, members::own).described(members::describe_own),
        Operation::new(M::GET, "/api/staff/approvals", staff, queue::list).described(queue::describe_list),
        Operation::new(M::GET, "/api/staff/approvals/counts", staff, queue::counts)
            .described(queue::describe_counts),
        Operation::new(M::GET, "/api/staff/approvals/stats", staff, queue::stats)
            .described(queue::describe_stats),
        Operation::new(M::POST, "/api/staff/approvals/next", staff, queue::next)
            .described(queue::describe_next),
        Operation::new(M::POST, "/api/staff/approvals/decisions", staff, decisions::decide)
            .described(decisions::describe),
        Operation::new(M::GET, "/api/staff/approvals/{id}", staff, applications::read)
            .described(applications::describe_read),
        Operation::new(M::POST, "/api/staff/approvals/{id}/claim", staff, applications::claim)
            .described(applications::describe_claim),
        Operation::new(M::POST, "/api/staff/approvals/{id}/release", staff, applications::release)
            .described(applications::describe_release),
        Operation::new(M::POST, "/api/staff/approvals/{id}/approve", staff, decide::approve)
            .described(decide::describe_approve),
        Operation::new(M::POST, "/api/staff/approvals/{id}/reject", staff, decide::reject)
            .described(decide::describe_reject),
        Operation::new(M::POST, "/api/staff/approvals/{id}/reopen", staff, decide::reopen)
            .described(decide::describe_reopen),
        Operation::new(M::POST, "/api/staff/approvals/{id}/request-changes", staff, decide::request_changes)
            .described(decide::describe_request_changes),
        Operation::new(M::POST, "/api/staff/approvals/{id}/undo", staff, decide::undo)
            .described(decide::describe_undo),
        Operation::new(M::GET, "/api/staff/accounts", staff, accounts::list)
            .described(accounts::describe_list),
        Operation::new(M::GET, "/api/staff/accounts/{id}", staff, accounts::read)
            .described(accounts::describe_read),
        Operation::new(M::POST, "/api/staff/accounts/{id}/suspend", Admin, suspensions::suspend)
            .described(suspensions::describe_suspend),
        Operation::new(M::POST, "/api/staff/accounts/{id}/reinstate", Admin, suspensions::reinstate)
            .described(suspensions::describe_reinstate),
        Operation::new(
            M::POST,
            "/api/staff/accounts/{id}/revoke-sessions",
            Admin,
            suspensions::revoke_sessions,
        )
        .described(suspensions::describe_revoke_sessions),
        Operation::new(M::POST, "/api/staff/accounts/{id}/lift-throttle", Admin, suspensions::lift_throttle)
            .described(suspensions::describe_lift_throttle),
        Operation::new(M::GET, "/api/staff/members", Admin, members::list).described(members::describe_list),
        Operation::new(M::POST, "/api/staff/members", Admin, members::create)
            .described(members::describe_create),
        Operation::new(M::GET, "/api/staff/members/{id}", Admin, members::read)
            .described(members::describe_read),
        Operation::new(M::PATCH, "/api/staff/members/{id}", Admin, members::change)
            .described(members::describe_change),
        Operation::new(M::POST, "/api/staff/members/{id}/disable", Admin, members::disable)
            .described(members::describe_disable),
        Operation::new(M::POST, "/api/staff/members/{id}/enable", Admin, members::enable)
            .described(members::describe_enable),
        Operation::new(M::POST, "/api/staff/members/{id}/reset-password", Admin, credentials::reset_password)
            .described(credentials::describe_reset_password),
        Operation::new(
            M::POST,
            "/api/staff/members/{id}/reset-second-factor",
            Admin,
            credentials::reset_second_factor,
        )
        .described(credentials::describe_reset_second_factor),
    ]
}

/// What front ends of the legacy Django backend call.
fn operations_of_djoser() -> Vec<Operation> {
    vec![
        Operation::new(M::POST, "/auth/users/reset_password", Anyone, djoser::password::request_reset)
            .limited(Mail)
            .described(djoser::password::describe_reset),
        Operation::new(
            M::POST,
            "/auth/users/reset_password_confirm",
            Anyone,
            djoser::password::confirm_reset,
        )
        .limited(Mail)
        .described(djoser::password::describe_confirm),
        Operation::new(M::POST, "/auth/users/set_password", Account, password::change::change)
            .limited(Login)
            .described(djoser::password::describe_set),
        Operation::new(M::POST, "/auth/users/activation", Anyone, djoser::activation::activate)
            .limited(Mail)
            .described(djoser::activation::describe_activate),
        Operation::new(M::POST, "/auth/users/resend_activation", Anyone, djoser::activation::resend)
            .limited(Mail)
            .described(djoser::activation::describe_resend),
    ]
}

/// The built-in pages. They are no part of the API, so the document omits them.
fn operations_of_pages() -> Vec<Operation> {
    vec![
        Operation::new(M::GET, Page::VerifyEmail.path(), Anyone, verify_email::show).limited(Mail),
        Operation::new(M::POST, Page::VerifyEmail.path(), Anyone, verify_email::submit).limited(Mail),
        Operation::new(M::GET, Page::ResetPassword.path(), Anyone, reset_password::show).limited(Mail),
        Operation::new(M::POST, Page::ResetPassword.path(), Anyone, reset_password::submit).limited(Mail),
        Operation::new(M::GET, Page::RevertEmail.path(), Anyone, revert_email::show).limited(Mail),
        Operation::new(M::POST, Page::RevertEmail.path(), Anyone, revert_email::submit).limited(Mail),
    ]
}

fn operations_of_documentation() -> Vec<Operation> {
    vec![
        Operation::new(M::GET, "/openapi.json", Public, serve_openapi),
        Operation::new(M::GET, security_txt::PATH, Public, security_txt::show),
        Operation::new(M::GET, "/docs", Public, docs::page),
        Operation::new(M::GET, "/docs/{file}", Public, docs::file),
    ]
}

/// Registers all operations with actix, those of the documentation only if `with_docs`.
pub(crate) fn configure(config: &mut web::ServiceConfig, with_docs: bool) {
    let is_documentation = |path: &str| path == "/openapi.json" || path.starts_with("/docs");
    for endpoint in ENDPOINTS.iter().filter(|endpoint| with_docs || !is_documentation(endpoint.path)) {
        endpoint.configure(config);
    }
    check::configure(config);
    config.default_service(web::to(|| ready(Err::<HttpResponse, _>(ApiError::NotFound))));
}

/// Returns the OpenAPI document as indented JSON, with a line break at its end.
///
/// # Panics
///
/// Never: the document consists of text and numbers.
#[must_use]
pub fn openapi_json() -> String {
    document::document(&ENDPOINTS).to_pretty_json().expect("the document is plain JSON") + "\n"
}

async fn serve_openapi(request: HttpRequest) -> HttpResponse {
    static JSON: LazyLock<String> = LazyLock::new(openapi_json);
    cacheable(&request, "application/json", JSON.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_that_are_not_for_anyone_are_in_the_document_which_the_authorization_test_reads() {
        let mut hidden = ENDPOINTS.iter().flat_map(|endpoint| &endpoint.operations);
        assert!(hidden.all(|operation| operation.describe.is_some() || !operation.access.needs_token()));
    }
}
