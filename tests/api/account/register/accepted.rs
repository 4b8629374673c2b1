use std::time::Duration;

use serde_json::{Value, json};
use sihha_tests::{Response, TestApp, samples};

use crate::support::{
    ROLES, assert_fields, log_in, profile_path, register, send_registration, with, without,
};

/// Returns the value at `path` of a response, such as `profile.email`.
fn at<'a>(json: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(json, |value, name| &value[name])
}

/// Returns the account as it is read later.
#[track_caller]
fn kept(app: &TestApp, registered: &Response) -> Value {
    let answer = app.get_as(registered.text_at("access"), "/api/me");
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json
}

/// Checks that a value sent at `path` is returned as `wanted`, now and later.
#[track_caller]
fn assert_kept(app: &TestApp, role: &str, path: &str, sent: &Value, wanted: &Value) {
    static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let body = with(samples::registration(role, &format!("kept{number}@example.com")), path, sent.clone());
    let registered = send_registration(app, role, &body);
    assert_eq!(at(&registered.json, path), wanted, "{role}, {path}");
    assert_eq!(at(&kept(app, &registered), path), wanted, "{role}, {path}, later");
}

#[test]
fn every_path_has_the_same_response_with_and_without_a_trailing_slash() {
    let app = TestApp::start();
    for role in ROLES {
        let answers = ["", "/"].map(|slash| {
            let body = samples::registration(role, &format!("{role}{}@example.com", slash.len()));
            app.post(&format!("/api/{role}/register{slash}"), &body)
        });
        let members = answers.each_ref().map(|answer| {
            assert_eq!(answer.status, 201, "{role}: {}", answer.text);
            assert_eq!(answer.header("Content-Type"), "application/json");
            answer.json.as_object().unwrap().keys().collect::<Vec<_>>()
        });
        assert_eq!(members[0], members[1], "{role}");
    }
}

#[test]
fn the_response_has_the_sent_values() {
    let app = TestApp::start();
    for role in ROLES {
        let sent = samples::registration(role, &format!("{role}@example.com"));
        let answer = send_registration(&app, role, &sent);
        for (name, value) in sent.as_object().unwrap() {
            let (name, value) = match name.as_str() {
                "password" => continue,
                "address" if role == "doctor" => ("doctor_address", value.clone()),
                "profile" => {
                    let profile = without(value.clone(), "password");
                    for (name, value) in profile.as_object().unwrap() {
                        assert_eq!(&answer.json["profile"][name], value, "{role}: profile.{name}");
                    }
                    continue;
                }
                name => (name, value.clone()),
            };
            assert_eq!(answer.json[name], value, "{role}: {name}");
        }
    }
}

#[test]
fn only_a_patient_is_active_immediately() {
    let app = TestApp::start();
    for (role, status) in ROLES.into_iter().zip([200, 404, 404, 404]) {
        let email = format!("{role}@example.com");
        let registered = register(&app, role, &email);
        if role != "user" {
            assert_eq!(registered.json["is_approved"], false, "{role}");
        }
        assert_eq!(log_in(&app, role, &email).status, status, "{role}");
    }
}

#[test]
fn arabic_and_french_are_returned_in_normal_form_c() {
    let app = TestApp::start();
    // Decomposed on the left, as from some keyboards and file systems; composed on the right.
    let texts = [
        ("Be\u{301}nabadji", "B\u{e9}nabadji"),
        ("Hyacinthe Nguye\u{302}\u{303}n", "Hyacinthe Nguy\u{1ec5}n"),
        ("\u{627}\u{653}منة", "\u{622}منة"),
        ("مُحَمَّد الأَمِين", "مُحَمَّد الأَمِين"),
        ("ⵎⴰⵙⵉⵏⵉⵙⵙⴰ 🩺", "ⵎⴰⵙⵉⵏⵉⵙⵙⴰ 🩺"),
    ];
    let places = [
        ("user", "first_name"),
        ("user", "last_name"),
        ("user", "address"),
        ("doctor", "profile.first_name"),
        ("doctor", "profile.address"),
        ("doctor", "bio"),
        ("hospital", "name"),
        ("hospital", "hospital_address"),
        ("labo", "name"),
        ("labo", "labo_address"),
    ];
    for (role, path) in places {
        for (sent, wanted) in texts {
            assert_kept(&app, role, path, &json!(sent), &json!(wanted));
        }
    }
}

#[test]
fn right_to_left_and_mixed_text_keeps_its_order_and_its_marks() {
    let app = TestApp::start();
    for text in
        ["حي 1200 مسكن، عمارة B12 (قرب Cosider)", "\u{200f}دكتور\u{200f} - Dr. خالد", "می\u{200c}خواهم"]
    {
        assert_kept(&app, "user", "address", &json!(text), &json!(text));
        assert_kept(&app, "doctor", "bio", &json!(text), &json!(text));
    }
}

#[test]
fn an_address_and_a_biography_may_have_several_lines() {
    let app = TestApp::start();
    let text = json!("Cité des 1200 logements\nBâtiment 12\r\n\tBab Ezzouar");
    assert_kept(&app, "user", "address", &text, &text);
    assert_kept(&app, "doctor", "bio", &text, &text);
}

#[test]
fn line_breaks_of_other_programs_are_line_breaks() {
    let app = TestApp::start();
    for line_break in ["\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}"] {
        let sent = json!(format!("Cité 1200{line_break}Alger"));
        assert_kept(&app, "user", "address", &sent, &json!("Cité 1200\nAlger"));
        assert_kept(&app, "labo", "labo_address", &sent, &json!("Cité 1200\nAlger"));
    }
}

#[test]
fn text_that_programs_add_to_a_copy_is_removed() {
    let app = TestApp::start();
    for (path, sent, wanted) in [
        ("first_name", "\u{feff}Amina\u{200b}\u{ad}", "Amina"),
        ("numero_tel", "\u{202a}+213\u{2011}552\u{61c}\t98\u{202c}", "+213-552 98"),
        ("carte_id", "\u{202a}1990-0515/04\u{202c}", "1990-0515/04"),
        ("carte_id", "١٩٩١ ٠٥١٥", "١٩٩١ ٠٥١٥"),
    ] {
        assert_kept(&app, "user", path, &json!(sent), &json!(wanted));
    }
}

#[test]
fn telephone_numbers_are_returned_as_typed() {
    let app = TestApp::start();
    for number in ["555-1234", "0552987332", "+213 (0)21 55-12-34", "٠٥٥٢٩٨٧٣٣٢", "14"] {
        let number = json!(number);
        assert_kept(&app, "user", "numero_tel", &number, &number);
        assert_kept(&app, "user", "emergency_numbers", &json!([number]), &json!([number]));
        assert_kept(&app, "hospital", "hospital_number", &number, &number);
        assert_kept(&app, "labo", "labo_number", &number, &number);
    }
}

#[test]
fn optional_members_may_be_absent_null_empty_or_a_dash() {
    let app = TestApp::start();
    let places: [(&str, &[&str]); 3] = [
        ("user", &["address", "blood_type", "image"]),
        ("doctor", &["bio", "profile.address", "profile.blood_type", "profile.image"]),
        (
            "hospital",
            &[
                "profile.address",
                "profile.birth_date",
                "profile.blood_type",
                "profile.gender",
                "profile.image",
                "profile.numero_tel",
            ],
        ),
    ];
    for (role, paths) in places {
        for path in paths {
            for empty in [json!(null), json!("  "), json!("\u{feff}"), json!("-"), json!("…")] {
                assert_kept(&app, role, path, &empty, &json!(null));
            }
        }
    }
    for empty in [json!(null), json!([]), json!(["", null]), json!(["—"]), json!(""), json!("-")] {
        assert_kept(&app, "user", "emergency_numbers", &empty, &json!([]));
    }
    for empty in [json!(null), json!(""), json!("  "), json!("-")] {
        assert_kept(&app, "user", "married", &empty, &json!(null));
        assert_kept(&app, "doctor", "isPrivee", &empty, &json!(false));
    }

    let mut least = samples::patient("least@example.com");
    for path in ["address", "blood_type", "emergency_numbers", "married"] {
        least = without(least, path);
    }
    let registered = send_registration(&app, "user", &least);
    for path in ["address", "blood_type", "image", "married"] {
        assert!(registered.json.get(path).is_some_and(Value::is_null), "{path}: {}", registered.text);
    }
    assert_eq!(registered.json["emergency_numbers"], json!([]));
}

#[test]
fn a_blood_type_is_stored_and_never_a_default() {
    let app = TestApp::start();
    for blood_type in ["A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-"] {
        assert_kept(&app, "user", "blood_type", &json!(blood_type), &json!(blood_type));
        assert_kept(&app, "doctor", "profile.blood_type", &json!(blood_type), &json!(blood_type));
    }
    for role in ["doctor", "hospital", "labo"] {
        let registered = register(&app, role, &format!("{role}@example.com"));
        assert!(registered.json["profile"]["blood_type"].is_null(), "{role}");
        assert!(kept(&app, &registered)["profile"]["blood_type"].is_null(), "{role}, later");
    }
}

#[test]
fn marriage_and_private_practice_may_be_true_or_false() {
    let app = TestApp::start();
    for flag in [json!(true), json!(false)] {
        assert_kept(&app, "user", "married", &flag, &flag);
        assert_kept(&app, "doctor", "isPrivee", &flag, &flag);
    }
    let registered =
        send_registration(&app, "doctor", &without(samples::doctor("d@example.com"), "isPrivee"));
    assert_eq!(registered.json["isPrivee"], false);
}

#[test]
fn a_profile_picture_is_stored() {
    let app = TestApp::start();
    for url in ["https://example.com/a%20b.png?size=2#x", "http://example.com/%D8%A2.jpg"] {
        assert_kept(&app, "user", "image", &json!(url), &json!(url));
        assert_kept(&app, "labo", "profile.image", &json!(url), &json!(url));
    }
}

#[test]
fn a_doctors_address_is_accepted_under_both_names() {
    let app = TestApp::start();
    let base = without(samples::doctor("none@example.com"), "address");
    let cases = [
        (json!({}), json!(null)),
        (json!({ "address": "12, rue Didouche" }), json!("12, rue Didouche")),
        (json!({ "doctor_address": "باب الزوار" }), json!("باب الزوار")),
        (json!({ "address": "old", "doctor_address": "new" }), json!("new")),
        (json!({ "address": "12, rue Didouche", "doctor_address": "" }), json!("12, rue Didouche")),
        (json!({ "address": null, "doctor_address": "12, rue Didouche" }), json!("12, rue Didouche")),
    ];
    for (number, (members, wanted)) in cases.into_iter().enumerate() {
        let mut body = with(base.clone(), "profile.email", format!("doctor{number}@example.com"));
        body["profile"]["carte_id"] = json!(format!("DOCTOR{number}"));
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let registered = send_registration(&app, "doctor", &body);
        assert_eq!(registered.json["doctor_address"], wanted, "{members}");
        assert_eq!(kept(&app, &registered)["doctor_address"], wanted, "{members}, later");
        assert!(registered.json["profile"]["address"].is_null(), "{members}");
    }
}

#[test]
fn a_doctors_home_and_practice_addresses_are_separate() {
    let app = TestApp::start();
    let body = with(samples::doctor("khalido@example.com"), "profile.address", "at home");
    let account = kept(&app, &send_registration(&app, "doctor", &body));
    assert_eq!(account["profile"]["address"], "at home");
    assert_eq!(account["doctor_address"], "12, rue Didouche Mourad");
}

#[test]
fn a_speciality_is_accepted_in_any_spelling_and_returned_in_its_canonical_form() {
    let app = TestApp::start();
    let spellings = [
        ("cardiologie", "CARDIOLOGIE"),
        ("Cardiologie", "CARDIOLOGIE"),
        ("Pédiatrie", "PEDIATRIE"),
        ("PE\u{301}DIATRIE", "PEDIATRIE"),
        ("généraliste", "GENERALISTE"),
        (" Médecine d'urgence ", "MEDECINE_D_URGENCE"),
        ("gynécologie-obstétrique", "GYNECOLOGIE_OBSTETRIQUE"),
        ("autre", "AUTRE"),
    ];
    for (sent, wanted) in spellings {
        assert_kept(&app, "doctor", "specialite", &json!(sent), &json!(wanted));
    }
}

#[test]
fn unknown_members_are_ignored_and_not_returned() {
    let app = TestApp::start();
    for role in ROLES {
        let mut body = samples::registration(role, &format!("{role}@example.com"));
        for path in ["nickname".to_owned(), profile_path(role, "favourite")] {
            body = with(body, &path, json!({ "nested": [1, 2, { "deep": null }] }));
        }
        let answer = send_registration(&app, role, &body);
        assert!(!answer.text.contains("nickname") && !answer.text.contains("favourite"), "{}", answer.text);
    }
}

#[test]
fn a_registration_cannot_approve_or_promote_itself() {
    let app = TestApp::start();
    let wishes = json!({
        "role": "staff", "is_approved": true, "state": "approved", "isApproved": true, "is_staff": true,
        "approval": { "state": "approved" }, "id": "019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90",
        "isPatient": true, "isDoctor": true, "isHospital": true,
    });
    for (role, flag) in [("doctor", "isDoctor"), ("hospital", "isHospital"), ("labo", "isLabo")] {
        let email = format!("{role}@example.com");
        let mut body = samples::registration(role, &email);
        body.as_object_mut().unwrap().extend(wishes.as_object().unwrap().clone());
        body["profile"].as_object_mut().unwrap().extend(wishes.as_object().unwrap().clone());
        let answer = send_registration(&app, role, &body);
        assert_eq!((&answer.json["is_approved"], &answer.json[flag]), (&json!(false), &json!(true)));
        assert_ne!(answer.json["id"], wishes["id"]);
        let flags = ["isPatient", "isDoctor", "isHospital", "isLabo"];
        let has = flags.into_iter().filter(|flag| answer.json.get(flag).is_some()).collect::<Vec<_>>();
        assert_eq!(has, [flag], "{role}");
        assert_eq!(log_in(&app, role, &email).status, 404, "{role}");
    }
}

#[test]
fn a_presumed_birth_date_is_returned_as_sent() {
    let app = TestApp::start();
    for date in ["1942", "1942-05", "1942-05-01", "1942-01-01", "2026", "2026-11"] {
        for role in ROLES {
            assert_kept(&app, role, &profile_path(role, "birth_date"), &json!(date), &json!(date));
        }
    }
}

#[test]
fn names_in_arabic_script_are_returned_where_they_were_given() {
    let app = TestApp::start();
    for (role, path) in [
        ("user", "first_name_ar"),
        ("user", "last_name_ar"),
        ("doctor", "profile.first_name_ar"),
        ("doctor", "profile.last_name_ar"),
        ("hospital", "name_ar"),
        ("labo", "name_ar"),
    ] {
        assert_kept(&app, role, path, &json!(" باب الزوار 2 "), &json!("باب الزوار 2"));
        for nothing in [json!(null), json!(""), json!("-")] {
            assert_kept(&app, role, path, &nothing, &json!(null));
        }
    }
    for role in ROLES {
        let registered = register(&app, role, &format!("{role}@example.com"));
        assert!(!registered.text.contains("_ar\""), "{}", registered.text);
    }
}

#[test]
fn a_child_born_today_in_algeria_can_be_registered() {
    let app = TestApp::start();
    let born = |day: &str, email: &str| {
        app.post("/api/user/register", &with(samples::patient(email), "birth_date", day))
    };
    assert_eq!(born("2026-11-23", "today@example.com").status, 201);
    let tomorrow = born("2026-11-24", "tomorrow@example.com");
    assert_fields(&tomorrow, &[("birth_date", "in_future")], "tomorrow");
    // 23:30 in London is 00:30 in Algiers.
    app.pass(Duration::from_hours(14));
    assert_eq!(born("2026-11-24", "tomorrow@example.com").status, 201);
}
