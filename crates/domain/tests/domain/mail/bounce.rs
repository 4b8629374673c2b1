use chrono::TimeDelta;
use sihha_domain::account::{Account, AccountRef};
use sihha_domain::approval::DecisionKind;
use sihha_domain::clock::Clock;
use sihha_domain::mail::{Bounce, DeliveryError, Template};
use sihha_domain::testing::doctor;

use crate::context::{TestContext, reason};

fn last_bounce(context: &TestContext, account: &Account) -> Option<Bounce> {
    let record = context.use_cases().show_account.run(&AccountRef::Id(account.id));
    record.expect("readable").expect("registered").last_bounce
}

fn deliver(context: &TestContext, failure: Option<DeliveryError>) {
    context.mailer.fail_with(failure);
    while context.use_cases().deliver_mail.batch(&|| false).expect("the outbox is readable") > 0 {}
}

#[test]
fn staff_see_the_message_that_was_given_up_last_without_addresses() {
    let context = TestContext::new();
    let account = context.register("amina@example.com", doctor()).account;
    deliver(&context, None);
    let reopen = || {
        let decision = DecisionKind::Reopen { reason: reason("Erreur") };
        context.decide_on(&account, &decision).expect("decided");
    };
    context.reject(&account);
    reopen();
    deliver(&context, Some(DeliveryError::Temporary("451 try later".to_owned())));
    assert_eq!(last_bounce(&context, &account), None, "it is tried again");
    context.clock.advance(TimeDelta::minutes(1));
    for (error, shown) in [
        (
            "550 5.1.1 <Amina@example.com>: unknown; ask postmaster@mx.example.dz.",
            "550 5.1.1 <…>: unknown; ask …",
        ),
        ("554 o'hara@example.com,amina@é.dz refused", "554 …,… refused"),
        ("no address", "no address"),
    ] {
        context.reject(&account);
        deliver(&context, Some(DeliveryError::Permanent(error.to_owned())));
        let at = context.clock.now();
        let template = Template::Rejected;
        assert_eq!(last_bounce(&context, &account), Some(Bounce { at, template, error: shown.to_owned() }));
        context.clock.advance(TimeDelta::seconds(1));
        reopen();
    }
}
