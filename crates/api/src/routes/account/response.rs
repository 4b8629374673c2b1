//! Accounts, as responses contain them.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;
use sihha_domain::account::{
    Account, Address, ArabicPersonName, BloodType, Doctor, Gender, ImageUrl, Patient, PhoneNumber,
    RoleDetails,
};
use sihha_domain::place::Place;
use utoipa::openapi::schema::{AllOfBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use super::identifiers::IdentifierResponse;
use crate::openapi::choices::{
    BloodTypeChoice, FacilityTypeChoice, GenderChoice, LanguageChoice, RoleChoice, SpecialiteChoice,
    WilayaChoice,
};
use crate::routes::application::response::ApplicationResponse;
use crate::routes::session::token_pair::TokenPairResponse;

/// Members that the accounts of all roles have.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProfileResponse {
    /// The account's id, as in the tokens' `user_id`.
    id: Uuid,
    carte_id: String,
    email: String,
    /// Whether the holder has confirmed the address.
    email_verified: bool,
    /// For an organisation, its name.
    first_name: String,
    /// For an organisation, `Hospital Profile` or `Labo Profile`.
    last_name: String,
    /// A person's first name in Arabic script, if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    first_name_ar: Option<String>,
    /// A person's last name in Arabic script, if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    last_name_ar: Option<String>,
    /// A day, or a month or a year if it is presumed.
    #[schema(required = true, pattern = "^[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?$")]
    birth_date: Option<String>,
    #[schema(required = true)]
    numero_tel: Option<String>,
    #[schema(required = true)]
    address: Option<String>,
    #[schema(required = true, value_type = Option<BloodTypeChoice>)]
    blood_type: Option<String>,
    #[schema(required = true, value_type = Option<GenderChoice>)]
    gender: Option<String>,
    /// The URL of the profile picture.
    #[schema(required = true)]
    image: Option<String>,
    emergency_numbers: Vec<String>,
    /// Absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    identifiers: Vec<IdentifierResponse>,
    /// The language of mails to the holder.
    #[schema(value_type = LanguageChoice)]
    language: &'static str,
}

/// Where an account is: where a doctor practises, or where another account is at home.
#[derive(Serialize, ToSchema)]
struct PlaceResponse {
    /// Code of the wilaya, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = WilayaChoice, required = false)]
    wilaya: Option<String>,
    /// Code of the commune, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    commune: Option<String>,
}

/// What staff make of an account that needs an approval.
#[derive(Default, Serialize, ToSchema)]
pub(super) struct ReviewResponse {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = ApplicationResponse, required = false)]
    pub(super) application: Option<ApplicationResponse>,
    /// Changes that wait for a decision of staff, as a JSON merge patch (RFC 7396) of this document.
    /// Absent if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object, required = false)]
    pub(super) pending_changes: Option<Value>,
}

/// A patient's account.
#[derive(Serialize, ToSchema)]
pub(crate) struct PatientResponse {
    #[serde(flatten)]
    profile: ProfileResponse,
    #[schema(value_type = RoleChoice)]
    role: &'static str,
    #[schema(required = true)]
    married: Option<bool>,
    #[serde(flatten)]
    place: PlaceResponse,
    #[serde(rename = "isPatient")]
    is_patient: bool,
}

/// A doctor's account.
#[derive(Serialize, ToSchema)]
pub(crate) struct DoctorResponse {
    profile: ProfileResponse,
    id: Uuid,
    #[schema(value_type = RoleChoice)]
    role: &'static str,
    #[schema(value_type = SpecialiteChoice)]
    specialite: String,
    #[schema(required = true)]
    bio: Option<String>,
    #[serde(rename = "isPrivee")]
    is_privee: bool,
    /// Where the doctor practises.
    #[schema(required = true)]
    doctor_address: Option<String>,
    #[serde(flatten)]
    place: PlaceResponse,
    #[serde(rename = "isDoctor")]
    is_doctor: bool,
    is_approved: bool,
    #[serde(flatten)]
    review: ReviewResponse,
}

/// A hospital's account.
#[derive(Serialize, ToSchema)]
pub(crate) struct HospitalResponse {
    profile: ProfileResponse,
    id: Uuid,
    #[schema(value_type = RoleChoice)]
    role: &'static str,
    name: String,
    /// The name in Arabic script, if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    name_ar: Option<String>,
    hospital_number: String,
    hospital_address: String,
    /// The kind of facility, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = FacilityTypeChoice, required = false)]
    facility_type: Option<String>,
    #[serde(flatten)]
    place: PlaceResponse,
    #[serde(rename = "isHospital")]
    is_hospital: bool,
    is_approved: bool,
    #[serde(flatten)]
    review: ReviewResponse,
}

/// A laboratory's account.
#[derive(Serialize, ToSchema)]
pub(crate) struct LaboResponse {
    profile: ProfileResponse,
    id: Uuid,
    #[schema(value_type = RoleChoice)]
    role: &'static str,
    name: String,
    /// The name in Arabic script, if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    name_ar: Option<String>,
    labo_number: String,
    labo_address: String,
    /// The kind of facility, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = FacilityTypeChoice, required = false)]
    facility_type: Option<String>,
    #[serde(flatten)]
    place: PlaceResponse,
    #[serde(rename = "isLabo")]
    is_labo: bool,
    /// Laboratory or radiology.
    #[serde(rename = "isLabOorRad")]
    is_lab_or_rad: bool,
    is_approved: bool,
    #[serde(flatten)]
    review: ReviewResponse,
}

/// The caller's account. Which members it has besides `id` and `role` depends on the role.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum AccountResponse {
    Patient(PatientResponse),
    Doctor(DoctorResponse),
    Hospital(HospitalResponse),
    Labo(LaboResponse),
}

/// A new account with its first tokens.
#[derive(Serialize)]
pub(crate) struct RegisterResponse<T> {
    #[serde(flatten)]
    account: T,
    #[serde(flatten)]
    tokens: TokenPairResponse,
}

impl<T: ToSchema> PartialSchema for RegisterResponse<T> {
    fn schema() -> RefOr<Schema> {
        AllOfBuilder::new()
            .item(Ref::from_schema_name(T::name()))
            .item(Ref::from_schema_name(TokenPairResponse::name()))
            .description(Some("A new account with its first tokens."))
            .into()
    }
}

// Written by hand: the derived name would be `RegisterResponse_DoctorResponse`.
impl<T: ToSchema> ToSchema for RegisterResponse<T> {
    fn name() -> Cow<'static, str> {
        format!("Register{}", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        schemas.push((TokenPairResponse::name().into_owned(), TokenPairResponse::schema()));
        T::schemas(schemas);
    }
}

impl<T> RegisterResponse<T> {
    pub(super) const fn new(account: T, tokens: TokenPairResponse) -> Self {
        Self { account, tokens }
    }
}

impl From<&Account> for AccountResponse {
    /// Returns the account without its application.
    fn from(account: &Account) -> Self {
        Self::new(account, ReviewResponse::default())
    }
}

impl AccountResponse {
    pub(super) fn new(account: &Account, review: ReviewResponse) -> Self {
        let profile = ProfileResponse::from(account);
        let place = PlaceResponse::from(account.profile.place.as_ref());
        let (id, role, is_approved) = (profile.id, account.role().as_str(), account.is_approved());
        match &account.details {
            RoleDetails::Patient(Patient { married, .. }) => {
                let married = *married;
                Self::Patient(PatientResponse { profile, role, married, place, is_patient: true })
            }
            RoleDetails::Doctor(doctor) => Self::Doctor(DoctorResponse {
                profile,
                id,
                role,
                specialite: doctor.specialite.as_str().to_owned(),
                bio: doctor.bio.as_ref().map(|bio| bio.as_str().to_owned()),
                is_privee: doctor.is_privee,
                doctor_address: doctor.address.as_ref().map(|address| address.as_str().to_owned()),
                place,
                is_doctor: true,
                is_approved,
                review,
            }),
            RoleDetails::Hospital(hospital) => Self::Hospital(HospitalResponse {
                profile,
                id,
                role,
                name: hospital.name.as_str().to_owned(),
                name_ar: hospital.name_ar.as_ref().map(|name| name.as_str().to_owned()),
                hospital_number: hospital.number.as_str().to_owned(),
                hospital_address: hospital.address.as_str().to_owned(),
                facility_type: hospital.facility_type.as_ref().map(|kind| kind.as_str().to_owned()),
                place,
                is_hospital: true,
                is_approved,
                review,
            }),
            RoleDetails::Labo(labo) => Self::Labo(LaboResponse {
                profile,
                id,
                role,
                name: labo.name.as_str().to_owned(),
                name_ar: labo.name_ar.as_ref().map(|name| name.as_str().to_owned()),
                labo_number: labo.number.as_str().to_owned(),
                labo_address: labo.address.as_str().to_owned(),
                facility_type: labo.facility_type.as_ref().map(|kind| kind.as_str().to_owned()),
                place,
                is_labo: true,
                is_lab_or_rad: true,
                is_approved,
                review,
            }),
        }
    }
}

impl From<Option<&Place>> for PlaceResponse {
    fn from(place: Option<&Place>) -> Self {
        Self {
            wilaya: place.map(|place| place.wilaya().as_str().to_owned()),
            commune: place.and_then(Place::commune).map(|commune| commune.as_str().to_owned()),
        }
    }
}

impl From<&Account> for ProfileResponse {
    fn from(account: &Account) -> Self {
        let profile = &account.profile;
        let (first_name, last_name) = account.details.display_name();
        let (first_name_ar, last_name_ar) = match &account.details {
            RoleDetails::Patient(Patient { first_name_ar, last_name_ar, .. })
            | RoleDetails::Doctor(Doctor { first_name_ar, last_name_ar, .. }) => {
                (first_name_ar.as_ref(), last_name_ar.as_ref())
            }
            RoleDetails::Hospital(_) | RoleDetails::Labo(_) => (None, None),
        };
        let text = str::to_owned;
        Self {
            id: account.id.as_uuid(),
            carte_id: text(profile.carte_id.as_str()),
            email: text(profile.email.as_str()),
            email_verified: account.email_verified_at.is_some(),
            first_name: text(first_name),
            last_name: text(last_name),
            first_name_ar: first_name_ar.map(ArabicPersonName::as_str).map(text),
            last_name_ar: last_name_ar.map(ArabicPersonName::as_str).map(text),
            birth_date: profile.birth_date.map(|date| date.to_string()),
            numero_tel: profile.numero_tel.as_ref().map(PhoneNumber::as_str).map(text),
            address: profile.address.as_ref().map(Address::as_str).map(text),
            blood_type: profile.blood_type.as_ref().map(BloodType::as_str).map(text),
            gender: profile.gender.as_ref().map(Gender::as_str).map(text),
            image: profile.image.as_ref().map(ImageUrl::as_str).map(text),
            emergency_numbers: profile.emergency_numbers.iter().map(text).collect(),
            identifiers: profile.identifiers.iter().map(IdentifierResponse::from).collect(),
            language: profile.language.tag(),
        }
    }
}
