//! The folder of keys: their life, what is refused, and what several instances see of it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretSlice;
use sihha_domain::account::Role;
use sihha_domain::clock::Clock;
use sihha_domain::ids::{ProfileId, SessionId, TokenId};
use sihha_domain::key::{PublicKeys, SigningKeys};
use sihha_domain::session::{Claims, RefreshClaims, TokenClaims, TokenError, TokenIssuer};
use sihha_domain::testing::{FixedClock, SequenceRandomness};
use sihha_infra::jwt::{ACTIVATION_DELAY, JwtIssuer, KeyAlgorithm, KeyRing, KeySources, KeyState, KeyStore};
use sihha_infra::system::SystemRandomness;
use tempfile::TempDir;

const LONGEST: TimeDelta = TimeDelta::hours(24);
const SECRET: &[u8] = b"the secret of the tests, long enough";

/// A folder of keys, and the time that passes.
struct Fixture {
    folder: TempDir,
    clock: Arc<FixedClock>,
}

impl Fixture {
    fn new() -> Self {
        let clock = Arc::new(FixedClock::at("2026-11-23T09:30:00Z"));
        Self { folder: tempfile::tempdir().unwrap(), clock }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn keys(&self) -> KeyStore {
        KeyStore::new(self.path().to_owned())
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    fn generate(&self, algorithm: KeyAlgorithm) -> String {
        self.keys().generate(algorithm, None, self.now(), &SystemRandomness).unwrap().id
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let file = self.path().join(name);
        fs::write(&file, content).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        file
    }

    fn try_open(&self, secret: Option<&[u8]>) -> Result<Arc<KeyRing>, String> {
        let secret = secret.map(|secret| SecretSlice::from(secret.to_vec()));
        let sources = KeySources { secret, folder: Some(self.keys()), longest_token: LONGEST };
        KeyRing::open(sources, self.clock.clone()).map(Arc::new).map_err(|error| error.to_string())
    }

    fn instance(&self) -> Instance {
        Instance::of(self.try_open(None).unwrap())
    }

    fn states(&self) -> Vec<KeyState> {
        let keys = self.keys().list(LONGEST, self.now()).unwrap();
        keys.into_iter().map(|key| key.state).collect()
    }
}

/// A running service, as far as tokens go.
struct Instance {
    keys: Arc<KeyRing>,
    issuer: JwtIssuer,
}

impl Instance {
    fn of(keys: Arc<KeyRing>) -> Self {
        Self { issuer: JwtIssuer::new("sihha", &[], Arc::clone(&keys)), keys }
    }

    fn token(&self, now: DateTime<Utc>) -> String {
        let randomness = SequenceRandomness::default();
        let claims = Claims::Refresh(RefreshClaims(TokenClaims {
            id: TokenId::generate(&randomness),
            profile_id: ProfileId::generate(now, &randomness),
            session: SessionId::generate(now, &randomness),
            role: Role::Patient,
            is_approved: true,
            issued_at: now,
            expires_at: now + LONGEST,
        }));
        self.issuer.issue(&claims).unwrap().expose().to_owned()
    }

    fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<(), TokenError> {
        self.issuer.verify(token, now).map(|_| ())
    }

    fn published(&self, now: DateTime<Utc>) -> Vec<String> {
        self.keys.published(now).into_iter().map(|key| key.id).collect()
    }
}

fn kid(token: &str) -> Option<String> {
    jsonwebtoken::decode_header(token).unwrap().kid
}

#[test]
fn a_rotation_logs_nobody_out_on_any_instance() {
    let fixture = Fixture::new();
    let first = fixture.generate(KeyAlgorithm::EdDsa);
    let [a, b] = [fixture.instance(), fixture.instance()];
    let old = a.token(fixture.now());
    assert_eq!(kid(&old), Some(first.clone()));

    // One instance has read the new key, the other has not: nobody signs with it.
    let second = fixture.generate(KeyAlgorithm::Es256);
    assert!(a.keys.reload().unwrap());
    assert_eq!(kid(&a.token(fixture.now())), Some(first.clone()));
    assert_eq!(a.published(fixture.now()), [second.clone(), first.clone()]);
    assert!(b.keys.reload().unwrap());
    assert!(!b.keys.reload().unwrap(), "nothing has changed since");
    assert_eq!(fixture.states(), [KeyState::Pending, KeyState::Signing]);
    let refused = fixture.keys().retire(&first, fixture.now()).unwrap_err().to_string();
    assert!(refused.contains("only key that can sign") && refused.contains(&second), "{refused}");

    // Without another reading of the folder.
    fixture.clock.advance(ACTIVATION_DELAY - TimeDelta::seconds(1));
    assert_eq!(kid(&a.token(fixture.now())), Some(first.clone()));
    fixture.clock.advance(TimeDelta::seconds(1));
    let new = a.token(fixture.now());
    assert_eq!(kid(&new), Some(second.clone()));
    assert_eq!(fixture.states(), [KeyState::Signing, KeyState::Superseded]);

    let last = b.token(fixture.now());
    fixture.keys().retire(&first, fixture.now()).unwrap();
    b.keys.reload().unwrap();
    for token in [&old, &new, &last] {
        assert_eq!(b.verify(token, fixture.now()), Ok(()));
    }
    assert_eq!(fixture.states(), [KeyState::Signing, KeyState::Retired]);

    fixture.clock.advance(LONGEST - TimeDelta::seconds(1));
    assert_eq!(b.published(fixture.now()), [second.clone(), first.clone()]);
    fixture.clock.advance(TimeDelta::minutes(1) + TimeDelta::seconds(1));
    assert_eq!(b.published(fixture.now()), [second]);
    assert_eq!(b.verify(&old, fixture.now() - TimeDelta::days(1)), Ok(()), "by that day's clock");
    assert_eq!(b.verify(&old, fixture.now()), Err(TokenError::UnknownKey));
    assert_eq!(fixture.states(), [KeyState::Signing, KeyState::Expired]);
}

#[test]
fn a_secret_of_the_folder_rotates_likewise_and_is_never_published() {
    let fixture = Fixture::new();
    let first = fixture.generate(KeyAlgorithm::Hs256);
    let instance = fixture.instance();
    let old = instance.token(fixture.now());
    let second = fixture.generate(KeyAlgorithm::Hs256);
    fixture.clock.advance(ACTIVATION_DELAY);
    instance.keys.reload().unwrap();
    assert_eq!((kid(&old), kid(&instance.token(fixture.now()))), (Some(first.clone()), Some(second)));
    fixture.keys().retire(&first, fixture.now()).unwrap();
    instance.keys.reload().unwrap();
    assert_eq!(instance.verify(&old, fixture.now()), Ok(()));
    assert_eq!(instance.published(fixture.now()), Vec::<String>::new());
    fixture.clock.advance(LONGEST + TimeDelta::minutes(1));
    assert_eq!(instance.verify(&old, fixture.now()), Err(TokenError::UnknownKey));
}

#[test]
fn from_the_default_secret_to_keys_nobody_is_logged_out() {
    let fixture = Fixture::new();
    let secret = b"0123456789abcdef0123456789abcdef".as_slice();
    let sources =
        KeySources { secret: Some(SecretSlice::from(secret.to_vec())), folder: None, longest_token: LONGEST };
    let before = Instance::of(Arc::new(KeyRing::open(sources, fixture.clock.clone()).unwrap()));
    let old = before.token(fixture.now());
    assert_eq!(kid(&old), None);

    let delay = Some(TimeDelta::hours(1));
    fixture.keys().generate(KeyAlgorithm::EdDsa, delay, fixture.now(), &SystemRandomness).unwrap();
    let after = Instance::of(fixture.try_open(Some(secret)).unwrap());
    assert_eq!(after.verify(&old, fixture.now()), Ok(()));
    let meanwhile = after.token(fixture.now());
    assert_eq!(before.verify(&meanwhile, fixture.now()), Ok(()), "an instance that is restarted later");
    fixture.clock.advance(TimeDelta::hours(1));
    assert!(kid(&after.token(fixture.now())).is_some());
    assert_eq!(after.verify(&old, fixture.now()), Ok(()));

    let without = fixture.instance();
    assert_eq!(without.verify(&old, fixture.now()), Err(TokenError::UnknownKey), "once the secret is gone");
}

#[test]
fn a_key_of_openssl_signs_at_once_and_gives_way_to_the_next() {
    let fixture = Fixture::new();
    // By `openssl genpkey -algorithm ed25519`, and `-algorithm EC -pkeyopt ec_paramgen_curve:P-256`.
    let ed25519 = "MC4CAQAwBQYDK2VwBCIEIEgT2odPmc6MQB988ojieL9C7wE4iGOrbjDtcLySQVzD";
    let p256 = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgKyIRZzdiGhq7NZN2\n\
        p63bun/fBQUVOEHVtgBVz9K4WWKhRANCAAShfP2xkTP15gPeqcoOXYV0GOQYuPLG\n\
        d4gGm7aX6KhiVY0UyisetFq860a+1hIoySrxk2n6ddvoB6RMoI7N7gjL";
    for (name, body) in [("ed25519", ed25519), ("p256", p256)] {
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
        let file = fixture.write(&format!("{name}.pem"), &pem);
        let instance = fixture.instance();
        let token = instance.token(fixture.now());
        assert_eq!(instance.verify(&token, fixture.now()), Ok(()), "{name}");
        let second = fixture.generate(KeyAlgorithm::EdDsa);
        fixture.clock.advance(ACTIVATION_DELAY);
        instance.keys.reload().unwrap();
        assert_eq!(kid(&instance.token(fixture.now())), Some(second.clone()), "{name}");
        assert_eq!(fixture.states(), [KeyState::Signing, KeyState::Superseded], "{name}");
        fs::remove_file(file).unwrap();
        fs::remove_file(fixture.path().join(format!("{second}.pem"))).unwrap();
    }
}

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
fn what_is_no_key_is_refused_by_name_and_told_what_to_do() {
    let fixture = Fixture::new();
    let begin = |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
    // Headers of PKCS#8 (RFC 5958): RSA, P-384, Ed25519 with nothing behind.
    let rsa = "MBQCAQAwDQYJKoZIhvcNAQEBBQAEAA==";
    let p384 = "MBcCAQAwEAYHKoZIzj0CAQYFK4EEACIEAA==";
    let damaged = "MAwCAQAwBQYDK2VwBAA=";
    let good = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";
    for (case, name, content, part) in [
        ("nothing", "a.pem", String::new(), "no private key as PEM"),
        ("half", "a.pem", "-----BEGIN PRIVATE KEY-----\nMC4C".to_owned(), "no private key as PEM"),
        ("RSA", "a.pem", begin("PRIVATE KEY", rsa), "sihha keys generate"),
        ("old RSA", "a.pem", begin("RSA PRIVATE KEY", "AAAA"), "sihha keys generate"),
        ("P-384", "a.pem", begin("PRIVATE KEY", p384), "sihha keys generate"),
        ("SEC1", "a.pem", begin("EC PRIVATE KEY", "AAAA"), "openssl pkcs8 -topk8"),
        ("encrypted", "a.pem", begin("ENCRYPTED PRIVATE KEY", "AAAA"), "passphrase"),
        ("public", "a.pem", begin("PUBLIC KEY", "AAAA"), "no private key"),
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
fn of_two_keys_without_a_date_neither_is_the_newer() {
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
fn a_folder_without_a_key_that_can_sign_is_refused_whatever_else_is_there() {
    let fixture = Fixture::new();
    let secret = Some(b"0123456789abcdef0123456789abcdef".as_slice());
    fixture.write("README", "keys");
    fixture.write(".unfinished-a.pem", "half a k");
    let refused = fixture.try_open(secret).err().unwrap();
    assert!(refused.contains("there is none") && refused.contains("sihha keys generate"), "{refused}");
    fixture.write("a.secret", "Retired: 2026-11-23T09:00:00Z\n0123456789abcdef0123456789abcdef");
    assert!(fixture.try_open(secret).err().unwrap().contains("all are retired"));

    fixture.generate(KeyAlgorithm::EdDsa);
    assert!(!fixture.path().join(".unfinished-a.pem").exists(), "what a killed command left is cleared away");
    fixture.try_open(None).unwrap();
    fs::remove_dir_all(fixture.path()).unwrap();
    let refused = fixture.try_open(None).err().unwrap();
    assert!(refused.contains(fixture.path().to_str().unwrap()), "{refused}");
}

#[test]
fn a_folder_that_becomes_wrong_leaves_the_keys_that_were_read() {
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
fn files_are_for_their_owner_alone_and_hold_their_dates() {
    let fixture = Fixture::new();
    let (first, now) = (fixture.generate(KeyAlgorithm::EdDsa), fixture.now());
    fixture.generate(KeyAlgorithm::Hs256);
    for entry in fs::read_dir(fixture.path()).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    fixture.clock.advance(ACTIVATION_DELAY);
    fixture.keys().retire(&first, fixture.now()).unwrap();
    let content = fs::read_to_string(fixture.path().join(format!("{first}.pem"))).unwrap();
    let dates =
        "Signs-From: 2026-11-23T09:30:00Z\nRetired: 2026-11-23T09:40:00Z\n-----BEGIN PRIVATE KEY-----\n";
    assert!(content.starts_with(dates), "{content}");
    let again = fixture.keys().retire(&first, now).unwrap_err().to_string();
    assert!(again.contains("was retired at 2026-11-23 09:40:00 UTC"), "{again}");
    let nobody = fixture.keys().retire("../../etc/passwd", now).unwrap_err().to_string();
    assert!(nobody.contains("there is no key"), "{nobody}");
}

#[test]
fn the_keys_that_sign_are_named_as_they_take_turns() {
    let fixture = Fixture::new();
    let soon = TimeDelta::minutes(2);
    let signers = |keys: &KeyRing| keys.signers(fixture.now(), fixture.now() + soon);

    let first = fixture
        .keys()
        .generate(KeyAlgorithm::EdDsa, Some(soon * 2), fixture.now(), &SystemRandomness)
        .unwrap()
        .id;
    let with_secret = fixture.try_open(Some(SECRET)).unwrap();
    let [secret] = &signers(&with_secret)[..] else { panic!("{:?}", signers(&with_secret)) };
    assert!(secret.starts_with("secret:"), "{secret}");
    assert_eq!(signers(&fixture.try_open(None).unwrap()), [first.as_str()], "there is no other one");

    fixture.clock.advance(soon);
    assert_eq!(signers(&with_secret), [first.clone(), secret.clone()], "the key begins in time");
    fixture.clock.advance(soon);
    assert_eq!(signers(&with_secret), [first.as_str()]);

    let second = fixture.generate(KeyAlgorithm::Es256);
    fixture.keys().retire(&first, fixture.now()).unwrap_err();
    with_secret.reload().unwrap();
    assert_eq!(signers(&with_secret), [first.as_str()], "the second is only published");
    fixture.clock.advance(ACTIVATION_DELAY);
    assert_eq!(signers(&with_secret), [second]);
    fixture.keys().retire(&first, fixture.now()).unwrap();
    with_secret.reload().unwrap();
    assert!(with_secret.verifies(&first, fixture.now()));
    fixture.clock.advance(LONGEST * 2);
    assert!(!with_secret.verifies(&first, fixture.now()), "its last token has expired");
}

#[test]
fn a_secret_is_known_by_a_name_that_another_one_does_not_have() {
    let fixture = Fixture::new();
    fixture.generate(KeyAlgorithm::EdDsa);
    let open = |secret: &[u8]| {
        let secret = Some(SecretSlice::from(secret.to_vec()));
        let sources = KeySources { secret, folder: None, longest_token: LONGEST };
        KeyRing::open(sources, fixture.clock.clone()).unwrap()
    };
    let (one, same, other) = (open(SECRET), open(SECRET), open(b"another secret of the tests, as long"));
    let [name] = &one.signers(fixture.now(), fixture.now())[..] else { panic!("one key") };
    assert!(one.verifies(name, fixture.now()) && same.verifies(name, fixture.now()));
    assert!(!other.verifies(name, fixture.now()));
    assert!(!fixture.try_open(None).unwrap().verifies(name, fixture.now()));
}
