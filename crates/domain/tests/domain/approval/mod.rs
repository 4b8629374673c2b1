//! Applications, and the decisions of staff on them.

mod changes;
mod claim;
mod decide;
mod hold;
mod queue;
mod read;
mod reconsider;
mod repeat;
mod resubmit;
mod status;

use chrono::TimeDelta;
use sihha_domain::account::{Account, AccountRef};
use sihha_domain::approval::{Application, ApplicationEvent, DecisionKind};
use sihha_domain::store::Store;
use sihha_domain::testing::doctor;

use crate::context::{TestContext, reason};

fn pending_doctor() -> (TestContext, Account) {
    let context = TestContext::new();
    let account = context.register("Amina@example.com", doctor()).account;
    context.clock.advance(TimeDelta::hours(2));
    (context, account)
}

fn reopening() -> DecisionKind {
    DecisionKind::Reopen { reason: reason("une erreur") }
}

fn change_request() -> DecisionKind {
    DecisionKind::RequestChanges { message: reason("Corrigez,\nsvp"), fields: Vec::new() }
}

fn application(context: &TestContext, account: &Account) -> Application {
    let mut repositories = context.store.autocommit().unwrap();
    let found = repositories.approvals().find(&AccountRef::Id(account.id));
    found.unwrap().expect("an application")
}

fn events(context: &TestContext, account: &Account) -> Vec<ApplicationEvent> {
    context.store.autocommit().unwrap().approvals().events(account.id).unwrap()
}

/// Returns the names of the events' kinds, each with the person who acted.
fn history(context: &TestContext, account: &Account) -> Vec<(&'static str, Option<String>)> {
    let name =
        |event: ApplicationEvent| (event.kind.as_str(), event.by.map(|by| by.name.as_str().to_owned()));
    events(context, account).into_iter().map(name).collect()
}

fn kinds(context: &TestContext, account: &Account) -> Vec<&'static str> {
    history(context, account).into_iter().map(|(kind, _)| kind).collect()
}
