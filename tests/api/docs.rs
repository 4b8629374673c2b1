//! The documentation page works without the internet.

use std::path::Path;
use std::process::Command;

use sihha_tests::{TestApp, TestDatabase, packages, recorded};
use ureq::http::Method;

use crate::support::assert_problem;

/// Returns the values of all `src` and `href` attributes.
fn references(html: &str) -> Vec<&str> {
    ["src=\"", "href=\""]
        .iter()
        .flat_map(|attribute| html.split(attribute).skip(1))
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

fn is_kind(reference: &str, extension: &str) -> bool {
    Path::new(reference).extension().is_some_and(|found| found == extension)
}

/// Resolves a reference on the page `/docs/`.
fn resolved(reference: &str) -> String {
    if reference.starts_with('/') {
        reference.to_owned()
    } else {
        format!("/docs/{}", reference.trim_start_matches("./"))
    }
}

#[test]
fn the_page_loads_everything_from_this_server() {
    let app = TestApp::start();
    let page = app.get("/docs/");
    assert_eq!(page.status, 200);
    assert!(page.header("Content-Type").starts_with("text/html"), "{}", page.header("Content-Type"));
    let references = references(&page.text);
    for kind in ["js", "css"] {
        assert!(references.iter().any(|reference| is_kind(reference, kind)), "{references:?}");
    }
    for reference in references {
        assert!(!reference.contains("//"), "{reference} is on another server");
        let asset = app.get(&resolved(reference));
        assert_eq!(asset.status, 200, "{reference}");
        assert!(!asset.text.is_empty(), "{reference} is empty");
    }
    assert!(!page.text.contains("http://") && !page.text.contains("https://"), "{}", page.text);
}

#[test]
fn the_style_sheets_load_everything_from_this_server() {
    let app = TestApp::start();
    let page = app.get("/docs/");
    for reference in references(&page.text).into_iter().filter(|reference| is_kind(reference, "css")) {
        let sheet = app.get(&resolved(reference)).text;
        assert!(
            !sheet.contains("@import") && !sheet.contains("url(http") && !sheet.contains("url(//"),
            "{reference}"
        );
    }
}

#[test]
fn it_shows_the_document_of_this_service() {
    let app = TestApp::start();
    let script = app.get("/docs/swagger-initializer.js");
    assert_eq!(script.status, 200);
    // Relative to the page, so that it works behind a proxy that adds a prefix to the path.
    assert!(script.text.contains("\"../openapi.json\""), "{}", script.text);
    assert!(!script.text.contains("http"), "{}", script.text);
    // By default the page lets a server on the internet validate the document.
    assert!(script.text.contains(r#""validatorUrl": "none""#), "{}", script.text);
    assert_eq!(app.get("/openapi.json").status, 200);
}

#[test]
fn the_path_without_a_slash_redirects_to_the_page() {
    let app = TestApp::start();
    let answer = app.get("/docs");
    match answer.status {
        200 => assert!(answer.header("Content-Type").starts_with("text/html")),
        301 | 302 | 307 | 308 => assert_eq!(answer.header("Location"), "docs/"),
        status => panic!("/docs answers {status}"),
    }
}

#[test]
fn no_reference_of_the_page_leaves_the_prefix_of_a_proxy() {
    let app = TestApp::start();
    for file in ["index.html", "swagger-initializer.js", "index.css"] {
        let text = app.get(&format!("/docs/{file}")).text;
        for reference in references(&text) {
            assert!(!reference.starts_with('/'), "{file}: {reference}");
        }
    }
    assert_eq!(app.get("/openapi.json").json["servers"][0]["url"], ".");
}

#[test]
fn the_page_may_load_only_its_own_files_and_no_other_page_may_frame_it() {
    let app = TestApp::start();
    for path in ["/docs/", "/docs/index.html", "/docs/swagger-ui-bundle.js"] {
        let policy = app.get(path).header("Content-Security-Policy").to_owned();
        for part in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
            assert!(policy.split("; ").any(|directive| directive == part), "{path}: {policy}");
        }
    }
    // The policy allows no script in the page itself.
    let page = app.get("/docs/").text;
    assert!(!page.contains("<script>") && !page.contains(" on"), "{page}");
}

#[test]
fn a_browser_shows_the_page_and_calls_an_operation_under_its_policy() {
    let app = TestApp::start();
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    let python = packages("browser", &scripts).join("bin/python");
    let page = format!("http://{}/docs/", recorded(app.address()));
    let script = Command::new(python).arg(scripts.join("docs.py")).arg(page).output().unwrap();
    assert!(script.status.success(), "{}", String::from_utf8_lossy(&script.stderr));
}

#[test]
fn the_language_of_a_browser_changes_nothing() {
    let app = TestApp::start();
    for path in ["/docs/", "/docs/swagger-initializer.js", "/openapi.json"] {
        let english = app.get(path);
        let request = app.request(Method::GET, path).header("Accept-Language", "ar,fr;q=0.5");
        let arabic = app.send(request.body(()).unwrap());
        assert_eq!(arabic.text, english.text, "{path}");
        assert_eq!(arabic.header("Content-Language"), "", "{path}");
    }
}

#[test]
fn without_documentation_neither_the_page_nor_the_document_exists() {
    let app = TestApp::start_with(TestDatabase::new(), |options| options.no_docs = true);
    for path in ["/docs", "/docs/", "/docs/index.html", "/docs/swagger-ui.css", "/openapi.json"] {
        assert_problem(&app.get(path), 404, "not_found", path);
    }
    assert_eq!(app.get("/health/live").status, 200);
}

#[test]
fn the_page_accepts_head_and_refuses_other_methods() {
    let app = TestApp::start();
    let ask = |method: Method| app.send(app.request(method, "/docs/").body(()).unwrap());
    assert_eq!(ask(Method::HEAD).status, 200);
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let answer = ask(method.clone());
        assert_problem(&answer, 405, "method_not_allowed", method.as_str());
        assert_eq!(answer.header("Allow"), "GET, HEAD", "{method}");
    }
}

#[test]
fn each_file_of_text_names_its_encoding() {
    let app = TestApp::start();
    for (path, media_type) in [
        ("/docs/", "text/html"),
        ("/docs/index.css", "text/css"),
        ("/docs/swagger-initializer.js", "text/javascript"),
    ] {
        let content_type = app.get(path).header("Content-Type").to_owned();
        assert_eq!(content_type, format!("{media_type}; charset=utf-8"), "{path}");
    }
}

#[test]
fn no_other_files_can_be_read() {
    let app = TestApp::start();
    for path in
        ["/docs/nothing.js", "/docs/../Cargo.toml", "/docs/%2e%2e/%2e%2e/etc/passwd", "/docs//etc/passwd"]
    {
        assert_problem(&app.get(path), 404, "not_found", path);
    }
}
