use sihha_domain::ids::ProfileId;
use sihha_domain::mail::{MailToken, TokenPurpose};
use sihha_domain::testing::SequenceRandomness;

fn token(number: u64) -> MailToken {
    let id = ProfileId::from_uuid("019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90".parse().expect("a UUID"));
    MailToken::generate(id, &SequenceRandomness::starting_at(number))
}

#[test]
fn a_token_is_read_from_its_link() {
    let token = token(1);
    let read = MailToken::parse(&format!(" {}\n", token.expose())).expect("a token");
    assert_eq!((read.profile_id(), read.digest()), (token.profile_id(), token.digest()));
}

#[test]
fn anything_else_is_no_token() {
    let good = token(1).expose();
    let (id, secret) = good.split_once('.').expect("two parts");
    for text in [
        "",
        ".",
        secret,
        &good[1..],
        &good[..good.len() - 1],
        &format!("{good}0"),
        &format!("{id}.{}", secret.to_uppercase().replace('0', "A")),
        &format!("{id}.{}", "é".repeat(32)),
        &format!("{id}..{secret}"),
        &"x".repeat(100_000),
    ] {
        assert!(MailToken::parse(text).is_none(), "{text:.100}");
    }
}

#[test]
fn neither_token_nor_digest_shows_the_secret() {
    let token = token(1);
    assert!(!format!("{token:?} {:?}", token.digest()).contains(token.expose_secret()));
    assert_ne!(token.digest(), self::token(2).digest());
}

#[test]
fn every_purpose_is_read_by_its_name() {
    for purpose in TokenPurpose::ALL {
        assert_eq!(TokenPurpose::parse(purpose.as_str()), Some(*purpose));
    }
    assert_eq!(TokenPurpose::parse("log_in"), None);
}
