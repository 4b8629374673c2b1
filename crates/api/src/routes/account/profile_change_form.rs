//! The profile as changes send it.

use chrono::NaiveDate;
use serde::Deserialize;
use sihha_domain::account::{
    AccountChange, Address, BirthDate, BloodType, Gender, HolderChange, ImageUrl, PersonName, PhoneNumber,
    ProfileChange,
};
use utoipa::ToSchema;

use super::profile_request;
use crate::extract::{Field, FieldReader};
use crate::openapi::choices::{BloodTypeChoice, GenderChoice};

/// What every holder may change of a profile.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
struct ProfileChangeForm {
    #[schema(value_type = Option<String>, max_length = 500)]
    address: Field<String>,
    #[schema(value_type = Option<BloodTypeChoice>)]
    blood_type: Field<String>,
    /// The URL of a profile picture, `http` or `https`.
    #[schema(value_type = Option<String>, format = "uri")]
    image: Field<String>,
    /// All of them, at most 10.
    #[schema(value_type = Option<Vec<String>>, max_items = 10)]
    emergency_numbers: Field<Vec<Field<String>>>,
}

/// What a person may change of a profile: a patient or a doctor.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
pub(crate) struct PersonChangeForm {
    #[serde(flatten)]
    profile: ProfileChangeForm,
    #[schema(value_type = String, required = false, max_length = 150)]
    first_name: Field<String>,
    #[schema(value_type = String, required = false, max_length = 150)]
    last_name: Field<String>,
    /// Not in the future.
    #[schema(value_type = String, required = false, format = Date)]
    birth_date: Field<String>,
    #[schema(value_type = String, required = false, max_length = 32)]
    numero_tel: Field<String>,
    #[schema(value_type = GenderChoice, required = false)]
    gender: Field<String>,
}

/// What an organisation may change of a profile: a hospital or a laboratory.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
pub(crate) struct OrganisationChangeForm {
    #[serde(flatten)]
    profile: ProfileChangeForm,
    #[schema(value_type = Option<String>, format = Date)]
    birth_date: Field<String>,
    #[schema(value_type = Option<String>, max_length = 32)]
    numero_tel: Field<String>,
    #[schema(value_type = Option<GenderChoice>)]
    gender: Field<String>,
}

impl PersonChangeForm {
    /// What it changes; errors are in `reader`.
    pub(crate) fn read(self, reader: &mut FieldReader, today: NaiveDate) -> AccountChange {
        let details = HolderChange {
            first_name: reader.change("first_name", self.first_name, PersonName::parse),
            last_name: reader.change("last_name", self.last_name, PersonName::parse),
            ..HolderChange::default()
        };
        let birth_date = |text: &str| BirthDate::parse(text, today);
        let profile = ProfileChange {
            birth_date: self.birth_date.change(|field| reader.required("birth_date", field, birth_date)),
            numero_tel: self
                .numero_tel
                .change(|field| reader.required("numero_tel", field, PhoneNumber::parse)),
            gender: self.gender.change(|field| reader.required("gender", field, Gender::parse)),
            ..self.profile.read(reader)
        };
        AccountChange { profile, details }
    }
}

impl OrganisationChangeForm {
    /// What it changes; errors are in `reader`.
    pub(crate) fn read(self, reader: &mut FieldReader, today: NaiveDate) -> ProfileChange {
        let birth_date = |text: &str| BirthDate::parse(text, today);
        ProfileChange {
            birth_date: self.birth_date.change(|field| reader.optional("birth_date", field, birth_date)),
            numero_tel: self
                .numero_tel
                .change(|field| reader.optional("numero_tel", field, PhoneNumber::parse)),
            gender: self.gender.change(|field| reader.optional("gender", field, Gender::parse)),
            ..self.profile.read(reader)
        }
    }
}

impl ProfileChangeForm {
    fn read(self, reader: &mut FieldReader) -> ProfileChange {
        ProfileChange {
            address: self.address.change(|field| reader.optional("address", field, Address::parse)),
            blood_type: self
                .blood_type
                .change(|field| reader.optional("blood_type", field, BloodType::parse)),
            image: self.image.change(|field| reader.optional("image", field, ImageUrl::parse)),
            emergency_numbers: self
                .emergency_numbers
                .change(|field| profile_request::emergency_numbers(reader, field).unwrap_or_default()),
            ..ProfileChange::default()
        }
    }
}
