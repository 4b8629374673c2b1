use sihha_domain::language::Language;
use sihha_domain::mail::Template;
use sihha_mail::{LinkBase, Renderer, sample};

use crate::context::every_message;

const TOKEN: &str = "019a0000-0000-7000-8000-000000000000.\
                     0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[test]
fn a_link_opens_the_page_of_its_purpose() {
    let renderer = Renderer::new("https://app.example.dz/compte/".parse().unwrap(), None).unwrap();
    for (language, template) in every_message() {
        let page = match template {
            Template::VerifyEmail | Template::ConfirmEmail => Some("verify-email"),
            Template::ResetPassword => Some("reset-password"),
            Template::EmailChanged => Some("revert-email"),
            _ => None,
        };
        let message = renderer.render(language, &sample(template)).unwrap();
        let Some(page) = page else {
            assert!(!message.text.contains("://") && !message.html.contains("://"), "{}", message.text);
            continue;
        };
        let link = format!("https://app.example.dz/compte/{page}?token={TOKEN}");
        assert!(message.text.contains(&format!("\n{link}\n")), "{}", message.text);
        // As a browser reads it.
        let html = message.html.replace("&#x2f;", "/");
        assert_eq!(html.matches(&format!("href=\"{link}\"")).count(), 2, "a button and an address: {html}");
        assert!(html.contains(&format!(">{link}</a>")), "{html}");
    }
}

#[test]
fn a_link_says_how_long_it_works() {
    for (template, in_english, in_arabic) in [
        (Template::VerifyEmail, "for 24 hours, and works once.", "24 ساعة"),
        (Template::ResetPassword, "for 30 minutes, and works once.", "30 دقيقة"),
        (Template::EmailChanged, "for 7 days, and works once.", "7 أيام"),
    ] {
        let text = |language| crate::context::rendered(language, &sample(template)).text;
        assert!(text(Language::English).contains(in_english), "{}", text(Language::English));
        assert!(text(Language::Arabic).contains(in_arabic), "{}", text(Language::Arabic));
    }
}

#[test]
fn the_address_of_links_is_one_of_a_page() {
    let base = |text: &str| text.parse::<LinkBase>().map(|base| base.to_string());
    assert_eq!(base("https://app.example.dz").unwrap(), "https://app.example.dz");
    assert_eq!(base("http://127.0.0.1:8000/").unwrap(), "http://127.0.0.1:8000");
    assert_eq!(base("https://صحة.الجزائر/a/").unwrap(), "https://xn--ogbhx.xn--lgbbat1ad8j/a");
    for wrong in [
        "app.example.dz",
        "javascript:alert(1)",
        "https://",
        "https://app.example.dz/?a=b",
        "https://app.example.dz/#/verify",
        "https://user:secret@app.example.dz",
        "",
    ] {
        assert!(base(wrong).is_err(), "{wrong}");
    }
}
