//! The profile as registrations send it.

use chrono::NaiveDate;
use serde::Deserialize;
use sihha_domain::account::{
    Address, BirthDate, BloodType, CarteId, EmailAddress, EmergencyNumbers, Gender, ImageUrl, PersonName,
    PhoneNumber, Profile,
};
use sihha_domain::password::Password;
use utoipa::ToSchema;

use crate::extract::{Field, FieldReader};
use crate::openapi::choices::{BloodTypeChoice, GenderChoice};

/// What every profile has alike.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct ProfileRequest {
    /// The login name, unique regardless of case.
    #[schema(value_type = String, required = true, max_length = 254)]
    email: Field<String>,
    /// 8 to 128 characters, any.
    #[schema(value_type = String, required = true, min_length = 8, max_length = 128)]
    password: Field<String>,
    /// The number of the holder's card: letters and digits, unique.
    #[schema(value_type = String, required = true, max_length = 64, pattern = "^[A-Za-z0-9]+$")]
    carte_id: Field<String>,
    #[schema(value_type = Option<String>, max_length = 500)]
    address: Field<String>,
    #[schema(value_type = Option<BloodTypeChoice>)]
    blood_type: Field<String>,
    /// The URL of a profile picture, `http` or `https`.
    #[schema(value_type = Option<String>, format = "uri")]
    image: Field<String>,
    /// At most 10.
    #[schema(value_type = Option<Vec<String>>, max_items = 10)]
    emergency_numbers: Field<Vec<Field<String>>>,
}

/// A person's profile: a patient's or a doctor's.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct PersonRequest {
    #[serde(flatten)]
    profile: ProfileRequest,
    #[schema(value_type = String, required = true, max_length = 150)]
    first_name: Field<String>,
    #[schema(value_type = String, required = true, max_length = 150)]
    last_name: Field<String>,
    /// Not in the future.
    #[schema(value_type = String, required = true, format = Date)]
    birth_date: Field<String>,
    #[schema(value_type = String, required = true, max_length = 32)]
    numero_tel: Field<String>,
    #[schema(value_type = GenderChoice, required = true)]
    gender: Field<String>,
}

/// An organisation's profile: a hospital's or a laboratory's.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct OrganisationRequest {
    #[serde(flatten)]
    profile: ProfileRequest,
    #[schema(value_type = Option<String>, format = Date)]
    birth_date: Field<String>,
    #[schema(value_type = Option<String>, max_length = 32)]
    numero_tel: Field<String>,
    #[schema(value_type = Option<GenderChoice>)]
    gender: Field<String>,
}

/// What a person's profile says.
pub(crate) struct Person {
    pub(crate) profile: Profile,
    pub(crate) password: Password,
    pub(crate) first_name: PersonName,
    pub(crate) last_name: PersonName,
}

/// What an organisation's profile says.
pub(crate) struct Organisation {
    pub(crate) profile: Profile,
    pub(crate) password: Password,
}

/// What a person must give and an organisation may.
struct Personal {
    birth_date: Option<BirthDate>,
    numero_tel: Option<PhoneNumber>,
    gender: Option<Gender>,
}

impl PersonRequest {
    /// What it says, or `None` with the errors in `reader`.
    pub(crate) fn read(self, reader: &mut FieldReader, today: NaiveDate) -> Option<Person> {
        // Every field is read before any is missed, so that all errors are told at once.
        let first_name = reader.required("first_name", self.first_name, PersonName::parse);
        let last_name = reader.required("last_name", self.last_name, PersonName::parse);
        let personal = Personal {
            birth_date: reader.required("birth_date", self.birth_date, |text| BirthDate::parse(text, today)),
            numero_tel: reader.required("numero_tel", self.numero_tel, PhoneNumber::parse),
            gender: reader.required("gender", self.gender, Gender::parse),
        };
        let (profile, password) = self.profile.read(reader, personal)?;
        Some(Person { profile, password, first_name: first_name?, last_name: last_name? })
    }
}

impl OrganisationRequest {
    /// What it says, or `None` with the errors in `reader`.
    pub(crate) fn read(self, reader: &mut FieldReader, today: NaiveDate) -> Option<Organisation> {
        let personal = Personal {
            birth_date: reader.optional("birth_date", self.birth_date, |text| BirthDate::parse(text, today)),
            numero_tel: reader.optional("numero_tel", self.numero_tel, PhoneNumber::parse),
            gender: reader.optional("gender", self.gender, Gender::parse),
        };
        let (profile, password) = self.profile.read(reader, personal)?;
        Some(Organisation { profile, password })
    }
}

impl ProfileRequest {
    fn read(self, reader: &mut FieldReader, personal: Personal) -> Option<(Profile, Password)> {
        let email = reader.required("email", self.email, EmailAddress::parse);
        let password = reader.required("password", self.password, Password::parse);
        let carte_id = reader.required("carte_id", self.carte_id, CarteId::parse);
        let address = reader.optional("address", self.address, Address::parse);
        let blood_type = reader.optional("blood_type", self.blood_type, BloodType::parse);
        let image = reader.optional("image", self.image, ImageUrl::parse);
        let numbers = emergency_numbers(reader, self.emergency_numbers);
        let Personal { birth_date, numero_tel, gender } = personal;
        let profile = Profile {
            email: email?,
            carte_id: carte_id?,
            birth_date,
            numero_tel,
            address,
            blood_type,
            gender,
            image,
            emergency_numbers: numbers?,
        };
        Some((profile, password?))
    }
}

/// The emergency numbers, or `None` with the error in `reader`.
pub(super) fn emergency_numbers(
    reader: &mut FieldReader,
    field: Field<Vec<Field<String>>>,
) -> Option<EmergencyNumbers> {
    let numbers = reader.list("emergency_numbers", field, EmergencyNumbers::MAX, PhoneNumber::parse);
    EmergencyNumbers::new(numbers).map_err(|error| reader.add("emergency_numbers", error)).ok()
}
