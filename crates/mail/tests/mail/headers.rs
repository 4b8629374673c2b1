use mail_parser::MessageParser;
use sihha_domain::mail::{Content, Template};
use sihha_mail::sample;

use crate::context::{mail_to, sent, test_mail};

fn header(message: &str, name: &str) -> String {
    let value = message.split("\r\n").find_map(|line| line.strip_prefix(&format!("{name}: ")));
    value.unwrap_or_else(|| panic!("no {name} in {message}")).to_owned()
}

#[test]
fn a_message_says_that_a_program_wrote_it_and_when() {
    let message = sent(&test_mail()).unwrap();
    assert_eq!(header(&message, "Auto-Submitted"), "auto-generated");
    assert_eq!(header(&message, "From"), "Sihha <no-reply@example.dz>");
    assert_eq!(header(&message, "To"), "amina@example.com");
    assert_eq!(header(&message, "Date"), "Mon, 23 Nov 2026 09:30:00 +0000");
    assert!(!message.to_lowercase().contains("list-unsubscribe"), "nobody may lose such messages");
}

#[test]
fn all_attempts_of_a_message_have_the_same_id() {
    let [first, second] = [(); 2].map(|()| header(&sent(&test_mail()).unwrap(), "Message-ID"));
    assert_eq!(first, "<019a0000-0000-7000-8000-000000000001@example.dz>");
    assert_eq!(first, second);
}

#[test]
fn the_domain_of_an_address_is_sent_in_ascii() {
    let to = |address| header(&sent(&mail_to(address, Content::test())).unwrap(), "To");
    assert_eq!(to("amina@santé.example"), "amina@xn--sant-epa.example");
    assert_eq!(to("amina@موقع.الجزائر"), "amina@xn--4gbrim.xn--lgbbat1ad8j");
}

#[test]
fn a_reader_gets_the_subject_and_both_forms_of_the_text() {
    let message = sent(&mail_to("amina@example.com", sample(Template::EmailChanged))).unwrap();
    let message = MessageParser::default().parse(message.as_bytes()).unwrap();
    assert_eq!(message.subject(), Some("Votre adresse e-mail a été modifiée"));
    let text = message.body_text(0).unwrap();
    assert!(text.contains("Si ce n’était pas vous, annulez ce changement"), "{text}");
    assert!(text.contains("https://sante.example.dz/revert-email?token=019a"), "{text}");
    let html = message.body_html(0).unwrap();
    assert!(html.starts_with("<!doctype html>"), "{html}");
    assert_eq!((message.text_body_count(), message.html_body_count()), (1, 1));
    assert_eq!(message.attachment_count(), 0);
}
