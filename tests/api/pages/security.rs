//! What browsers, proxies and strangers may do with a page.

use std::collections::BTreeSet;

use sihha_tests::{Response, TestApp, TestDatabase};
use ureq::http::Method;

use super::support::{
    NEW_PASSWORD, NOT_VALID, PAGES, UNKNOWN, asked_token, assert_page, open, open_in, reset, send,
};
use crate::links::{AMINA, owner};

#[track_caller]
fn assert_guarded(answer: &Response, case: &str) {
    let policy = answer.header("Content-Security-Policy");
    let mut directives: Vec<_> = policy.split("; ").collect();
    let style = directives.remove(1);
    assert!(style.starts_with("style-src 'sha256-") && style.matches('\'').count() == 2, "{case}: {policy}");
    let wanted = ["default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"];
    assert_eq!(directives, wanted, "{case}");
    for (name, value) in [
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Type", "text/html; charset=utf-8"),
        ("Vary", "Accept-Language"),
        ("Location", ""),
        ("Access-Control-Allow-Origin", ""),
    ] {
        assert_eq!(answer.header(name), value, "{case}: {name}");
    }
    assert!(!answer.header("X-Request-Id").is_empty(), "{case}");
    assert!(!answer.text.contains("<script") && !answer.text.contains("http"), "{case}: {}", answer.text);
}

#[test]
fn every_page_is_guarded_also_one_that_shows_an_error() {
    let app = TestApp::start();
    owner(&app, AMINA);
    let token = asked_token(&app, "/reset-password", AMINA);
    let with = |method: Method, path: &str| {
        let request = app.request(method, path).header("Origin", "null").header("Accept-Language", "en");
        app.send(request.body(()).unwrap())
    };
    for page in PAGES {
        assert_guarded(&open(&app, page), page);
        assert_guarded(&open(&app, &format!("{page}?token={UNKNOWN}")), page);
        assert_guarded(&send(&app, page, &[("email", "nothing")]), page);
        assert_guarded(&with(Method::PUT, page), page);
        assert_guarded(&with(Method::OPTIONS, page), page);
        assert_guarded(&with(Method::GET, &format!("{page}?{}", "x".repeat(9000))), page);
    }
    assert_guarded(&open(&app, &format!("/reset-password?token={token}")), "form");
    assert_guarded(&reset(&app, &token, "short"), "error of a field");
    assert_guarded(&reset(&app, &token, NEW_PASSWORD), "result");
    assert_guarded(&send(&app, "/reset-password", &[("email", AMINA)]), "request");
}

#[test]
fn nothing_that_a_stranger_puts_into_a_link_is_on_the_page() {
    let app = TestApp::start();
    let hostile = [
        "\"><script>alert(1)</script>",
        "%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "' onfocus='alert(1)' autofocus='",
        "javascript:alert(1)",
        "%00%0d%0aSet-Cookie:alert(1)",
        "{{alert(1)}}",
        "alert(1)\u{202e}",
    ];
    for text in hostile {
        let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        for page in PAGES {
            for query in [
                format!("token={encoded}"),
                format!("lang={encoded}"),
                format!("token={UNKNOWN}{encoded}&lang=ar{encoded}"),
                format!("{encoded}=1&title={encoded}"),
            ] {
                let answer = open(&app, &format!("{page}?{query}"));
                assert!(!answer.text.contains("alert"), "{query}: {}", answer.text);
                assert_eq!(answer.header("Set-Cookie"), "", "{query}");
                assert_eq!(answer.header("Content-Language"), "en", "{query}");
            }
            let answer = send(&app, page, &[("token", text), ("password", text), ("repeat", "other")]);
            assert_page(&answer, 400, NOT_VALID);
            assert!(!answer.text.contains("alert"), "{text}: {}", answer.text);
        }
    }
}

#[test]
fn other_methods_are_refused_by_a_page_and_head_has_no_body() {
    let app = TestApp::start();
    for page in PAGES {
        for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
            let request = app.request(method, page).header("Accept-Language", "fr");
            let answer = app.send(request.body(()).unwrap());
            assert_page(&answer, 405, "Méthode non autorisée");
            assert_eq!(answer.header("Allow"), "GET, HEAD, POST");
        }
    }
    let head = app.send(app.request(Method::HEAD, "/reset-password").body(()).unwrap());
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    assert_guarded(&head, "HEAD");
}

#[test]
fn only_a_small_form_is_accepted() {
    const FORM: &str = "application/x-www-form-urlencoded";
    let app = TestApp::start();
    let post = |content_type: &str, coding: &str, body: &str| {
        let request = app.request(Method::POST, "/reset-password").header("Accept-Language", "en");
        let request = request.header("Content-Type", content_type).header("Content-Encoding", coding);
        app.send(request.body(body).unwrap())
    };
    let large = format!("token={UNKNOWN}&password={}", "x".repeat(1_000_000));
    assert_page(&post(FORM, "identity", &large), 413, "Request too large");
    for content_type in ["application/json", "multipart/form-data; boundary=x", "text/plain", ""] {
        let answer = post(content_type, "identity", "email=amina@example.com");
        assert_page(&answer, 415, "Unsupported media type");
        assert_eq!(answer.header("Accept"), FORM);
    }
    assert_page(&post(FORM, "gzip", "email=amina@example.com"), 415, "Unsupported media type");
    assert_page(
        &post(&format!("{FORM}; charset=UTF-8"), "identity", "email=amina@example.com"),
        200,
        "Look at your mail",
    );
    // Neither broken percent signs nor other encodings are an error of the service.
    for body in ["", "&&&", "=", "token", "token=%", "token=%ff%fe", "password=%00&token=%zz"] {
        assert_page(&post(FORM, "identity", body), 400, NOT_VALID);
    }
}

#[test]
fn a_page_is_in_the_language_that_the_reader_chose_or_prefers() {
    let app = TestApp::start();
    let cases = [
        ("", "/reset-password", "fr", "ltr", "Mot de passe oublié"),
        ("de", "/reset-password", "fr", "ltr", "Mot de passe oublié"),
        ("en-GB,en;q=0.9", "/reset-password", "en", "ltr", "Forgotten password"),
        ("ar-DZ,fr;q=0.5", "/reset-password", "ar", "rtl", "نسيان كلمة المرور"),
        ("ar", "/reset-password?lang=fr", "fr", "ltr", "Mot de passe oublié"),
        ("ar", "/reset-password/?lang=en", "en", "ltr", "Forgotten password"),
        ("ar", "/reset-password?lang=xx", "ar", "rtl", "نسيان كلمة المرور"),
    ];
    for (header, path, language, direction, title) in cases {
        let answer = open_in(&app, header, path);
        assert_page(&answer, 200, title);
        assert_eq!(answer.header("Content-Language"), language);
        assert!(answer.text.contains(&format!(r#"<html lang="{language}" dir="{direction}">"#)), "{path}");
    }
}

#[test]
fn the_links_to_other_languages_keep_the_token_and_the_form_keeps_the_language() {
    let app = TestApp::start();
    owner(&app, AMINA);
    let token = asked_token(&app, "/reset-password", AMINA);
    let references = |html: &str| -> BTreeSet<String> {
        let hrefs = html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
        hrefs.collect()
    };
    let form = open_in(&app, "fr", &format!("/reset-password?token={token}"));
    let wanted = ["en", "fr", "ar"].map(|tag| format!("?lang={tag}&#38;token={token}"));
    assert_eq!(references(&form.text), wanted.clone().into());
    assert!(form.text.contains(r#"action="?lang=fr""#), "{}", form.text);
    let refused = reset(&app, &token, "short");
    assert_eq!(references(&refused.text), wanted.into());
    assert_eq!(references(&reset(&app, &token, NEW_PASSWORD).text), BTreeSet::new());
}

#[test]
fn pages_work_without_documentation_and_are_not_in_the_document() {
    let app = TestApp::start_with(TestDatabase::new(), |options| options.no_docs = true);
    for page in PAGES {
        assert_guarded(&open(&app, page), page);
    }
    let document = TestApp::start().get("/openapi.json").text;
    assert!(PAGES.iter().all(|page| !document.contains(&format!("\"{page}\""))));
}
