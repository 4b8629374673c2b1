//! The lists of passwords that nobody may choose.

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use sha1::{Digest as _, Sha1};
use sihha_domain::password::{Blocklist as _, Password};
use sihha_infra::blocklist::{FilterError, PasswordBlocklist, PasswordFilter};
use tempfile::TempDir;

const COMMON: &str = include_str!("../../data/common-passwords.txt");

fn is_listed(list: &PasswordBlocklist, text: &str) -> bool {
    list.contains(&Password::attempt(text).unwrap())
}

/// A folder with a file.
struct Saved(TempDir);

impl Saved {
    fn new(content: impl AsRef<[u8]>) -> Self {
        let saved = Self(tempfile::tempdir().unwrap());
        fs::write(saved.path(), content).unwrap();
        saved
    }

    fn filter_of(list: &str) -> Self {
        let saved = Self::new("");
        let (filter, _) = PasswordFilter::of_list(&mut list.as_bytes()).unwrap();
        let size = filter.save(&saved.path()).unwrap();
        assert_eq!(fs::metadata(saved.path()).unwrap().len(), size);
        saved
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("passwords")
    }

    fn open(&self) -> Result<PasswordBlocklist, FilterError> {
        PasswordBlocklist::common().with_file(&self.path())
    }
}

#[test]
fn each_password_of_the_source_is_listed_in_any_letter_case() {
    let list = PasswordBlocklist::common();
    assert_eq!(COMMON.lines().count(), 38_452);
    for password in COMMON.lines() {
        assert!(is_listed(&list, password) && is_listed(&list, &password.to_uppercase()), "{password}");
    }
}

#[test]
fn few_other_passwords_are_listed_by_mistake() {
    let list = PasswordBlocklist::common();
    let mistakes = (0..200_000).filter(|number| is_listed(&list, &format!("Not {number} on it"))).count();
    // 6 are expected; 30 or more would be chance once in 10^11.
    assert!(mistakes < 30, "{mistakes}");
}

#[test]
fn a_list_and_its_filter_find_the_same_passwords_besides_the_common_ones() {
    let text = "Couscous1990\r\n  مرحبا بكم\nÉTOILEDUSUD\nshort\n\n";
    for saved in [Saved::new(text), Saved::filter_of(text)] {
        let list = saved.open().unwrap();
        for found in ["couscous1990", "COUSCOUS1990", "  مرحبا بكم", "étoiledusud", "password1"] {
            assert!(is_listed(&list, found), "{found}");
        }
        for other in ["couscous1991", "مرحبا بكم", "couscous 1990", "short"] {
            assert!(!is_listed(&list, other), "{other}");
        }
    }
    let (filter, skipped) = PasswordFilter::of_list(&mut text.as_bytes()).unwrap();
    assert_eq!((filter.count(), skipped), (3, 2));
}

#[test]
fn digests_of_breach_lists_find_their_passwords() {
    let digest = |password: &str| hex::encode_upper(Sha1::digest(password));
    let text = format!("{}:1234\r\n{}\n", digest("Couscous1990"), digest("étoile du sud").to_lowercase());
    let list = Saved::filter_of(&text).open().unwrap();
    for found in ["Couscous1990", "étoile du sud", "Étoile Du Sud"] {
        assert!(is_listed(&list, found), "{found}");
    }
    // Only the digest of this spelling is known.
    assert!(!is_listed(&list, "couscous1990"));
}

#[test]
fn lines_in_another_encoding_are_skipped() {
    let (filter, skipped) = PasswordFilter::of_list(&mut &b"caf\xe9 au lait\ncouscous 1990"[..]).unwrap();
    assert_eq!((filter.count(), skipped), (1, 1));
}

#[test]
fn a_list_without_a_password_and_a_file_of_another_kind_are_refused() {
    for content in ["", "short\n", "\n\n"] {
        assert!(matches!(Saved::new(content).open(), Err(FilterError::Empty)), "{content:?}");
    }
    let long = "x".repeat(1 << 16);
    for content in [&b"\x7fELF\x02\x01\x01\0\0\0\0 something"[..], long.as_bytes()] {
        assert!(matches!(Saved::new(content).open(), Err(FilterError::NotAList)));
    }
    let nowhere = Saved(tempfile::tempdir().unwrap());
    assert!(matches!(nowhere.open(), Err(FilterError::Io(_))));
}

#[test]
fn a_filter_that_is_cut_or_changed_anywhere_is_refused() {
    let whole = fs::read(Saved::filter_of("couscous 1990\nétoile du sud\n").path()).unwrap();
    for length in 8..whole.len() {
        assert!(Saved::new(&whole[..length]).open().is_err(), "{length}");
    }
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 0x10;
        assert!(Saved::new(changed).open().is_err(), "{at}");
    }
    assert!(matches!(Saved::new([&whole[..], b"x"].concat()).open(), Err(FilterError::Damaged)));
    let mut later = whole;
    later[8] = 2;
    assert!(matches!(Saved::new(later).open(), Err(FilterError::Version(2))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_password_of_a_list_is_lost(passwords in prop::collection::hash_set("[ -~é-ɏа-яا-ي]{8,20}", 1..200)) {
        let text = passwords.iter().map(String::as_str).collect::<Vec<_>>().join("\n");
        let list = Saved::filter_of(&text).open().unwrap();
        for password in &passwords {
            prop_assert!(is_listed(&list, password), "{password}");
        }
    }

    #[test]
    fn any_bytes_are_refused_or_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Saved::new(&bytes).open();
        let _ = Saved::new([b"\x93sihhapw\x01\0\0\0", &bytes[..]].concat()).open();
    }
}
