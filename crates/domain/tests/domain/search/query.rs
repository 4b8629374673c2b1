use proptest::prelude::*;
use sihha_domain::search::{NameKey, SearchQuery};

fn names(text: &str) -> SearchQuery {
    SearchQuery::Names(NameKey::new(&[text]))
}

fn number(telephone: Option<&str>, key: &str) -> SearchQuery {
    SearchQuery::Number { telephone: telephone.map(Into::into), key: key.into() }
}

#[test]
fn the_kind_of_a_query_is_recognised() {
    let id = "0198c0de-0000-7000-8000-000000000001";
    for (text, query) in [
        (id, SearchQuery::Account(id.parse().unwrap())),
        (" Amina.B@Example", SearchQuery::Email("amina.b@example".into())),
        ("amina@hôpital.fr", SearchQuery::Email("amina@hôpital.fr".into())),
        ("amina@xn--hpital-ixa.fr", SearchQuery::Email("amina@hôpital.fr".into())),
        ("0552 98 73 32", number(Some("tel:213552987332"), "0552987332")),
        ("٠٥٥٢٩٨٧٣٣٢", number(Some("tel:213552987332"), "0552987332")),
        ("AB-123/456", number(None, "ab123456")),
        ("AB 123 456", number(None, "ab123456")),
        ("EPSP 1er Novembre 1954", names("EPSP 1er Novembre 1954")),
        ("Abd el Kader", names("Abd el Kader")),
        ("@example.com", names("@example.com")),
        ("12", names("12")),
        ("فاطمة", names("فاطمة")),
    ] {
        assert_eq!(SearchQuery::parse(text), query, "{text}");
    }
}

#[test]
fn a_query_without_a_name_searches_for_nothing() {
    for text in ["", " ", "a", "م", "%", "_", "%%", "\u{301}\u{64e}", "- - -", "a b c"] {
        match SearchQuery::parse(text) {
            SearchQuery::Names(names) => assert_eq!(names.steps().count(), 0, "{text:?}"),
            query => panic!("{text:?}: {query:?}"),
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_a_query(text in "\\PC{0,60}|[0-9@a-z ]{0,20}") {
        let _ = SearchQuery::parse(&text);
    }
}

#[test]
fn a_long_text_is_a_query_with_few_terms() {
    for text in ["a".repeat(10_000), "1".repeat(10_000), "dhshth ".repeat(2_000), "é@".repeat(5_000)] {
        match SearchQuery::parse(&text) {
            SearchQuery::Names(names) => {
                let terms: usize = names.steps().flatten().map(|set| set.len()).sum();
                assert!(terms < 2000, "{terms}");
            }
            SearchQuery::Number { key, .. } | SearchQuery::Email(key) => assert!(key.len() < 1000),
            SearchQuery::Account(_) => panic!("no id"),
        }
    }
}
