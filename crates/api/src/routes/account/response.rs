//! Accounts as the contract answers them.

use chrono::NaiveDate;
use serde::Serialize;
use sihha_domain::account::{
    Account, Address, BirthDate, BloodType, Doctor, Gender, Hospital, ImageUrl, Labo, Patient, PhoneNumber,
    Registered, RoleDetails,
};
use utoipa::ToSchema;
use uuid::Uuid;

/// What every account holder has.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProfileResponse {
    /// The account's id, as in the tokens' `user_id`.
    id: Uuid,
    carte_id: String,
    email: String,
    /// An organisation's name stands here as well.
    first_name: String,
    /// An organisation has `Hospital Profile` or `Labo Profile`.
    last_name: String,
    birth_date: Option<NaiveDate>,
    numero_tel: Option<String>,
    address: Option<String>,
    blood_type: Option<String>,
    gender: Option<String>,
    /// The URL of the profile picture.
    image: Option<String>,
    emergency_numbers: Vec<String>,
}

/// A patient's account.
#[derive(Serialize, ToSchema)]
pub(crate) struct PatientResponse {
    #[serde(flatten)]
    profile: ProfileResponse,
    married: Option<bool>,
    #[serde(rename = "isPatient")]
    is_patient: bool,
}

/// A doctor's account.
#[derive(Serialize, ToSchema)]
pub(crate) struct DoctorResponse {
    profile: ProfileResponse,
    id: Uuid,
    /// One of `GET /api/specialites`.
    specialite: String,
    bio: Option<String>,
    #[serde(rename = "isPrivee")]
    is_privee: bool,
    /// Where the doctor practises.
    doctor_address: Option<String>,
    #[serde(rename = "isDoctor")]
    is_doctor: bool,
    is_approved: bool,
}

/// A hospital's account.
#[derive(Serialize, ToSchema)]
pub(crate) struct HospitalResponse {
    profile: ProfileResponse,
    id: Uuid,
    name: String,
    hospital_number: String,
    hospital_address: String,
    #[serde(rename = "isHospital")]
    is_hospital: bool,
    is_approved: bool,
}

/// A laboratory's account.
#[derive(Serialize, ToSchema)]
pub(crate) struct LaboResponse {
    profile: ProfileResponse,
    id: Uuid,
    name: String,
    labo_number: String,
    labo_address: String,
    #[serde(rename = "isLabo")]
    is_labo: bool,
    /// Laboratory or radiology.
    #[serde(rename = "isLabOorRad")]
    is_lab_or_rad: bool,
    is_approved: bool,
}

/// An account, by its role.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum AccountResponse {
    Patient(PatientResponse),
    Doctor(DoctorResponse),
    Hospital(HospitalResponse),
    Labo(LaboResponse),
}

/// A new account with its first tokens.
#[derive(Serialize, ToSchema)]
pub(crate) struct RegisteredResponse<T> {
    #[serde(flatten)]
    account: T,
    /// A JWT; opens what the account may see.
    access: String,
    /// A JWT; gets new tokens.
    refresh: String,
}

impl From<&Registered> for RegisteredResponse<AccountResponse> {
    fn from(registered: &Registered) -> Self {
        Self {
            account: AccountResponse::from(&registered.account),
            access: registered.tokens.access.expose().to_owned(),
            refresh: registered.tokens.refresh.expose().to_owned(),
        }
    }
}

impl From<&Account> for AccountResponse {
    fn from(account: &Account) -> Self {
        let profile = ProfileResponse::from(account);
        let id = account.id.as_uuid();
        let is_approved = account.is_approved();
        match &account.details {
            RoleDetails::Patient(patient) => Self::Patient(patient_answer(profile, patient)),
            RoleDetails::Doctor(doctor) => Self::Doctor(doctor_answer(profile, id, doctor, is_approved)),
            RoleDetails::Hospital(hospital) => {
                Self::Hospital(hospital_answer(profile, id, hospital, is_approved))
            }
            RoleDetails::Labo(labo) => Self::Labo(labo_answer(profile, id, labo, is_approved)),
        }
    }
}

impl From<&Account> for ProfileResponse {
    fn from(account: &Account) -> Self {
        let profile = &account.profile;
        let (first_name, last_name) = account.details.display_name();
        let text = str::to_owned;
        Self {
            id: account.id.as_uuid(),
            carte_id: text(profile.carte_id.as_str()),
            email: text(profile.email.as_str()),
            first_name: text(first_name),
            last_name: text(last_name),
            birth_date: profile.birth_date.map(BirthDate::date),
            numero_tel: profile.numero_tel.as_ref().map(PhoneNumber::as_str).map(text),
            address: profile.address.as_ref().map(Address::as_str).map(text),
            blood_type: profile.blood_type.as_ref().map(BloodType::as_str).map(text),
            gender: profile.gender.as_ref().map(Gender::as_str).map(text),
            image: profile.image.as_ref().map(ImageUrl::as_str).map(text),
            emergency_numbers: profile.emergency_numbers.iter().map(text).collect(),
        }
    }
}

const fn patient_answer(profile: ProfileResponse, patient: &Patient) -> PatientResponse {
    PatientResponse { profile, married: patient.married, is_patient: true }
}

fn doctor_answer(profile: ProfileResponse, id: Uuid, doctor: &Doctor, is_approved: bool) -> DoctorResponse {
    DoctorResponse {
        profile,
        id,
        specialite: doctor.specialite.as_str().to_owned(),
        bio: doctor.bio.as_ref().map(|bio| bio.as_str().to_owned()),
        is_privee: doctor.is_privee,
        doctor_address: doctor.address.as_ref().map(|address| address.as_str().to_owned()),
        is_doctor: true,
        is_approved,
    }
}

fn hospital_answer(
    profile: ProfileResponse,
    id: Uuid,
    hospital: &Hospital,
    is_approved: bool,
) -> HospitalResponse {
    HospitalResponse {
        profile,
        id,
        name: hospital.name.as_str().to_owned(),
        hospital_number: hospital.number.as_str().to_owned(),
        hospital_address: hospital.address.as_str().to_owned(),
        is_hospital: true,
        is_approved,
    }
}

fn labo_answer(profile: ProfileResponse, id: Uuid, labo: &Labo, is_approved: bool) -> LaboResponse {
    LaboResponse {
        profile,
        id,
        name: labo.name.as_str().to_owned(),
        labo_number: labo.number.as_str().to_owned(),
        labo_address: labo.address.as_str().to_owned(),
        is_labo: true,
        is_lab_or_rad: true,
        is_approved,
    }
}
