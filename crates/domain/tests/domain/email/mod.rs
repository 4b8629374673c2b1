//! The addresses of accounts, and the links of mails, on the context's adapters.

mod change;
mod requests;
mod reset;
mod revert;
mod verify;

use chrono::TimeDelta;
use sihha_domain::account::AccountRef;
use sihha_domain::email::{EmailChange, EmailError};
use sihha_domain::ids::ProfileId;
use sihha_domain::mail::{MailToken, OutgoingMail, Template, TokenPurpose};
use sihha_domain::password::{Password, PasswordError, PasswordReset};
use sihha_domain::session::ClientInfo;
use sihha_domain::staff_name::StaffName;
use sihha_domain::suspension::SuspensionRequest;
use sihha_domain::testing::{email, patient};

use crate::context::{PASSWORD, TestContext, reason};

/// An account that was registered hours ago, and a session.
struct Owner {
    id: ProfileId,
    access: String,
}

/// Returns Amina's account. Nothing has been sent to her lately.
fn amina(context: &TestContext) -> Owner {
    let id = context.register("amina@example.com", patient()).account.id;
    context.clock.advance(TimeDelta::hours(2));
    let access = access(context, "amina@example.com");
    delivered(context);
    Owner { id, access }
}

fn access(context: &TestContext, address: &str) -> String {
    let tokens = context.log_in(None, address, PASSWORD).expect("logged in").tokens;
    tokens.access.expose().to_owned()
}

/// Returns the mails that were written since the last call.
fn delivered(context: &TestContext) -> Vec<OutgoingMail> {
    let use_cases = context.use_cases();
    while use_cases.answer_mail_requests.batch().expect("answered") > 0 {}
    while use_cases.deliver_mail.batch(&|| false).expect("delivered") > 0 {}
    context.mailer.take()
}

/// Returns the addresses and the templates of the mails that were written since the last call.
fn subjects(context: &TestContext) -> Vec<(String, Template)> {
    let mails = delivered(context);
    mails.into_iter().map(|mail| (mail.to.as_str().to_owned(), mail.content.template())).collect()
}

/// Returns the token of the only mail that was written since the last call.
#[track_caller]
fn token(context: &TestContext, template: Template) -> MailToken {
    let mails = delivered(context);
    let [mail] = mails.as_slice() else { panic!("{} mails", mails.len()) };
    assert_eq!(mail.content.template(), template);
    mail.content.token().expect("a link").clone()
}

/// Asks for a mail with a link, as somebody without a session does.
fn request(context: &TestContext, purpose: TokenPurpose, address: &str) {
    context.use_cases().request_mail.run(purpose, email(address)).expect("taken");
}

fn reset_token(context: &TestContext) -> MailToken {
    request(context, TokenPurpose::ResetPassword, "amina@example.com");
    token(context, Template::ResetPassword)
}

fn verification_token(context: &TestContext, owner: &Owner) -> MailToken {
    let caller = context.authenticate(&owner.access).expect("valid");
    context.use_cases().send_verification.run(&caller).expect("sent");
    token(context, Template::VerifyEmail)
}

fn change(context: &TestContext, owner: &Owner, new: &str) -> Result<(), EmailError> {
    change_with(context, owner, new, PASSWORD)
}

fn change_with(context: &TestContext, owner: &Owner, new: &str, password: &str) -> Result<(), EmailError> {
    let caller = context.authenticate(&owner.access)?;
    let password = Password::attempt(password).expect("not empty");
    context.use_cases().change_email.run(&EmailChange {
        caller,
        new: email(new),
        password,
        client: ClientInfo::default(),
    })
}

/// Changes the address. Returns the token that takes the change back.
fn changed(context: &TestContext, owner: &Owner, new: &str) -> MailToken {
    change(context, owner, new).expect("asked");
    let confirm = token(context, Template::ConfirmEmail);
    verify(context, &confirm).expect("confirmed");
    token(context, Template::EmailChanged)
}

fn verify(context: &TestContext, token: &MailToken) -> Result<ProfileId, EmailError> {
    context.use_cases().verify_email.run(token, &ClientInfo::default())
}

fn revert(context: &TestContext, token: &MailToken) -> Result<ProfileId, EmailError> {
    context.use_cases().revert_email.run(token, &ClientInfo::default())
}

fn reset(context: &TestContext, token: &MailToken, new: &str) -> Result<ProfileId, PasswordError> {
    let new = Password::parse(new).expect("valid");
    context
        .use_cases()
        .reset_password
        .run(&PasswordReset { token: token.clone(), new, client: ClientInfo::default() }, &|| false)
}

/// Returns the address of the account, and whether it is confirmed.
fn address(context: &TestContext, id: ProfileId) -> (String, bool) {
    let account = context.read(id).expect("registered");
    (account.profile.email.as_str().to_owned(), account.email_verified_at.is_some())
}

fn suspend(context: &TestContext, address: &str) {
    let account = AccountRef::Email(email(address));
    let by = StaffName::parse("Leïla").expect("valid");
    let request = SuspensionRequest::once(account, by);
    context.use_cases().suspend.run(&request, &reason("forged")).expect("suspended");
    delivered(context);
}
