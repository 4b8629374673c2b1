//! Valid requests, for tests to send or to break.

use serde_json::{Value, json};

/// The password of all samples.
pub const PASSWORD: &str = "mot de passe صحيح";

/// Returns a card number: the letters and digits of an e-mail.
fn carte_id(email: &str) -> String {
    email.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Returns the registration of a patient.
#[must_use]
pub fn patient(email: &str) -> Value {
    json!({
        "carte_id": carte_id(email),
        "email": email,
        "first_name": "آمنة",
        "last_name": "Bénabadji",
        "birth_date": "1990-05-15",
        "numero_tel": "555-1234",
        "address": "حي 1200 مسكن، باب الزوار",
        "blood_type": "O+",
        "gender": "Female",
        "emergency_numbers": ["555-5555", "777-7777"],
        "password": PASSWORD,
        "married": true
    })
}

/// Returns the registration of a doctor.
#[must_use]
pub fn doctor(email: &str) -> Value {
    json!({
        "profile": {
            "email": email,
            "first_name": "Khalido",
            "last_name": "Koulibaly",
            "birth_date": "2003-09-15",
            "numero_tel": "555-1234",
            "gender": "Male",
            "carte_id": carte_id(email),
            "password": PASSWORD
        },
        "bio": "Cardiologue à Oran.",
        "specialite": "CARDIOLOGIE",
        "isPrivee": true,
        "address": "12, rue Didouche Mourad"
    })
}

/// Returns the registration of a hospital.
#[must_use]
pub fn hospital(email: &str) -> Value {
    json!({
        "profile": { "carte_id": carte_id(email), "email": email, "password": PASSWORD },
        "name": "مستشفى باب الوادي",
        "hospital_number": "0552987332",
        "hospital_address": "Bab El Oued"
    })
}

/// Returns the registration of a laboratory.
#[must_use]
pub fn labo(email: &str) -> Value {
    json!({
        "profile": { "carte_id": carte_id(email), "email": email, "password": PASSWORD },
        "name": "Fatma Zohra Laboratoire",
        "labo_number": "0552987332",
        "isLabo": true,
        "labo_address": "Bab Ezzouar"
    })
}

/// Returns the registration of a role: `user`, `doctor`, `hospital` or `labo`.
///
/// # Panics
///
/// If there is no such role.
#[must_use]
pub fn registration(role: &str, email: &str) -> Value {
    match role {
        "user" => patient(email),
        "doctor" => doctor(email),
        "hospital" => hospital(email),
        "labo" => labo(email),
        other => panic!("no role {other}"),
    }
}

/// Returns a login with [`PASSWORD`].
#[must_use]
pub fn login(email: &str) -> Value {
    json!({ "email": email, "password": PASSWORD })
}
