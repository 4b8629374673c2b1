use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::ast::{Entry, Resource};
use fluent_syntax::{parser, serializer};
use sihha_domain::FieldErrorCode;
use strum::VariantArray;

use super::*;
use crate::page::PageText;
use crate::problem::ProblemCode;

fn accepted(header: &str) -> &'static str {
    let header = HeaderValue::from_bytes(header.as_bytes()).unwrap();
    super::accepted(Some(&header), OF_RESPONSES).tag()
}

#[test]
fn the_language_with_the_greatest_weight_is_chosen() {
    let cases = [
        ("fr", "fr"),
        ("ar", "ar"),
        ("en", "en"),
        ("FR", "fr"),
        ("fr-DZ", "fr"),
        ("ar-DZ", "ar"),
        ("ar-Arab-DZ", "ar"),
        ("fr-DZ, fr;q=0.9, ar;q=0.8, en;q=0.7", "fr"),
        ("en;q=0.5, ar;q=0.9, fr;q=0.7", "ar"),
        ("fr;q=0.5,ar;q=0.5", "fr"),
        ("ar;q=0.5,fr;q=0.5", "ar"),
        (" fr ; q=0.1 , ar ; q=0.2 ", "ar"),
        ("de, kab;q=0.9, fr;q=0.1", "fr"),
        ("fr;q=0, ar;q=0.1", "ar"),
        ("*", "en"),
        ("fr;q=0.5, *;q=0.1", "fr"),
        ("fr;q=0.1, *;q=0.5", "en"),
    ];
    for (header, tag) in cases {
        assert_eq!(accepted(header), tag, "{header}");
    }
}

#[test]
fn english_is_the_default() {
    assert_eq!(super::accepted(None, OF_RESPONSES), Language::English);
    let padded = format!("{}fr", "de,".repeat(MAX_HEADER / 3 + 1));
    let others =
        ["", ",", ";", "de", "kab-DZ", "fr;q=0", "fr;q=2", "fr;q=x", "fra", "french", "français", &padded];
    for header in others {
        assert_eq!(accepted(header), "en", "{header}");
    }
}

#[test]
fn the_default_of_an_account_is_french() {
    let of_account = |header| super::accepted(Some(&HeaderValue::from_static(header)), Language::OF_ACCOUNTS);
    let expected = [("", "fr"), ("de, *;q=0.5", "fr"), ("*", "fr"), ("en", "en"), ("ar-DZ, fr;q=0.5", "ar")];
    for (header, tag) in expected {
        assert_eq!(of_account(header).tag(), tag, "{header}");
    }
}

#[test]
fn a_range_that_cannot_be_read_does_not_hide_the_others() {
    for header in ["fr;q=x, ar", ";;;, ar", "\"unclosed, ar", "x-y-z;level=1, ar;q=0.1"] {
        assert_eq!(accepted(header), "ar", "{header}");
    }
}

/// Returns the messages of a language and their attributes, each with the variables that it names.
fn messages(language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let resource = parser::parse(source(language)).unwrap();
    let mut found = BTreeMap::new();
    for entry in resource.body {
        let Entry::Message(message) = &entry else {
            assert!(!matches!(entry, Entry::Junk { .. }), "{language:?}: {entry:?}");
            continue;
        };
        let id = message.id.name.clone();
        let attributes: Vec<_> =
            message.attributes.iter().map(|attribute| format!("{id}.{}", attribute.id.name)).collect();
        let text = serializer::serialize(&Resource { body: vec![entry] });
        let name = |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap().to_owned();
        let variables: BTreeSet<_> = text.split('$').skip(1).map(name).collect();
        for id in attributes.into_iter().chain([id]) {
            assert_eq!(found.insert(id.clone(), variables.clone()), None, "{language:?}: {id} stands twice");
        }
    }
    found
}

#[test]
fn each_language_has_the_texts_of_all_codes_and_no_others() {
    let problems = ProblemCode::of_documents().map(Into::<&str>::into);
    let fields = FieldErrorCode::VARIANTS.iter().map(|code| format!("field_{code}"));
    let pages = PageText::VARIANTS.iter().map(|text| <&str>::from(text).to_owned());
    let needed: BTreeSet<_> = problems
        .flat_map(|code| [code.to_owned(), format!("{code}.detail")])
        .chain(fields)
        .chain(pages)
        .collect();
    for language in Language::ALL {
        let texts: BTreeSet<_> = messages(*language).into_keys().collect();
        assert_eq!(
            needed.difference(&texts).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "{language:?} lacks"
        );
        assert_eq!(
            texts.difference(&needed).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "{language:?} does not use"
        );
    }
}

#[test]
fn a_text_names_the_same_variables_in_each_language() {
    let english = messages(Language::English);
    for language in Language::ALL {
        assert_eq!(messages(*language), english, "{language:?}");
    }
}
