//! `sihha legacy-tokens block`, with the exports of a legacy backend's blacklist.

use std::fs;
use std::process::Stdio;

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use sihha_tests::{Client, Response, TestDatabase, samples};

use crate::process::Sihha;

const LEGACY_SECRET: &str = "django-insecure-of the legacy backend";
const BLOCKED: &str = "0123456789abcdef0123456789abcdef";
const FREE: &str = "fedcba9876543210fedcba9876543210";

/// Returns a refresh token as simplejwt makes it, a minute ago.
fn legacy_token(registered: &Response, jti: &str) -> String {
    let own: Value = jsonwebtoken::dangerous::insecure_decode(registered.text_at("refresh")).unwrap().claims;
    let issued_at = own["iat"].as_i64().unwrap() - 60;
    let claims = json!({
        "token_type": "refresh", "exp": issued_at + 86_400, "iat": issued_at, "jti": jti, "user_id": own["user_id"],
    });
    let key = EncodingKey::from_secret(LEGACY_SECRET.as_bytes());
    encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
}

fn refresh(client: &Client, token: &str) -> u16 {
    client.post("/api/token/refresh", &json!({ "refresh": token })).status
}

/// Writes the file, and blocks its tokens.
fn block(sihha: &Sihha, content: impl AsRef<[u8]>) -> crate::process::Finished {
    let file = sihha.path().join("blacklist");
    fs::write(&file, content).unwrap();
    sihha.run(["legacy-tokens", "block", file.to_str().unwrap()])
}

#[test]
fn a_token_that_the_legacy_backend_had_blacklisted_opens_no_session() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).with("SIHHA_LEGACY_JWT_SECRET", LEGACY_SECRET);
    let said = block(&sihha, format!("{BLOCKED}\n")).succeeded();
    assert_eq!(said, "blocked: 1, already blocked: 0\n");
    let service = sihha.serve();
    let registered = service.post("/api/user/register", &samples::patient("amina@example.com"));
    assert_eq!(refresh(&service, &legacy_token(&registered, BLOCKED)), 401);
    assert_eq!(refresh(&service, &legacy_token(&registered, FREE)), 200);
}

#[test]
fn the_blacklist_is_read_as_databases_and_spreadsheets_write_it() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let other = FREE;
    for (number, content) in [
        format!("{BLOCKED}\n{other}\n{other}"),
        format!("\u{feff}jti\r\n{BLOCKED}\r\n\r\n{other}\r\n"),
        format!("id,jti,user_id\n1,{BLOCKED},\"a, b\"\n2,{other},c\n"),
        format!("\"id\";\"JTI\"\r\n\"1\";\"{BLOCKED}\"\r\n\"2\";\" {other} \"\r\n"),
        format!("jti\tblacklisted_at\n{BLOCKED}\tyesterday\n{other}\ttoday\n"),
    ]
    .into_iter()
    .enumerate()
    {
        database.execute("TRUNCATE blocked_legacy_tokens").unwrap();
        let said = block(&sihha, &content).succeeded();
        let before = usize::from(number == 0);
        assert_eq!(said, format!("blocked: 2, already blocked: {before}\n"), "{content}");
        let again = block(&sihha, &content).succeeded();
        assert!(again.starts_with("blocked: 0,"), "{again}");
    }
}

#[test]
fn lines_without_an_id_are_named_and_the_others_are_blocked() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let bad = block(&sihha, format!("jti\n{BLOCKED}\n{}\n1.2E+31\n{FREE}\n", BLOCKED.to_uppercase()));
    assert_eq!(bad.code, Some(1), "{bad:?}");
    assert!(bad.stderr.contains("line 3, 4") && bad.stdout.starts_with("blocked: 2,"), "{bad:?}");
    let bad = block(&sihha, format!("id,token\n1,{BLOCKED}\n"));
    assert!(bad.refusal().contains("line 1") && bad.stderr.contains("jti"), "{bad:?}");
    let missing = sihha.run(["legacy-tokens", "block", "missing.csv"]);
    assert!(missing.refusal().contains("missing.csv"), "{missing:?}");
}

#[test]
fn a_large_blacklist_is_read_from_standard_input() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let file = sihha.path().join("large");
    let ids: Vec<_> = (0..12_001).map(|id| format!("{id:032x}")).collect();
    fs::write(&file, ids.join("\n")).unwrap();
    let mut command = sihha.command(["legacy-tokens", "block", "-"]);
    let output = command.stdin(Stdio::from(fs::File::open(file).unwrap())).output().unwrap();
    assert_eq!(output.stdout, b"blocked: 12001, already blocked: 0\n", "{output:?}");
    assert_eq!(database.number("SELECT count(*) AS n FROM blocked_legacy_tokens"), 12_001);
}
