//! Tokens of the links in mails, and requests for mails.

use std::slice;

use chrono::{DateTime, TimeDelta, Utc};

use super::fixture::{ObservableStore, insert_all};
use crate::account::Account;
use crate::mail::{
    MailRequest, MailRequestRepository, MailTokenDigest, MailTokenRepository, StoredMailToken, TokenEnd,
    TokenPurpose,
};
use crate::testing::conformance::Case;
use crate::testing::email;

pub(super) const CASES: &[Case<dyn ObservableStore>] = &[
    ("a_token_is_found_by_account_and_digest", find),
    ("a_new_token_replaces_earlier_ones_of_its_purpose", replace),
    ("every_former_address_keeps_its_token", reverts),
    ("a_token_ends_once", end),
    ("tokens_of_a_purpose_end_together", end_all),
    ("expired_tokens_are_listed_and_removed", expired),
    ("a_request_for_a_mail_waits_once_until_it_is_answered", requests),
];

fn with<T>(store: &dyn ObservableStore, work: impl FnOnce(&mut dyn MailTokenRepository) -> T) -> T {
    let mut repositories = store.autocommit().expect("open");
    work(&mut *repositories.mail_tokens())
}

fn token(owner: &Account, number: u8, purpose: TokenPurpose) -> StoredMailToken {
    let created_at = owner.registered_at + TimeDelta::minutes(i64::from(number));
    StoredMailToken {
        profile_id: owner.id,
        digest: MailTokenDigest::on_record([number; 32]),
        purpose,
        address: email("Amina@hôpital.dz"),
        created_at,
        expires_at: created_at + TimeDelta::hours(1),
        ended: None,
    }
}

fn add(store: &dyn ObservableStore, owner: &Account, number: u8, purpose: TokenPurpose) -> StoredMailToken {
    let token = token(owner, number, purpose);
    with(store, |tokens| tokens.add(&token).expect("added"));
    token
}

fn ended(store: &dyn ObservableStore, token: &StoredMailToken) -> Option<(DateTime<Utc>, TokenEnd)> {
    let found = with(store, |tokens| tokens.find(token.profile_id, token.digest)).expect("readable");
    found.expect("found").ended
}

fn find(store: &dyn ObservableStore) {
    let [owner, other, ..] = insert_all(store);
    let token = add(store, &owner, 1, TokenPurpose::VerifyEmail);
    let found = |id, digest| with(store, |tokens| tokens.find(id, digest)).expect("readable");
    assert_eq!(found(owner.id, token.digest), Some(token.clone()));
    assert_eq!(found(other.id, token.digest), None);
    assert_eq!(found(owner.id, MailTokenDigest::on_record([9; 32])), None);
}

fn replace(store: &dyn ObservableStore) {
    let [owner, other, ..] = insert_all(store);
    let first = add(store, &owner, 1, TokenPurpose::ResetPassword);
    let kept = [add(store, &owner, 2, TokenPurpose::VerifyEmail), add(store, &other, 3, first.purpose)];
    let second = add(store, &owner, 4, TokenPurpose::ResetPassword);
    assert_eq!(ended(store, &first), Some((second.created_at, TokenEnd::Replaced)));
    for token in [&second, &kept[0], &kept[1]] {
        assert_eq!(ended(store, token), None);
    }
    let newest = |purpose| with(store, |tokens| tokens.newest(owner.id, purpose)).expect("readable");
    assert_eq!(newest(TokenPurpose::ResetPassword), Some(second));
    assert_eq!(newest(TokenPurpose::ConfirmEmail), None);
}

fn reverts(store: &dyn ObservableStore) {
    let [owner, ..] = insert_all(store);
    let tokens = [1, 2].map(|number| add(store, &owner, number, TokenPurpose::RevertEmail));
    assert_eq!(tokens.map(|token| ended(store, &token)), [None, None]);
}

fn end(store: &dyn ObservableStore) {
    let [owner, ..] = insert_all(store);
    let token = add(store, &owner, 1, TokenPurpose::ResetPassword);
    let at = token.created_at + TimeDelta::seconds(1);
    let end = |end| with(store, |tokens| tokens.end(owner.id, token.digest, at, end)).expect("written");
    assert_eq!([end(TokenEnd::Used), end(TokenEnd::Replaced)], [true, false]);
    assert_eq!(ended(store, &token), Some((at, TokenEnd::Used)));
}

fn end_all(store: &dyn ObservableStore) {
    let [owner, ..] = insert_all(store);
    let reset = add(store, &owner, 1, TokenPurpose::ResetPassword);
    let verify = add(store, &owner, 2, TokenPurpose::VerifyEmail);
    let at = verify.created_at;
    with(store, |tokens| tokens.end_all(owner.id, TokenPurpose::ResetPassword, at)).expect("written");
    assert_eq!(ended(store, &reset), Some((at, TokenEnd::Replaced)));
    assert_eq!(ended(store, &verify), None);
}

fn expired(store: &dyn ObservableStore) {
    let [owner, other, ..] = insert_all(store);
    let first = add(store, &owner, 1, TokenPurpose::VerifyEmail);
    let second = add(store, &other, 2, TokenPurpose::VerifyEmail);
    add(store, &owner, 3, TokenPurpose::ResetPassword);
    let expired = |moment, limit| {
        with(store, |tokens| tokens.expired(TokenPurpose::VerifyEmail, moment, limit)).expect("readable")
    };
    assert_eq!(expired(first.expires_at, 9), []);
    assert_eq!(expired(second.expires_at, 9), slice::from_ref(&first));
    let later = second.expires_at + TimeDelta::seconds(1);
    assert_eq!(expired(later, 1), slice::from_ref(&first));
    with(store, |tokens| tokens.remove(owner.id, first.digest)).expect("removed");
    assert_eq!(expired(later, 9), [second]);
}

fn requests(store: &dyn ObservableStore) {
    let with = |work: &dyn Fn(&mut dyn MailRequestRepository)| {
        let mut repositories = store.autocommit().expect("open");
        work(&mut *repositories.mail_requests());
    };
    let at = insert_all(store)[0].registered_at;
    let request = |address: &str, purpose, seconds| MailRequest {
        purpose,
        email: email(address),
        requested_at: at + TimeDelta::seconds(seconds),
    };
    let first = request("Nobody@example.com", TokenPurpose::ResetPassword, 1);
    let again = request("nobody@example.com", TokenPurpose::ResetPassword, 2);
    let other = request("nobody@example.com", TokenPurpose::VerifyEmail, 3);
    for request in [&other, &first, &again] {
        with(&|requests| requests.add(request).expect("added"));
    }
    with(&|requests| assert_eq!(requests.page(9), Ok(vec![first.clone(), other.clone()])));
    with(&|requests| requests.remove(&again).expect("nothing to remove"));
    with(&|requests| assert_eq!(requests.page(1), Ok(vec![first.clone()])));
    with(&|requests| requests.remove(&first).expect("removed"));
    with(&|requests| assert_eq!(requests.page(9), Ok(vec![other.clone()])));
}
