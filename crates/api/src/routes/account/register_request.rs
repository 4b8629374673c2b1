//! The registrations of the four roles, as front ends send them.

use chrono::NaiveDate;
use serde::Deserialize;
use sihha_domain::account::{
    Address, Bio, Doctor, Hospital, Labo, OrganisationName, Patient, PhoneNumber, Registration, RoleDetails,
    Specialite,
};
use utoipa::ToSchema;

use super::profile_request::{Organisation, OrganisationRequest, Person, PersonRequest};
use crate::extract::{Field, FieldReader, Object};
use crate::openapi::choices::SpecialiteChoice;
use crate::problem::ApiError;

/// What a patient sends: a person's profile, and whether married.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct RegisterPatientRequest {
    #[serde(flatten)]
    person: PersonRequest,
    #[schema(value_type = Option<bool>)]
    married: Field<bool>,
}

/// What a doctor sends.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct RegisterDoctorRequest {
    #[schema(value_type = PersonRequest, required = true)]
    profile: Field<Object<PersonRequest>>,
    /// Case, accents and separators are ignored.
    #[schema(value_type = SpecialiteChoice, required = true)]
    specialite: Field<String>,
    #[schema(value_type = Option<String>, max_length = 5000)]
    bio: Field<String>,
    /// Whether the doctor practises privately; `false` if left out.
    #[serde(rename = "isPrivee")]
    #[schema(value_type = Option<bool>)]
    is_privee: Field<bool>,
    /// Where the doctor practises.
    #[schema(value_type = Option<String>, max_length = 500)]
    address: Field<String>,
    /// The same; preferred where both are sent.
    #[schema(value_type = Option<String>, max_length = 500)]
    doctor_address: Field<String>,
}

/// What a hospital sends.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct RegisterHospitalRequest {
    #[schema(value_type = OrganisationRequest, required = true)]
    profile: Field<Object<OrganisationRequest>>,
    #[schema(value_type = String, required = true, max_length = 200)]
    name: Field<String>,
    #[schema(value_type = String, required = true, max_length = 32)]
    hospital_number: Field<String>,
    #[schema(value_type = String, required = true, max_length = 500)]
    hospital_address: Field<String>,
}

/// What a laboratory sends.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct RegisterLaboRequest {
    #[schema(value_type = OrganisationRequest, required = true)]
    profile: Field<Object<OrganisationRequest>>,
    #[schema(value_type = String, required = true, max_length = 200)]
    name: Field<String>,
    #[schema(value_type = String, required = true, max_length = 32)]
    labo_number: Field<String>,
    #[schema(value_type = String, required = true, max_length = 500)]
    labo_address: Field<String>,
}

impl RegisterPatientRequest {
    /// What it asks for.
    pub(crate) fn read(self, today: NaiveDate) -> Result<Registration, ApiError> {
        let mut reader = FieldReader::new();
        let person = self.person.read(&mut reader, today);
        let married = reader.flag("married", self.married);
        let registration = person.map(|Person { profile, password, first_name, last_name }| Registration {
            profile,
            details: RoleDetails::Patient(Patient { first_name, last_name, married }),
            password,
        });
        reader.finish(registration).map_err(ApiError::InvalidFields)
    }
}

impl RegisterDoctorRequest {
    /// What it asks for.
    pub(crate) fn read(self, today: NaiveDate) -> Result<Registration, ApiError> {
        let mut reader = FieldReader::new();
        let person = reader
            .object("profile", self.profile, |reader, person: PersonRequest| person.read(reader, today));
        let specialite = reader.required("specialite", self.specialite, Specialite::parse);
        let bio = reader.optional("bio", self.bio, Bio::parse);
        let is_privee = reader.flag("isPrivee", self.is_privee).unwrap_or(false);
        let address = reader.optional("address", self.address, Address::parse);
        let doctor_address = reader.optional("doctor_address", self.doctor_address, Address::parse);
        let registration = person.zip(specialite).map(|(person, specialite)| {
            let Person { profile, password, first_name, last_name } = person;
            let address = doctor_address.or(address);
            let doctor = Doctor { first_name, last_name, specialite, bio, is_privee, address };
            Registration { profile, details: RoleDetails::Doctor(doctor), password }
        });
        reader.finish(registration).map_err(ApiError::InvalidFields)
    }
}

impl RegisterHospitalRequest {
    /// What it asks for.
    pub(crate) fn read(self, today: NaiveDate) -> Result<Registration, ApiError> {
        let mut reader = FieldReader::new();
        let organisation = reader
            .object("profile", self.profile, |reader, form: OrganisationRequest| form.read(reader, today));
        let name = reader.required("name", self.name, OrganisationName::parse);
        let number = reader.required("hospital_number", self.hospital_number, PhoneNumber::parse);
        let address = reader.required("hospital_address", self.hospital_address, Address::parse);
        let registration = organisation.zip(name).zip(number.zip(address)).map(
            |((organisation, name), (number, address))| {
                let Organisation { profile, password } = organisation;
                Registration {
                    profile,
                    details: RoleDetails::Hospital(Hospital { name, number, address }),
                    password,
                }
            },
        );
        reader.finish(registration).map_err(ApiError::InvalidFields)
    }
}

impl RegisterLaboRequest {
    /// What it asks for.
    pub(crate) fn read(self, today: NaiveDate) -> Result<Registration, ApiError> {
        let mut reader = FieldReader::new();
        let organisation = reader
            .object("profile", self.profile, |reader, form: OrganisationRequest| form.read(reader, today));
        let name = reader.required("name", self.name, OrganisationName::parse);
        let number = reader.required("labo_number", self.labo_number, PhoneNumber::parse);
        let address = reader.required("labo_address", self.labo_address, Address::parse);
        let registration = organisation.zip(name).zip(number.zip(address)).map(
            |((organisation, name), (number, address))| {
                let Organisation { profile, password } = organisation;
                Registration { profile, details: RoleDetails::Labo(Labo { name, number, address }), password }
            },
        );
        reader.finish(registration).map_err(ApiError::InvalidFields)
    }
}
