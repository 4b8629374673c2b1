use std::fs;
use std::path::Path;

use sihha_domain::language::Language;
use sihha_domain::mail::Content;
use sihha_mail::{Rendered, Renderer};
use tempfile::TempDir;

/// Returns a folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    folder
}

fn renderer(folder: &Path) -> Result<Renderer, String> {
    let links = "https://sante.example.dz".parse().unwrap();
    Renderer::new(links, Some(folder)).map_err(|error| error.to_string())
}

fn test_message(files: &[(&str, &str)], language: Language) -> Rendered {
    renderer(folder(files).path()).unwrap().render(language, &Content::test()).unwrap()
}

#[test]
fn an_operator_replaces_single_messages_and_the_service_s_name() {
    let files = [("fr/mail.ftl", "test = Essai\n    .body = Ici { -service }.\n-service = Chifa\n")];
    let message = test_message(&files, Language::French);
    assert_eq!(message.subject, "Essai");
    assert!(message.text.contains("\nIci Chifa.\n"), "{}", message.text);
    assert!(message.text.contains("envoyé automatiquement par Chifa."), "{}", message.text);
    let message = test_message(&files, Language::English);
    assert!(message.text.contains("Sihha can send mail"), "{}", message.text);
}

#[test]
fn an_operator_replaces_a_layout() {
    let files = [("layout.html", "<p lang={{ language }}>{{ body | join }} {{ '<' }}</p>")];
    let message = test_message(&files, Language::English);
    assert!(message.html.starts_with("<p lang=en>This is a test."), "{}", message.html);
    assert!(message.html.ends_with(" &lt;</p>"), "{}", message.html);
    assert!(message.text.starts_with("Hello,"), "{}", message.text);
}

#[test]
fn a_broken_file_is_named_with_what_is_wrong() {
    for (name, text, expected) in [
        ("fr/mail.ftl", "test = { $", "fr/mail.ftl: line 1: "),
        ("ar/mail.ftl", "colon = :\ntest\n", "ar/mail.ftl: line 2: "),
        ("fr/mail.ftl", "tset = Essai", "fr/mail.ftl: there is no message tset"),
        ("fr/mail.ftl", "-sevice = Chifa", "fr/mail.ftl: there is no message -sevice"),
        ("en/mail.ftl", "test = A test", "en/mail.ftl: message test lacks .body"),
        (
            "en/mail.ftl",
            "test = A\n    .body = B\n    .advise = C",
            "en/mail.ftl: message test has no part .advise",
        ),
        ("en/mail.ftl", "test = { $name }\n    .body = B", "en/mail.ftl: message test: "),
        ("layout.txt", "{{ bdoy }}", "layout.txt: line 1: there is no such value"),
        ("layout.html", "<p>\n{% for x in body %}", "layout.html: line 2: "),
        ("layout.html", "{{ body | shout }}", "layout.html: line 1: "),
        ("layout.html", "{% include 'header.html' %}", "layout.html: line 1: "),
    ] {
        let folder = folder(&[(name, text)]);
        let error = renderer(folder.path()).err().unwrap_or_else(|| panic!("{text} is accepted"));
        let expected = folder.path().join(expected);
        assert!(error.starts_with(expected.to_str().unwrap()), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn a_folder_without_templates_is_refused() {
    let empty = folder(&[("francais/mail.ftl", "test = Essai")]);
    let error = renderer(empty.path()).err().unwrap();
    assert!(error.ends_with("it has no templates (fr/mail.ftl, layout.html, …)"), "{error}");
    assert!(renderer(&empty.path().join("missing")).is_err());
}

#[test]
fn a_file_that_cannot_be_read_is_refused() {
    let folder = folder(&[("layout.html/a", "")]);
    let error = renderer(folder.path()).err().unwrap();
    assert!(error.contains("layout.html: "), "{error}");
}
