use sihha_domain::language::Language;
use sihha_domain::mail::Template;

use crate::context::{content, every_message, mail_to, rendered, sent};

const HOSTILE: &str = "x\r\nBcc: victim@example.com\r\n\r\n\u{2028}<script>alert(1)</script><a href='https://evil.example'>\
                       {{ subject }} { $at } %0d%0aCc: victim@example.com &amp; \u{0} \" </p>";
const NAMES: [&str; 8] = ["new_email", "device", "address", "code", "reason", "fields", "message", "at"];

#[test]
fn hostile_values_are_only_text() {
    for (language, template) in every_message() {
        let hostile = content(template, &NAMES.map(|name| (name, HOSTILE)));
        let message = rendered(language, &hostile);
        let name = template.as_str();
        assert!(!message.html.contains("<script") && !message.html.contains("<a href='"), "{name}");
        assert!(message.html.contains("&lt;script&gt;"), "{name}: values are shown");
        assert!(message.html.contains("{{ subject }} { $at }"), "{name}: no value is a template");
        assert!(!message.subject.contains(char::is_control), "{name}: {:?}", message.subject);
    }
}

#[test]
fn hostile_values_add_no_headers() {
    for (_, template) in every_message() {
        let mail = mail_to("amina@example.com", content(template, &NAMES.map(|name| (name, HOSTILE))));
        let sent = sent(&mail).unwrap();
        let names: Vec<_> = sent
            .split("\r\n\r\n")
            .next()
            .unwrap()
            .split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split(':').next().unwrap().to_owned())
            .collect();
        let expected =
            ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"];
        assert_eq!(names, expected, "{sent}");
        assert!(sent.is_ascii());
    }
}

#[test]
fn a_hostile_subject_of_an_operator_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let text = "verify_email = { $reason }\n    .body = b\n    .action = a\n    .after = c\n";
    std::fs::create_dir(folder.path().join("fr")).unwrap();
    std::fs::write(folder.path().join("fr/mail.ftl"), text).unwrap();
    let links = "https://sante.example.dz".parse().unwrap();
    let renderer = sihha_mail::Renderer::new(links, Some(folder.path())).unwrap();
    let hostile = content(Template::VerifyEmail, &[("reason", HOSTILE)]);
    let subject = renderer.render(Language::French, &hostile).unwrap().subject;
    assert!(subject.starts_with("x Bcc: victim@example.com <script>"), "{subject:?}");
    assert!(!subject.contains(['\r', '\n', '\0', '\u{2028}']), "{subject:?}");
}

#[test]
fn an_address_that_smtp_cannot_have_is_refused_for_good() {
    for address in ["amina@example.com\r\nBcc: victim@example.com", "أمينة@example.dz", "a@b@", "@", ""]
    {
        let refused = sent(&mail_to(address, content(Template::Test, &[]))).unwrap_err();
        assert!(format!("{refused:?}").starts_with("Permanent"), "{refused:?}");
        assert!(!format!("{refused:?}").contains("victim"), "{refused:?}");
    }
}
