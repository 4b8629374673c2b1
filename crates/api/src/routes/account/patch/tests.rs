//! Properties of every patch, also of a hostile one.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Map;
use sihha_domain::account::{BirthDate, EmergencyNumbers, ImageUrl, PhoneNumber};
use sihha_domain::place::{Commune, Place, Wilaya};
use sihha_domain::testing::{doctor, hospital, labo, patient, registered};

use super::*;

/// Names of members, each with a text that most of them take.
const MEMBERS: [(&str, &str); 36] = [
    ("profile", ""),
    ("id", "1"),
    ("email", "x@example.com"),
    ("password", "12345678"),
    ("carte_id", "NEW1"),
    ("first_name", " Be\u{301}n "),
    ("last_name", "ياسين"),
    ("first_name_ar", "أمينة"),
    ("last_name_ar", "-"),
    ("birth_date", "1991-01"),
    ("numero_tel", "0661 20 45 78"),
    ("address", "Oran\nEst"),
    ("blood_type", "A+"),
    ("gender", "Male"),
    ("image", "http://a.dz/b.png"),
    ("emergency_numbers", "14"),
    ("identifiers", "16/12"),
    ("married", ""),
    ("specialite", "pédiatrie"),
    ("bio", " "),
    ("isPrivee", ""),
    ("doctor_address", "Blida"),
    ("name", "CHU"),
    ("name_ar", "مخبر"),
    ("hospital_number", "14"),
    ("hospital_address", "وهران"),
    ("labo_number", "17"),
    ("labo_address", "Hydra"),
    ("wilaya", "31"),
    ("commune", "0103"),
    ("facility_type", "chu"),
    ("is_approved", "true"),
    ("isDoctor", "true"),
    ("role", "staff"),
    ("", "x"),
    ("a.b/~c", "\u{0}"),
];

/// Generates values of any type, also nested.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        select(MEMBERS.as_slice()).prop_map(|(_, text)| Value::from(text)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, |value| {
        let names = select(MEMBERS.as_slice()).prop_map(|(name, _)| name.to_owned());
        let object = vec((names, value.clone()), 0..6).prop_map(Map::from_iter);
        prop_oneof![vec(value, 0..4).prop_map(Value::from), object.prop_map(Value::from)]
    })
}

/// Members with their own texts, sometimes with any value instead.
fn objects() -> impl Strategy<Value = Map<String, Value>> {
    let own = select(MEMBERS.as_slice()).prop_map(|(name, text)| {
        let list = json!([{ "system": "cnom", "value": text }]);
        (name.to_owned(), if name == "identifiers" { list } else { text.into() })
    });
    let any = (select(MEMBERS.as_slice()), values()).prop_map(|((name, _), value)| (name.to_owned(), value));
    vec(prop_oneof![4 => own, 1 => any], 0..3).prop_map(Map::from_iter)
}

fn patches() -> impl Strategy<Value = Value> {
    (objects(), proptest::option::of(objects())).prop_map(|(mut patch, profile)| {
        if let Some(profile) = profile {
            patch.insert("profile".to_owned(), profile.into());
        }
        patch.into()
    })
}

/// Returns an account of each role, and the same with stored values that break a rule of today.
fn accounts() -> Vec<Account> {
    let mut accounts: Vec<_> = [patient(), doctor(), hospital(), labo()]
        .into_iter()
        .map(|details| registered(1, "amina@example.com", details))
        .collect();
    for mut account in accounts.clone() {
        account.profile.birth_date = BirthDate::from_display("1799-12-31");
        account.profile.numero_tel = Some(PhoneNumber::on_record("poste 12".to_owned()));
        account.profile.gender = None;
        // As before loi 19-12.
        let commune = Commune::on_record("0103".to_owned());
        account.profile.place = Some(Place::on_record(Wilaya::on_record("01".to_owned()), Some(commune)));
        account.profile.image = Some(ImageUrl::on_record("/media/photo.png".to_owned()));
        account.profile.emergency_numbers = EmergencyNumbers::on_record(vec!["poste 12".to_owned(); 11]);
        accounts.push(account);
    }
    accounts
}

fn patched(patch: &Value, account: &Account) -> Result<Account, FieldErrors> {
    apply(patch, account, NaiveDate::from_ymd_opt(2026, 11, 23).expect("a date"))
}

/// Returns whether `body` has the member at `path`.
fn names(body: &Value, path: &str) -> bool {
    let mut value = body;
    for name in path.split('.') {
        // A value that is no object replaces the whole member.
        let Value::Object(members) = value else { return true };
        match members.get(name) {
            Some(member) => value = member,
            None => return false,
        }
    }
    true
}

/// Returns the members of the account's document by their paths.
fn members(account: &Account) -> BTreeMap<String, Value> {
    let mut members = BTreeMap::new();
    for (name, value) in document(account, &Value::Null).as_object().expect("an object") {
        match value {
            Value::Object(nested) => {
                members
                    .extend(nested.iter().map(|(member, value)| (format!("{name}.{member}"), value.clone())));
            }
            value => _ = members.insert(name.clone(), value.clone()),
        }
    }
    members
}

#[test]
fn an_empty_patch_and_the_own_document_change_nothing() {
    for account in accounts() {
        assert_eq!(patched(&json!({}), &account).as_ref(), Ok(&account));
        assert_eq!(patched(&document(&account, &Value::Null), &account).as_ref(), Ok(&account));
    }
}

proptest! {
    #[test]
    fn errors_are_at_members_that_the_patch_names(patch in patches()) {
        for account in accounts() {
            if let Err(errors) = patched(&patch, &account) {
                prop_assert!(!errors.is_empty(), "{patch}");
                for (path, _) in errors.iter() {
                    prop_assert!(names(&patch, path), "{path}: {patch}");
                }
            }
        }
    }

    #[test]
    fn a_patch_that_is_applied_again_changes_nothing(patch in patches()) {
        for account in accounts() {
            if let Ok(changed) = patched(&patch, &account) {
                prop_assert_eq!(patched(&patch, &changed), Ok(changed), "{}", patch);
            }
        }
    }

    #[test]
    fn a_member_that_the_patch_does_not_name_keeps_its_value(patch in patches()) {
        for account in accounts() {
            let Ok(changed) = patched(&patch, &account) else { continue };
            let (before, after) = (members(&account), members(&changed));
            for path in before.keys().chain(after.keys()) {
                // The first two have another name as well. The others decide about each other.
                let alias = match path.as_str() {
                    "doctor_address" => "address",
                    "profile.first_name" => "name",
                    "wilaya" => "commune",
                    "commune" => "wilaya",
                    path => path,
                };
                if !names(&patch, path) && !names(&patch, alias) {
                    prop_assert_eq!(before.get(path), after.get(path), "{}: {}", path, patch);
                }
            }
        }
    }

    #[test]
    fn no_patch_changes_who_has_the_account_or_what_staff_decided(patch in patches()) {
        for account in accounts() {
            let Ok(changed) = patched(&patch, &account) else { continue };
            prop_assert_eq!((changed.id, changed.role()), (account.id, account.role()));
            prop_assert_eq!(changed.profile.email, account.profile.email);
            prop_assert_eq!(changed.profile.carte_id, account.profile.carte_id);
            prop_assert_eq!(changed.approval, account.approval);
        }
    }
}
