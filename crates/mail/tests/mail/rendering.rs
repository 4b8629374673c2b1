use sihha_domain::account::Fact;
use sihha_domain::approval::RejectionReason;
use sihha_domain::language::Language;
use sihha_domain::mail::Template;
use sihha_mail::{Rendered, sample};

use crate::context::{content, every_message, rendered, renderer};

#[test]
fn every_message_is_complete_in_every_language() {
    let renderer = renderer();
    for (language, template) in every_message() {
        let Rendered { subject, html, text } = renderer.render(language, &sample(template)).unwrap();
        let name = format!("{} in {}", template.as_str(), language.tag());
        assert!(html.contains(&subject), "{name}: {html}");
        for part in [&subject, &html, &text] {
            let is_raw = part.contains(['{', '}', '$']) || part.contains("value_") || part.contains("fact_");
            assert!(!is_raw, "{name}: {part}");
        }
        let is_arabic = text.chars().any(|c| matches!(c, 'ا'..='ي'));
        assert_eq!(is_arabic, language == Language::Arabic, "{name}: {text}");
        let tag = format!("<html lang=\"{}\"", language.tag());
        assert!(html.contains(&tag), "{name}: {html}");
        let direction = if is_arabic { "dir=\"rtl\"" } else { "dir=\"ltr\"" };
        assert!(html.contains(direction), "{name}: {html}");
        assert!(!html.contains("src=") && !html.contains("url("), "{name} loads something: {html}");
    }
}

#[test]
fn a_message_without_optional_values_shows_no_empty_ones() {
    for (language, template) in every_message() {
        let bare = rendered(language, &content(template, &[]));
        let [full, bare] = [rendered(language, &sample(template)), bare].map(|it| it.text.lines().count());
        assert!(bare <= full, "{} in {}", template.as_str(), language.tag());
    }
    let text = rendered(Language::English, &content(Template::Rejected, &[])).text;
    assert!(!text.contains("Reason") && !text.contains("Details"), "{text}");
}

#[test]
fn a_french_text_reads_as_a_letter() {
    let text = rendered(Language::French, &sample(Template::NewDevice)).text;
    let expected = "\
Bonjour,

Quelqu’un s’est connecté à votre compte Sihha depuis un appareil que
nous ne connaissons pas.

Appareil\u{a0}: Firefox, Linux
Adresse réseau\u{a0}: 105.96.0.0/16
Date\u{a0}: 23 novembre 2026 à 10\u{a0}h\u{a0}30 (heure d’Algérie)

Si c’était vous, vous n’avez rien à faire.

Si ce n’était pas vous, changez votre mot de passe dès maintenant. Tous
les appareils seront alors déconnectés.

--\u{20}
Ce message a été envoyé automatiquement par Sihha. Les réponses ne sont
pas lues.";
    assert_eq!(text, expected);
}

#[test]
fn times_are_those_of_algeria() {
    let at = |time| content(Template::PasswordChanged, &[("at", time)]);
    let new_year = at("2026-12-31T23:05:00Z");
    for (language, expected) in [
        (Language::English, "1 January 2027 at 0:05 (Algerian time)"),
        (Language::French, "1er janvier 2027 à 0\u{a0}h\u{a0}05 (heure d’Algérie)"),
        (Language::Arabic, "1 جانفي 2027 على الساعة 0:05 (بتوقيت الجزائر)"),
    ] {
        let text = rendered(language, &new_year).text;
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn every_fact_and_every_reason_has_a_name_in_every_language() {
    let all = Fact::NAMES.join(",");
    for language in Language::ALL {
        let fields = content(Template::ChangesRequested, &[("fields", &all)]);
        let text = rendered(*language, &fields).text;
        for fact in Fact::NAMES.iter().filter(|name| name.contains('_')) {
            assert!(!text.contains(fact), "{fact}: {text}");
        }
        for code in RejectionReason::ALL {
            let text = rendered(*language, &content(Template::Rejected, &[("code", code)])).text;
            assert!(!text.contains(&format!(" {code}\n")), "{code}: {text}");
        }
    }
    let fields = content(Template::ChangesRequested, &[("fields", "carte_id,birth_date")]);
    let text = rendered(Language::French, &fields).text;
    assert!(text.contains("À corriger\u{a0}: Numéro de carte d’identité, Date de naissance\n"), "{text}");
}

#[test]
fn names_of_a_later_release_stay_as_they_are() {
    let later = content(Template::Rejected, &[("code", "moved_abroad"), ("fields", "licence_number")]);
    for language in Language::ALL {
        let text = rendered(*language, &later).text;
        assert!(text.contains("moved_abroad") && text.contains("licence_number"), "{text}");
    }
}

#[test]
fn the_reason_other_is_not_shown_because_its_details_say_more() {
    let text = rendered(
        Language::English,
        &content(Template::Rejected, &[("code", "other"), ("reason", "Blurred")]),
    )
    .text;
    assert!(text.contains("Details: Blurred\n") && !text.contains("Other"), "{text}");
}

#[test]
fn lines_of_a_text_are_short_but_links_are_whole() {
    for (language, template) in every_message() {
        let text = rendered(language, &sample(template)).text;
        let long: Vec<_> = text.lines().filter(|line| line.chars().count() > 72).collect();
        assert!(long.iter().all(|line| line.starts_with("https://")), "{long:?}");
        assert_eq!(long.len(), usize::from(template.purpose().is_some()), "{text}");
    }
}
