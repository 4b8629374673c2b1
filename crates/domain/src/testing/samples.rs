//! Sample accounts.

use crate::account::{
    Account, Address, ArabicOrganisationName, ArabicPersonName, Bio, BirthDate, BloodType, CarteId, Doctor,
    EmailAddress, EmergencyNumbers, FacilityType, Gender, Hospital, ImageUrl, Labo, OrganisationName,
    Patient, PersonName, PhoneNumber, Profile, RoleDetails, Specialite,
};
use crate::approval::Approval;
use crate::clock::Clock;
use crate::identifier::{Identifier, IdentifierSystem, Identifiers};
use crate::ids::ProfileId;
use crate::language::Language;
use crate::place::{Commune, Place};
use crate::testing::{FixedClock, SequenceRandomness};

const VALID: &str = "a valid sample";

/// Returns an e-mail address.
///
/// # Panics
///
/// If `text` is not an e-mail address.
#[must_use]
pub fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect(VALID)
}

/// Returns a profile that has every field, some in Arabic and French. Its card number and its
/// identifier consist of the letters and digits of its e-mail.
///
/// # Panics
///
/// If `address` is not an e-mail address.
#[must_use]
pub fn profile(address: &str) -> Profile {
    let carte_id: String = address.chars().filter(char::is_ascii_alphanumeric).collect();
    let numbers = ["555-5555", "777-7777"].map(|text| PhoneNumber::parse(text).expect(VALID));
    Profile {
        email: email(address),
        carte_id: CarteId::parse(&carte_id).expect(VALID),
        birth_date: BirthDate::from_display("1990-05-15"),
        numero_tel: PhoneNumber::parse("0552987332").ok(),
        address: Address::parse("حي 1200 مسكن، باب الزوار\nAlger").ok(),
        place: Place::new(None, Commune::parse("1621").ok()).expect(VALID),
        blood_type: BloodType::parse("AB-").ok(),
        gender: Gender::parse("Female").ok(),
        image: ImageUrl::parse("https://example.com/ش.png").ok(),
        emergency_numbers: EmergencyNumbers::new(numbers.into()).expect(VALID),
        language: Language::Arabic,
        identifiers: Identifiers::on_record([Identifier::on_record(IdentifierSystem::Other, carte_id)]),
    }
}

/// Returns the details of a patient.
///
/// # Panics
///
/// Never.
#[must_use]
pub fn patient() -> RoleDetails {
    RoleDetails::Patient(Patient {
        first_name: PersonName::parse("آمنة").expect(VALID),
        last_name: PersonName::parse("Bénabadji").expect(VALID),
        first_name_ar: None,
        last_name_ar: ArabicPersonName::parse("بن عبادجي").ok(),
        married: Some(true),
    })
}

/// Returns the details of a doctor.
///
/// # Panics
///
/// Never.
#[must_use]
pub fn doctor() -> RoleDetails {
    RoleDetails::Doctor(Doctor {
        first_name: PersonName::parse("Khalido").expect(VALID),
        last_name: PersonName::parse("Koulibaly").expect(VALID),
        first_name_ar: ArabicPersonName::parse("خاليدو").ok(),
        last_name_ar: ArabicPersonName::parse("كوليبالي").ok(),
        specialite: Specialite::parse("Cardiologie").expect(VALID),
        bio: Bio::parse("طبيب قلب.\nCardiologue à Oran.").ok(),
        is_privee: true,
        address: Address::parse("12, rue Didouche Mourad").ok(),
    })
}

/// Returns the details of a hospital.
///
/// # Panics
///
/// Never.
#[must_use]
pub fn hospital() -> RoleDetails {
    RoleDetails::Hospital(Hospital {
        name: OrganisationName::parse("مستشفى باب الوادي").expect(VALID),
        name_ar: None,
        number: PhoneNumber::parse("021 96 06 06").expect(VALID),
        address: Address::parse("Bab El Oued").expect(VALID),
        facility_type: FacilityType::parse("eph").ok(),
    })
}

/// Returns the details of a laboratory.
///
/// # Panics
///
/// Never.
#[must_use]
pub fn labo() -> RoleDetails {
    RoleDetails::Labo(Labo {
        name: OrganisationName::parse("Fatma Zohra Laboratoire").expect(VALID),
        name_ar: ArabicOrganisationName::parse("مخبر فاطمة الزهراء").ok(),
        number: PhoneNumber::parse("0552987332").expect(VALID),
        address: Address::parse("Bab Ezzouar").expect(VALID),
        facility_type: FacilityType::parse("laboratoire").ok(),
    })
}

/// Returns an account as it is immediately after registration. Its id is derived from `number`.
#[must_use]
pub fn registered(number: u64, address: &str, details: RoleDetails) -> Account {
    let now = FixedClock::at("2026-11-23T09:30:00.123456Z").now();
    let randomness = SequenceRandomness::starting_at(number);
    let approval = details.role().needs_approval().then_some(Approval::Pending);
    let id = ProfileId::generate(now, &randomness);
    let profile = profile(address);
    Account {
        id,
        registered_at: now,
        email_verified_at: None,
        submitted_at: now,
        profile,
        details,
        approval,
        pending_changes: None,
    }
}
