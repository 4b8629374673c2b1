//! Accounts of the four roles in requests: what a registration sends, and what a patch changes.

use chrono::NaiveDate;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sihha_domain::account::{
    Address, ArabicOrganisationName, Bio, Doctor, FacilityType, Hospital, Labo, OrganisationName, Patient,
    PhoneNumber, Profile, Registration, RoleDetails, Specialite,
};
use sihha_domain::language::Language;
use sihha_domain::password::Password;
use utoipa::ToSchema;

use super::place_request::PlaceRequest;
use super::profile_request::{Names, OrganisationRequest, PersonRequest};
use super::reader::AccountReader;
use crate::extract::{Field, Object};
use crate::openapi::choices::{FacilityTypeChoice, SpecialiteChoice};
use crate::problem::ApiError;

/// Account of a patient.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = RegisterPatientRequest)]
pub(crate) struct PatientRequest {
    #[serde(flatten)]
    person: PersonRequest,
    #[schema(value_type = Option<bool>)]
    married: Field<bool>,
    #[serde(flatten)]
    place: PlaceRequest,
}

/// Account of a doctor.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = RegisterDoctorRequest)]
pub(crate) struct DoctorRequest {
    #[schema(value_type = PersonRequest, required = true)]
    profile: Field<Object<PersonRequest>>,
    /// Case, accents and separators are ignored.
    #[schema(value_type = SpecialiteChoice, required = true)]
    specialite: Field<String>,
    #[schema(value_type = Option<String>, max_length = 5000)]
    bio: Field<String>,
    /// Whether the doctor practises privately. Defaults to `false`.
    #[serde(rename = "isPrivee")]
    #[schema(value_type = Option<bool>)]
    is_privee: Field<bool>,
    /// Where the doctor practises.
    #[schema(value_type = Option<String>, max_length = 500)]
    address: Field<String>,
    /// Another name of `address`. Takes precedence if both are sent.
    #[schema(value_type = Option<String>, max_length = 500)]
    doctor_address: Field<String>,
    #[serde(flatten)]
    place: PlaceRequest,
}

/// Account of a hospital.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = RegisterHospitalRequest)]
pub(crate) struct HospitalRequest {
    #[schema(value_type = OrganisationRequest, required = true)]
    profile: Field<Object<OrganisationRequest>>,
    #[schema(value_type = String, required = true, max_length = 200)]
    name: Field<String>,
    /// The name in Arabic script.
    #[schema(value_type = Option<String>, max_length = 200)]
    name_ar: Field<String>,
    #[schema(value_type = String, required = true, max_length = 32)]
    hospital_number: Field<String>,
    #[schema(value_type = String, required = true, max_length = 500)]
    hospital_address: Field<String>,
    /// The kind of facility, as in `GET /api/reference/facility-types`.
    #[schema(value_type = Option<FacilityTypeChoice>)]
    facility_type: Field<String>,
    #[serde(flatten)]
    place: PlaceRequest,
}

/// Account of a laboratory or radiology practice.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = RegisterLaboRequest)]
pub(crate) struct LaboRequest {
    #[schema(value_type = OrganisationRequest, required = true)]
    profile: Field<Object<OrganisationRequest>>,
    #[schema(value_type = String, required = true, max_length = 200)]
    name: Field<String>,
    /// The name in Arabic script.
    #[schema(value_type = Option<String>, max_length = 200)]
    name_ar: Field<String>,
    #[schema(value_type = String, required = true, max_length = 32)]
    labo_number: Field<String>,
    #[schema(value_type = String, required = true, max_length = 500)]
    labo_address: Field<String>,
    /// The kind of facility, as in `GET /api/reference/facility-types`.
    #[schema(value_type = Option<FacilityTypeChoice>)]
    facility_type: Field<String>,
    #[serde(flatten)]
    place: PlaceRequest,
}

/// An account that was read from a request.
pub(crate) struct AccountParts {
    pub(super) profile: Profile,
    pub(super) details: RoleDetails,
    /// A patch has none.
    password: Option<Password>,
}

/// An account of one role in a request.
pub(crate) trait AccountRequest: DeserializeOwned {
    /// Returns the account, or `None` with the errors in `reader`.
    fn read(self, reader: &mut AccountReader<'_>) -> Option<AccountParts>;

    /// Returns the registration that this asks for, of an account in `language` if it names none.
    fn registration(self, today: NaiveDate, language: Language) -> Result<Registration, ApiError> {
        let mut reader = AccountReader::new(today, language);
        let registration = self.read(&mut reader).and_then(|AccountParts { profile, details, password }| {
            Some(Registration { profile, details, password: password? })
        });
        reader.finish(registration).map_err(ApiError::InvalidFields)
    }
}

impl AccountRequest for PatientRequest {
    fn read(self, reader: &mut AccountReader<'_>) -> Option<AccountParts> {
        let person = self.person.read(reader);
        let married = reader.flag("married", self.married);
        let place = self.place.read(reader);
        let ((profile, password), Names { first_name, last_name, first_name_ar, last_name_ar }) = person?;
        let profile = Profile { place, ..profile };
        let details =
            RoleDetails::Patient(Patient { first_name, last_name, first_name_ar, last_name_ar, married });
        Some(AccountParts { profile, details, password })
    }
}

impl AccountRequest for DoctorRequest {
    fn read(self, reader: &mut AccountReader<'_>) -> Option<AccountParts> {
        let person = reader.object("profile", self.profile, PersonRequest::read);
        let specialite =
            reader.required("specialite", self.specialite, Specialite::parse, Specialite::on_record);
        let bio = reader.optional("bio", self.bio, Bio::parse, Bio::on_record);
        let is_privee = reader.flag("isPrivee", self.is_privee).unwrap_or(false);
        let address = reader.optional("address", self.address, Address::parse, Address::on_record);
        let doctor_address =
            reader.optional("doctor_address", self.doctor_address, Address::parse, Address::on_record);
        let place = self.place.read(reader);
        let ((profile, password), Names { first_name, last_name, first_name_ar, last_name_ar }) = person?;
        let profile = Profile { place, ..profile };
        let address = doctor_address.or(address);
        let doctor = Doctor {
            first_name,
            last_name,
            first_name_ar,
            last_name_ar,
            specialite: specialite?,
            bio,
            is_privee,
            address,
        };
        Some(AccountParts { profile, details: RoleDetails::Doctor(doctor), password })
    }
}

impl AccountRequest for HospitalRequest {
    fn read(self, reader: &mut AccountReader<'_>) -> Option<AccountParts> {
        let profile = reader.object("profile", self.profile, OrganisationRequest::read);
        let name = reader.required("name", self.name, OrganisationName::parse, OrganisationName::on_record);
        let (parse_ar, stored_ar) = (ArabicOrganisationName::parse, ArabicOrganisationName::on_record);
        let name_ar = reader.optional("name_ar", self.name_ar, parse_ar, stored_ar);
        let (number, address) = (self.hospital_number, self.hospital_address);
        let number = reader.required("hospital_number", number, PhoneNumber::parse, PhoneNumber::on_record);
        let address = reader.required("hospital_address", address, Address::parse, Address::on_record);
        let facility_type = self.facility_type;
        let facility_type =
            reader.optional("facility_type", facility_type, FacilityType::parse, FacilityType::on_record);
        let place = self.place.read(reader);
        let (profile, password) = profile?;
        let profile = Profile { place, ..profile };
        let (name, number, address) = (name?, number?, address?);
        let hospital = Hospital { name, name_ar, number, address, facility_type };
        Some(AccountParts { profile, details: RoleDetails::Hospital(hospital), password })
    }
}

impl AccountRequest for LaboRequest {
    fn read(self, reader: &mut AccountReader<'_>) -> Option<AccountParts> {
        let profile = reader.object("profile", self.profile, OrganisationRequest::read);
        let name = reader.required("name", self.name, OrganisationName::parse, OrganisationName::on_record);
        let (parse_ar, stored_ar) = (ArabicOrganisationName::parse, ArabicOrganisationName::on_record);
        let name_ar = reader.optional("name_ar", self.name_ar, parse_ar, stored_ar);
        let (number, address) = (self.labo_number, self.labo_address);
        let number = reader.required("labo_number", number, PhoneNumber::parse, PhoneNumber::on_record);
        let address = reader.required("labo_address", address, Address::parse, Address::on_record);
        let facility_type = self.facility_type;
        let facility_type =
            reader.optional("facility_type", facility_type, FacilityType::parse, FacilityType::on_record);
        let place = self.place.read(reader);
        let (profile, password) = profile?;
        let profile = Profile { place, ..profile };
        let (name, number, address) = (name?, number?, address?);
        let labo = Labo { name, name_ar, number, address, facility_type };
        Some(AccountParts { profile, details: RoleDetails::Labo(labo), password })
    }
}

#[cfg(test)]
mod tests;
