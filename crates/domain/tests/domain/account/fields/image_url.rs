use sihha_domain::FieldError;

use super::{IMAGE_URL, assert_malformed, assert_reads};

#[test]
fn a_web_url_is_kept_as_written() {
    for url in [
        "https://example.com/a.png",
        "http://example.com",
        "HTTPS://Example.com/A.PNG?size=1#top",
        "https://example.com/صورة.png",
        "https://مستشفى.com/a%20b.png",
        "https://example.com:8443/a",
        "http://127.0.0.1:8000/media/a.png",
        "http://[::1]/a.png",
    ] {
        assert_reads(&IMAGE_URL, url, url);
    }
    assert_reads(&IMAGE_URL, " https://example.com/a.png\n", "https://example.com/a.png");
}

#[test]
fn a_url_that_a_page_must_not_load_as_an_image_is_rejected() {
    for text in [
        "javascript:alert(1)",
        "javascript://example.com/%0aalert(1)",
        "JavaScript:https://example.com",
        "data:image/png;base64,iVBORw0KGgo=",
        "data://https://example.com",
        "file:///etc/passwd",
        "ftp://example.com/a.png",
        "blob:https://example.com/1",
        "view-source:https://example.com",
    ] {
        assert_malformed(&IMAGE_URL, text);
    }
}

#[test]
fn text_that_is_not_an_absolute_url_is_rejected() {
    for text in [
        "a.png",
        "/media/a.png",
        "//example.com/a.png",
        "example.com/a.png",
        "https:example.com",
        "https://",
        "https://exa mple.com/",
        "https://example.com:port/",
        "https://[::1/",
        "://example.com",
    ] {
        assert_malformed(&IMAGE_URL, text);
    }
}

#[test]
fn a_url_has_at_most_2048_characters() {
    let longest = format!("https://example.com/{}", "ش".repeat(2028));
    assert_reads(&IMAGE_URL, &longest, &longest);
    assert_eq!((IMAGE_URL.read)(&format!("{longest}ش")), Err(FieldError::TooLong { max: 2048 }));
}
