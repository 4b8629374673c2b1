use serde_json::json;
use sihha_tests::TestApp;

#[test]
fn a_healthy_service_responds_with_and_without_a_trailing_slash() {
    let app = TestApp::start();
    for path in ["/health/live", "/health/live/", "/health/ready", "/health/ready/"] {
        let answer = app.get(path);
        assert_eq!((answer.status, &answer.json), (200, &json!({ "status": "ok" })), "{path}");
        assert_eq!(answer.header("Content-Type"), "application/json", "{path}");
    }
}
