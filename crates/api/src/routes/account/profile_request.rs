//! Profiles in requests.

use chrono::NaiveDate;
use serde::Deserialize;
use sihha_domain::FieldError;
use sihha_domain::account::{
    Address, ArabicPersonName, BirthDate, BloodType, CarteId, EmailAddress, EmergencyNumbers, Gender,
    ImageUrl, PersonName, PhoneNumber, Profile,
};
use sihha_domain::language::Language;
use sihha_domain::password::Password;
use utoipa::ToSchema;

use super::identifiers::{self, IdentifierRequest, IdentifiersField};
use super::reader::AccountReader;
use crate::extract::Field;
use crate::openapi::choices::{BloodTypeChoice, GenderChoice, LanguageChoice};

/// The part that all profiles have.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct ProfileRequest {
    /// The login name, unique regardless of case.
    #[schema(value_type = String, required = true, max_length = 254)]
    email: Field<String>,
    /// 8 to 128 characters of any kind, but no common password and no fact about the owner.
    #[schema(value_type = String, required = true, min_length = 8, max_length = 128)]
    password: Field<String>,
    /// Number of the holder's card as it is printed: Latin letters and digits, with spaces, hyphens
    /// or slashes; unique regardless of case and separators.
    #[schema(
        value_type = String,
        required = true,
        max_length = 64,
        pattern = "^[ /-]*[A-Za-z0-9\\u0660-\\u0669\\u06f0-\\u06f9][A-Za-z0-9\\u0660-\\u0669\\u06f0-\\u06f9 /-]*$"
    )]
    carte_id: Field<String>,
    #[schema(value_type = Option<String>, max_length = 500)]
    address: Field<String>,
    #[schema(value_type = Option<BloodTypeChoice>)]
    blood_type: Field<String>,
    /// `http` or `https` URL of a profile picture.
    #[schema(value_type = Option<String>, max_length = 2048)]
    image: Field<String>,
    /// At most 10.
    #[schema(value_type = Option<Vec<String>>, max_items = 10)]
    emergency_numbers: Field<Vec<Field<String>>>,
    /// Numbers in other registers, at most one of each system.
    #[schema(value_type = Option<Vec<IdentifierRequest>>, max_items = 6)]
    identifiers: IdentifiersField,
    /// The language of mails to the holder. By default the one that `Accept-Language` prefers, or
    /// French.
    #[schema(value_type = Option<LanguageChoice>)]
    language: Field<String>,
}

/// Profile of a person: a patient or a doctor.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct PersonRequest {
    #[serde(flatten)]
    profile: ProfileRequest,
    #[schema(value_type = String, required = true, max_length = 150)]
    first_name: Field<String>,
    #[schema(value_type = String, required = true, max_length = 150)]
    last_name: Field<String>,
    /// The first name in Arabic script.
    #[schema(value_type = Option<String>, max_length = 150)]
    first_name_ar: Field<String>,
    /// The last name in Arabic script.
    #[schema(value_type = Option<String>, max_length = 150)]
    last_name_ar: Field<String>,
    /// Not in the future. If the day is not known (*né présumé*), the month or the year.
    #[schema(value_type = String, required = true)]
    birth_date: Field<String>,
    #[schema(value_type = String, required = true, max_length = 32)]
    numero_tel: Field<String>,
    #[schema(value_type = GenderChoice, required = true)]
    gender: Field<String>,
}

/// Profile of an organisation: a hospital or a laboratory.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct OrganisationRequest {
    #[serde(flatten)]
    profile: ProfileRequest,
    #[schema(value_type = Option<String>)]
    birth_date: Field<String>,
    #[schema(value_type = Option<String>, max_length = 32)]
    numero_tel: Field<String>,
    #[schema(value_type = Option<GenderChoice>)]
    gender: Field<String>,
}

/// Profile of a request, and its password; a patch has none.
pub(super) type ProfileParts = (Profile, Option<Password>);

/// Names of a person.
pub(super) struct Names {
    pub(super) first_name: PersonName,
    pub(super) last_name: PersonName,
    pub(super) first_name_ar: Option<ArabicPersonName>,
    pub(super) last_name_ar: Option<ArabicPersonName>,
}

/// Members that a person must give and an organisation may give.
struct Personal {
    birth_date: Option<BirthDate>,
    numero_tel: Option<PhoneNumber>,
    gender: Option<Gender>,
}

impl PersonRequest {
    /// Returns the profile with the names, or `None` with the errors in `reader`.
    pub(super) fn read(self, reader: &mut AccountReader<'_>) -> Option<(ProfileParts, Names)> {
        let Self {
            profile,
            first_name,
            last_name,
            first_name_ar,
            last_name_ar,
            birth_date,
            numero_tel,
            gender,
        } = self;
        // Every field is read before a missing one ends this, so that all errors are reported.
        let first_name = reader.required("first_name", first_name, PersonName::parse, PersonName::on_record);
        let last_name = reader.required("last_name", last_name, PersonName::parse, PersonName::on_record);
        let (parse_ar, stored_ar) = (ArabicPersonName::parse, ArabicPersonName::on_record);
        let first_name_ar = reader.optional("first_name_ar", first_name_ar, parse_ar, stored_ar);
        let last_name_ar = reader.optional("last_name_ar", last_name_ar, parse_ar, stored_ar);
        let parse = parse_birth_date(reader.today);
        let personal = Personal {
            birth_date: reader
                .required("birth_date", birth_date, parse, |date| BirthDate::from_display(&date))
                .flatten(),
            numero_tel: reader.required("numero_tel", numero_tel, PhoneNumber::parse, PhoneNumber::on_record),
            gender: reader.required("gender", gender, Gender::parse, Gender::on_record),
        };
        let profile = profile.read(reader, personal)?;
        let names = Names { first_name: first_name?, last_name: last_name?, first_name_ar, last_name_ar };
        Some((profile, names))
    }
}

impl OrganisationRequest {
    /// Returns the profile, or `None` with the errors in `reader`.
    pub(super) fn read(self, reader: &mut AccountReader<'_>) -> Option<ProfileParts> {
        let Self { profile, birth_date, numero_tel, gender } = self;
        let parse = parse_birth_date(reader.today);
        let personal = Personal {
            birth_date: reader
                .optional("birth_date", birth_date, parse, |date| BirthDate::from_display(&date))
                .flatten(),
            numero_tel: reader.optional("numero_tel", numero_tel, PhoneNumber::parse, PhoneNumber::on_record),
            gender: reader.optional("gender", gender, Gender::parse, Gender::on_record),
        };
        profile.read(reader, personal)
    }
}

impl ProfileRequest {
    fn read(self, reader: &mut AccountReader<'_>, personal: Personal) -> Option<ProfileParts> {
        let email = reader.immutable("email", self.email, EmailAddress::parse, EmailAddress::on_record);
        let carte_id = reader.immutable("carte_id", self.carte_id, CarteId::parse, CarteId::on_record);
        let password =
            reader.immutable("password", self.password, |text| Password::parse(text).map(Some), |_| None);
        let address = reader.optional("address", self.address, Address::parse, Address::on_record);
        let blood_type = self.blood_type;
        let blood_type = reader.optional("blood_type", blood_type, BloodType::parse, BloodType::on_record);
        let image = reader.optional("image", self.image, ImageUrl::parse, ImageUrl::on_record);
        let emergency_numbers = reader.member(
            "emergency_numbers",
            self.emergency_numbers,
            |entries| EmergencyNumbers::on_record(entries.into_iter().filter_map(Field::given)),
            |fields, path, field| {
                let numbers = fields.list(path, field, EmergencyNumbers::MAX, PhoneNumber::parse);
                EmergencyNumbers::new(numbers).map_err(|error| fields.add(path, error)).ok()
            },
        );
        let identifiers =
            reader.member("identifiers", self.identifiers, identifiers::on_record, identifiers::read);
        let stored = |tag: String| Language::on_record(&tag);
        let language = reader.optional("language", self.language, Language::parse, stored);
        let Personal { birth_date, numero_tel, gender } = personal;
        let profile = Profile {
            language: language.unwrap_or(reader.language),
            email: email?,
            carte_id: carte_id?,
            birth_date,
            numero_tel,
            address,
            place: None,
            blood_type,
            gender,
            image,
            emergency_numbers: emergency_numbers?,
            // Absent from the document of an account that has none.
            identifiers: identifiers.unwrap_or_default(),
        };
        Some((profile, password.flatten()))
    }
}

fn parse_birth_date(today: NaiveDate) -> impl FnOnce(&str) -> Result<Option<BirthDate>, FieldError> {
    move |text| BirthDate::parse(text, today).map(Some)
}
