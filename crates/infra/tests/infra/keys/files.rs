//! Files and errors of the key store.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use sihha_domain::key::PublicKeys;
use sihha_infra::jwt::KeyAlgorithm;

use super::fixture::{DELAY, Fixture, kid};

#[test]
fn the_kid_is_the_thumbprint_of_rfc_7638() {
    let fixture = Fixture::new();
    // The key of RFC 8037 §A.1, whose thumbprint §A.3 gives.
    fixture.write(
        "rfc.pem",
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n",
    );
    let keys = fixture.instance().keys.published(fixture.now());
    assert_eq!(keys[0].id, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert_eq!(keys[0].x, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
}

#[test]
fn the_error_for_an_invalid_key_names_the_file_and_the_remedy() {
    let fixture = Fixture::new();
    let begin = |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
    // Headers of PKCS#8 (RFC 5958) without a key: RSA, P-384, Ed25519.
    let rsa = "MBQCAQAwDQYJKoZIhvcNAQEBBQAEAA==";
    let p384 = "MBcCAQAwEAYHKoZIzj0CAQYFK4EEACIEAA==";
    let damaged = "MAwCAQAwBQYDK2VwBAA=";
    let good = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";
    for (case, name, content, part) in [
        ("empty", "a.pem", String::new(), "no private key in PEM"),
        ("truncated", "a.pem", "-----BEGIN PRIVATE KEY-----\nMC4C".to_owned(), "no private key in PEM"),
        ("RSA", "a.pem", begin("PRIVATE KEY", rsa), "sihha keys generate"),
        ("old RSA", "a.pem", begin("RSA PRIVATE KEY", "AAAA"), "sihha keys generate"),
        ("P-384", "a.pem", begin("PRIVATE KEY", p384), "sihha keys generate"),
        ("SEC1", "a.pem", begin("EC PRIVATE KEY", "AAAA"), "openssl pkcs8 -topk8"),
        ("encrypted", "a.pem", begin("ENCRYPTED PRIVATE KEY", "AAAA"), "passphrase"),
        ("public", "a.pem", begin("PUBLIC KEY", "AAAA"), "is not a private key"),
        ("damaged", "a.pem", begin("PRIVATE KEY", damaged), "damaged"),
        (
            "a date",
            "a.pem",
            format!("Retired: yesterday\n{}", begin("PRIVATE KEY", good)),
            "line 1: `Retired:`",
        ),
        ("short", "a.secret", "0123456789abcdef0123456789abcde\n".to_owned(), "31 bytes"),
        ("a name", "a b.secret", "0123456789abcdef0123456789abcdef".to_owned(), "its kid"),
    ] {
        let file = fixture.write(name, &content);
        let refused = fixture.try_open(None).err().unwrap();
        let named = refused.contains(file.to_str().unwrap());
        assert!(named && refused.contains(part) && !refused.contains('\n'), "{case}: {refused}");
        assert!(!refused.contains("0123456789"), "{case}: {refused}");
        fs::remove_file(file).unwrap();
    }

    let file = fixture.write("a.pem", &begin("PRIVATE KEY", good));
    for mode in [0o604, 0o640, 0o644, 0o620] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let refused = fixture.try_open(None).err().unwrap();
        assert!(refused.contains("chmod 600") && refused.contains("a.pem"), "{refused}");
    }
    fs::set_permissions(&file, fs::Permissions::from_mode(0o400)).unwrap();
    fixture.try_open(None).unwrap();
    fixture.write("b.pem", &begin("PRIVATE KEY", good));
    assert!(fixture.try_open(None).err().unwrap().contains("same kid"));
}

#[test]
fn two_keys_without_a_date_are_refused() {
    let fixture = Fixture::new();
    for name in ["a.secret", "b.secret"] {
        fixture.write(name, &format!("{name} of the tests, long enough by far"));
    }
    let refused = fixture.try_open(None).err().unwrap();
    assert!(refused.contains("b.secret") && refused.contains("Signs-From:"), "{refused}");
    fixture.write("b.secret", "Signs-From: 2026-11-23T09:00:00Z\nb.secret of the tests, long enough by far");
    assert_eq!(kid(&fixture.instance().token(fixture.now())), Some("b".to_owned()));
}

#[test]
fn a_key_store_without_a_key_that_can_sign_is_refused() {
    let fixture = Fixture::new();
    let secret = Some(b"0123456789abcdef0123456789abcdef".as_slice());
    fixture.write("README", "keys");
    fixture.write(".unfinished-a.pem", "half a k");
    let refused = fixture.try_open(secret).err().unwrap();
    assert!(refused.contains("there is none") && refused.contains("sihha keys generate"), "{refused}");
    fixture.write("a.secret", "Retired: 2026-11-23T09:00:00Z\n0123456789abcdef0123456789abcdef");
    assert!(fixture.try_open(secret).err().unwrap().contains("all are retired"));

    fixture.generate(KeyAlgorithm::EdDsa);
    assert!(!fixture.path().join(".unfinished-a.pem").exists(), "a file of a killed command is removed");
    fixture.try_open(None).unwrap();
    fs::remove_dir_all(fixture.path()).unwrap();
    let refused = fixture.try_open(None).err().unwrap();
    assert!(refused.contains(fixture.path().to_str().unwrap()), "{refused}");
}

#[test]
fn a_key_store_that_becomes_invalid_does_not_affect_the_loaded_keys() {
    let fixture = Fixture::new();
    fixture.generate(KeyAlgorithm::EdDsa);
    let instance = fixture.instance();
    let token = instance.token(fixture.now());
    let broken = fixture.write("broken.pem", "-----BEGIN");
    assert!(instance.keys.reload().unwrap_err().to_string().contains("broken.pem"));
    assert_eq!(instance.verify(&token, fixture.now()), Ok(()));
    fs::remove_file(broken).unwrap();
    assert!(!instance.keys.reload().unwrap());
    fs::remove_dir_all(fixture.path()).unwrap();
    assert!(instance.keys.reload().is_err());
    assert_eq!(instance.verify(&instance.token(fixture.now()), fixture.now()), Ok(()));
}

#[test]
fn only_the_owner_can_read_the_files_and_they_contain_the_dates() {
    let fixture = Fixture::new();
    let (first, now) = (fixture.generate(KeyAlgorithm::EdDsa), fixture.now());
    fixture.generate_next(KeyAlgorithm::Hs256);
    for entry in fs::read_dir(fixture.path()).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    fixture.clock.advance(DELAY);
    fixture.keys().retire(&first, fixture.now()).unwrap();
    let content = fs::read_to_string(fixture.path().join(format!("{first}.pem"))).unwrap();
    let dates =
        "Signs-From: 2026-11-23T09:30:00Z\nRetired: 2026-11-23T09:40:00Z\n-----BEGIN PRIVATE KEY-----\n";
    assert!(content.starts_with(dates), "{content}");
    let again = fixture.keys().retire(&first, now).unwrap_err().to_string();
    assert!(again.contains("was retired at 2026-11-23T09:40:00.000Z"), "{again}");
    let nobody = fixture.keys().retire("../../etc/passwd", now).unwrap_err().to_string();
    assert!(nobody.contains("there is no key"), "{nobody}");
}
