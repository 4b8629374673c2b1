use std::sync::Arc;

use sihha_domain::store::{Outage, Repositories, Store, StoreError, Transaction};
use sihha_domain::testing::{email, patient};

use crate::context::{TestContext, registration};

#[test]
fn all_accounts_are_listed_once_across_several_pages() {
    let context = TestContext::new();
    let import = context.use_cases().import_accounts;
    for number in 0..1001 {
        import.run(registration(&format!("p{number}@example.com"), patient())).unwrap();
    }
    let listed: Vec<_> = context.use_cases().list_accounts.iter().map(Result::unwrap).collect();
    assert_eq!(listed.len(), 1001);
    assert!(listed.is_sorted_by(|one, next| one.id < next.id));
    assert_eq!(listed[1000].profile.email, email("p1000@example.com"));
}

/// A store that is unavailable.
struct Unreachable;

impl Store for Unreachable {
    fn autocommit(&self) -> Result<Box<dyn Repositories + '_>, StoreError> {
        self.ping().map(|()| unreachable!())
    }

    fn begin(&self) -> Result<Box<dyn Transaction + '_>, StoreError> {
        self.ping().map(|()| unreachable!())
    }

    fn ping(&self) -> Result<(), StoreError> {
        Err(StoreError::Unavailable("on purpose".into()))
    }

    fn last_outage(&self) -> Option<Outage> {
        None
    }
}

#[test]
fn an_error_ends_the_list() {
    let context = TestContext::new();
    let use_cases = context.use_cases_with(Arc::new(Unreachable), context.hasher.clone());
    let listed: Vec<_> = use_cases.list_accounts.iter().collect();
    assert_eq!(listed, [Err(StoreError::Unavailable("on purpose".into()))]);
}
