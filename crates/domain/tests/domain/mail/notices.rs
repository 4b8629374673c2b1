//! Notices to the owners of accounts, and when they are written.

use chrono::TimeDelta;
use sihha_domain::account::{Account, AccountRef, ChangeOutcome, Fact, RoleDetails, Specialite};
use sihha_domain::approval::{DecisionKind, RejectionReason};
use sihha_domain::idempotency::{ContentDigest, IdempotencyKey, IdempotentRequest};
use sihha_domain::language::Language;
use sihha_domain::mail::{OutgoingMail, Template};
use sihha_domain::password::{Password, PasswordChange, PasswordError};
use sihha_domain::session::{ClientInfo, Token};
use sihha_domain::staff_name::StaffName;
use sihha_domain::store::StoreError;
use sihha_domain::suspension::SuspensionRequest;
use sihha_domain::testing::doctor;

use crate::context::{
    PASSWORD, TestContext, WRONG_PASSWORD, admin, approval, reason, registration, rejection, request,
};

const ADDRESS: &str = "amina@example.com";
const HOLD: TimeDelta = TimeDelta::seconds(30);

/// Returns a doctor who reads Arabic, with an access token. Nothing waits for delivery.
fn applicant() -> (TestContext, Account, Token) {
    let context = TestContext::new();
    let mut new = registration(ADDRESS, doctor());
    new.profile.language = Language::Arabic;
    let registered = context.try_register(new).expect("registered");
    delivered(&context);
    (context, registered.account, registered.tokens.access)
}

fn delivered(context: &TestContext) -> Vec<OutgoingMail> {
    while context.use_cases().deliver_mail.batch(&|| false).expect("delivered") > 0 {}
    context.mailer.take()
}

fn templates(context: &TestContext) -> Vec<Template> {
    delivered(context).iter().map(|mail| mail.content.template()).collect()
}

/// Returns the values of the only notice, without the time.
#[track_caller]
fn values(context: &TestContext, template: Template) -> Vec<(String, String)> {
    let mails = delivered(context);
    let [mail] = mails.as_slice() else { panic!("{} mails", mails.len()) };
    assert_eq!(mail.content.template(), template);
    assert_eq!((mail.to.as_str(), mail.language), (ADDRESS, Language::Arabic));
    let values = mail.content.params().clone().into_iter();
    values.filter(|(name, _)| name != "at").collect()
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn change_password(
    context: &TestContext,
    token: &Token,
    current: &str,
    request: Option<&IdempotentRequest>,
) -> Result<(), PasswordError> {
    let change = PasswordChange {
        caller: context.authenticate(token.expose())?,
        current: Password::attempt(current).expect("not empty"),
        new: Password::parse("the second one").expect("valid"),
        client: ClientInfo::default(),
    };
    context.use_cases().change_password.run(&change, request, &|| false)
}

#[test]
fn the_owner_is_told_once_of_a_new_password() {
    let (context, _, token) = applicant();
    let key = IdempotencyKey::parse("key").expect("valid");
    let request = IdempotentRequest { key, content: ContentDigest::of(b"") };
    assert_eq!(change_password(&context, &token, WRONG_PASSWORD, None), Err(PasswordError::WrongPassword));
    assert_eq!(templates(&context), []);
    assert_eq!(change_password(&context, &token, PASSWORD, Some(&request)), Ok(()));
    assert_eq!(values(&context, Template::PasswordChanged), []);
    assert_eq!(change_password(&context, &token, PASSWORD, Some(&request)), Ok(()));
    assert_eq!(templates(&context), [], "a repeated request");
}

#[test]
fn the_applicant_is_told_of_each_decision_with_its_reason() {
    let (context, account, _) = applicant();
    let fields = vec![Fact::Specialite, Fact::Identifiers];
    let changes = DecisionKind::RequestChanges { message: reason("Corrigez"), fields };
    context.decide_on(&account, &changes).expect("decided");
    assert_eq!(
        values(&context, Template::ChangesRequested),
        [pair("fields", "specialite,identifiers"), pair("message", "Corrigez")]
    );
    let code = RejectionReason::parse("other").ok();
    let refusal = DecisionKind::Reject { code, reason: Some(reason("Illisible")) };
    context.decide_on(&account, &refusal).expect("decided");
    assert_eq!(values(&context, Template::Rejected), [pair("code", "other"), pair("reason", "Illisible")]);
    context.decide_on(&account, &DecisionKind::Reopen { reason: reason("Erreur") }).expect("decided");
    assert_eq!(templates(&context), [], "the reason of a reopening is for staff");
    let note = Some(reason("Pour le dossier"));
    context.decide_on(&account, &DecisionKind::Approve { note }).expect("decided");
    assert_eq!(values(&context, Template::Approved), [], "the note is for staff");
    context.decide_on(&account, &approval()).expect_err("already approved");
    assert_eq!(templates(&context), []);
}

#[test]
fn the_owner_is_told_whether_changes_to_vetted_facts_were_accepted() {
    let (context, account, _) = applicant();
    context.approve(&account);
    let token = context.log_in(None, ADDRESS, PASSWORD).expect("logged in").tokens.access;
    delivered(&context);
    for (decision, specialite, told) in [
        (rejection("Sans diplôme"), "PEDIATRIE", Template::ChangesRefused),
        (approval(), "NEUROLOGIE", Template::ChangesAccepted),
    ] {
        let caller = context.authenticate(token.expose()).expect("valid");
        let read = context.read(account.id).expect("registered");
        let mut wanted = read.clone();
        let RoleDetails::Doctor(details) = &mut wanted.details else { panic!("not a doctor") };
        details.specialite = Specialite::parse(specialite).expect("known");
        let changed = context.use_cases().change_account.run(&caller, &read, &wanted);
        assert!(matches!(changed, Ok(ChangeOutcome::Changed(_))));
        assert_eq!(templates(&context), []);
        context.decide_on(&account, &decision).expect("decided");
        let reason = matches!(told, Template::ChangesRefused).then(|| pair("reason", "Sans diplôme"));
        assert_eq!(values(&context, told), reason.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn a_held_decision_is_told_when_it_takes_effect_and_an_undone_one_never() {
    let (context, account, _) = applicant();
    let caller = admin();
    let request = request(&caller, &account);
    context.decide().run(&request, &rejection("Non"), HOLD).expect("decided");
    context.decide().undo(&request).expect("undone");
    context.decide().run(&request, &approval(), HOLD).expect("decided");
    assert_eq!(templates(&context), []);
    context.clock.advance(HOLD);
    for _ in 0..2 {
        context.use_cases().settle_decisions.batch().expect("settled");
    }
    assert_eq!(templates(&context), [Template::Approved]);
}

#[test]
fn the_owner_is_told_once_of_a_suspension_and_its_end_without_the_reason() {
    let (context, account, _) = applicant();
    let by = StaffName::parse("Leïla").expect("valid");
    let request = SuspensionRequest::once(AccountRef::Id(account.id), by);
    let use_cases = context.use_cases();
    use_cases.reinstate.run(&request).expect("nothing to do");
    assert_eq!(templates(&context), []);
    let suspend = || use_cases.suspend.run(&request, &reason("Fraude")).expect("suspended");
    suspend();
    assert_eq!(values(&context, Template::Suspended), []);
    suspend();
    assert_eq!(templates(&context), []);
    use_cases.reinstate.run(&request).expect("reinstated");
    assert_eq!(values(&context, Template::Reinstated), []);
}

#[test]
fn a_transaction_that_fails_sends_nothing_and_one_that_is_run_again_sends_one_notice() {
    let (context, account, token) = applicant();
    let by = StaffName::parse("Leïla").expect("valid");
    let suspension = SuspensionRequest::once(AccountRef::Id(account.id), by);
    let caller = admin();
    let application = request(&caller, &account);
    let use_cases = context.use_cases();
    let change = || change_password(&context, &token, PASSWORD, None).is_ok();
    let decide = || use_cases.decide.run(&application, &approval(), TimeDelta::zero()).is_ok();
    let suspend = || use_cases.suspend.run(&suspension, &reason("Fraude")).is_ok();
    let reinstate = || use_cases.reinstate.run(&suspension).is_ok();
    let steps: [(&dyn Fn() -> bool, Template); 4] = [
        (&change, Template::PasswordChanged),
        (&decide, Template::Approved),
        (&suspend, Template::Suspended),
        (&reinstate, Template::Reinstated),
    ];
    for (run, template) in steps {
        context.store.fail_commits([StoreError::Unexpected("the disk is full".to_owned())]);
        assert!(!run(), "{template:?}");
        assert_eq!(templates(&context), [], "{template:?}");
        context.store.fail_commits([StoreError::Conflict, StoreError::Conflict]);
        assert!(run(), "{template:?}");
        assert_eq!(templates(&context), [template]);
    }
}
