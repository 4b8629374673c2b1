//! What holders send to change their accounts: a JSON merge patch (RFC 7396) of what they registered with.

use chrono::NaiveDate;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use sihha_domain::account::{
    Account, AccountChange, Address, Bio, Change, HolderChange, OrganisationName, PhoneNumber, Role,
    Specialite,
};
use sihha_domain::{FieldError, FieldErrors};
use utoipa::ToSchema;

use super::profile_change_form::{OrganisationChangeForm, PersonChangeForm};
use super::response::AccountResponse;
use crate::extract::{Field, FieldReader, Object};
use crate::openapi::choices::SpecialiteChoice;

/// What a patient changes.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
pub(crate) struct PatientChangeForm {
    #[serde(flatten)]
    person: PersonChangeForm,
    #[schema(value_type = Option<bool>)]
    married: Field<bool>,
}

/// What a doctor changes.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
pub(crate) struct DoctorChangeForm {
    #[schema(value_type = PersonChangeForm, required = false)]
    profile: Field<Object<PersonChangeForm>>,
    /// Case, accents and separators are ignored.
    #[schema(value_type = SpecialiteChoice, required = false)]
    specialite: Field<String>,
    #[schema(value_type = Option<String>, max_length = 5000)]
    bio: Field<String>,
    /// Whether the doctor practises privately; `null` means `false`.
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

/// What a hospital changes.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
pub(crate) struct HospitalChangeForm {
    #[schema(value_type = OrganisationChangeForm, required = false)]
    profile: Field<Object<OrganisationChangeForm>>,
    #[schema(value_type = String, required = false, max_length = 200)]
    name: Field<String>,
    #[schema(value_type = String, required = false, max_length = 32)]
    hospital_number: Field<String>,
    #[schema(value_type = String, required = false, max_length = 500)]
    hospital_address: Field<String>,
}

/// What a laboratory changes.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
pub(crate) struct LaboChangeForm {
    #[schema(value_type = OrganisationChangeForm, required = false)]
    profile: Field<Object<OrganisationChangeForm>>,
    #[schema(value_type = String, required = false, max_length = 200)]
    name: Field<String>,
    #[schema(value_type = String, required = false, max_length = 32)]
    labo_number: Field<String>,
    #[schema(value_type = String, required = false, max_length = 500)]
    labo_address: Field<String>,
}

/// What the holder of an account changes, by its role. A member that is left out stays as it is; `null` clears
/// an optional one.
#[derive(Debug, Clone, ToSchema)]
#[serde(untagged)]
pub(crate) enum AccountChangeForm {
    Patient(PatientChangeForm),
    Doctor(DoctorChangeForm),
    Hospital(HospitalChangeForm),
    Labo(LaboChangeForm),
}

impl AccountChangeForm {
    /// What the members of `body` are for the holder of an account of `role`.
    pub(crate) fn of(role: Role, body: &Value) -> serde_json::Result<Self> {
        Ok(match role {
            Role::Patient => Self::Patient(PatientChangeForm::deserialize(body)?),
            Role::Doctor => Self::Doctor(DoctorChangeForm::deserialize(body)?),
            Role::Hospital => Self::Hospital(HospitalChangeForm::deserialize(body)?),
            Role::Labo => Self::Labo(LaboChangeForm::deserialize(body)?),
        })
    }

    /// What it changes of `account`; it was read from `body`.
    pub(crate) fn read(
        self,
        body: &Value,
        account: &Account,
        today: NaiveDate,
    ) -> Result<AccountChange, FieldErrors> {
        let answered = json!(AccountResponse::from(account));
        let mut reader = FieldReader::new();
        refuse_read_only(&mut reader, body, &answered, account.role());
        // What is sent back as it was answered stays, also where a rule has become stricter since it was taken.
        let form = Self::of(account.role(), &without_unchanged(body, &answered)).unwrap_or(self);
        let change = match form {
            Self::Patient(form) => form.read(&mut reader, today),
            Self::Doctor(form) => form.read(&mut reader, today),
            Self::Hospital(form) => form.read(&mut reader, today),
            Self::Labo(form) => form.read(&mut reader, today),
        };
        reader.finish(Some(change))
    }
}

/// Members that may be sent back as `GET /api/me` answered them, but not changed. They are looked for beside
/// `profile` and in it, so that nobody who misplaces one takes it for changed.
const READ_ONLY: [&str; 11] = [
    "id",
    "email",
    "password",
    "carte_id",
    "role",
    "is_approved",
    "isPatient",
    "isDoctor",
    "isHospital",
    "isLabo",
    "isLabOorRad",
];

/// The same for an organisation, where both are made of its name.
const DISPLAY_NAMES: [&str; 2] = ["profile.first_name", "profile.last_name"];

fn refuse_read_only(reader: &mut FieldReader, body: &Value, answered: &Value, role: Role) {
    let mut paths: Vec<_> =
        READ_ONLY.iter().flat_map(|name| [(*name).to_owned(), format!("profile.{name}")]).collect();
    if matches!(role, Role::Hospital | Role::Labo) {
        paths.extend(DISPLAY_NAMES.map(str::to_owned));
    }
    for path in paths {
        let pointer = format!("/{}", path.replace('.', "/"));
        let kept = answered.pointer(&pointer).unwrap_or(&Value::Null);
        if body.pointer(&pointer).is_some_and(|sent| sent != kept) {
            reader.add(&path, FieldError::ReadOnly);
        }
    }
}

/// `body` without the members that `answered` has with the same values.
fn without_unchanged(body: &Value, answered: &Value) -> Value {
    let Value::Object(members) = body else { return body.clone() };
    let mut changed = Map::new();
    for (name, sent) in members {
        match answered.get(name) {
            Some(kept) if kept == sent => {}
            Some(kept @ Value::Object(_)) => {
                changed.insert(name.clone(), without_unchanged(sent, kept));
            }
            _ => {
                changed.insert(name.clone(), sent.clone());
            }
        }
    }
    // It is preferred to its other name, also where it changes nothing.
    let address = &answered["doctor_address"];
    if address.is_string() && body["doctor_address"] == *address {
        changed.remove("address");
    }
    Value::Object(changed)
}

impl PatientChangeForm {
    fn read(self, reader: &mut FieldReader, today: NaiveDate) -> AccountChange {
        let AccountChange { profile, details } = self.person.read(reader, today);
        let married = self.married.change(|field| reader.flag("married", field));
        AccountChange { profile, details: HolderChange { married, ..details } }
    }
}

impl DoctorChangeForm {
    fn read(self, reader: &mut FieldReader, today: NaiveDate) -> AccountChange {
        let person = |reader: &mut FieldReader, person: PersonChangeForm| person.read(reader, today);
        let AccountChange { profile, details } = read_profile(reader, self.profile, person);
        let address = self.address.change(|field| reader.optional("address", field, Address::parse));
        let doctor_address =
            self.doctor_address.change(|field| reader.optional("doctor_address", field, Address::parse));
        let details = HolderChange {
            specialite: reader.change("specialite", self.specialite, Specialite::parse),
            bio: self.bio.change(|field| reader.optional("bio", field, Bio::parse)),
            is_privee: self.is_privee.change(|field| reader.flag("isPrivee", field).unwrap_or(false)),
            doctor_address: match (doctor_address, address) {
                // As at registration, the one that says something.
                (Change::Keep | Change::Set(None), address @ Change::Set(_)) => address,
                (doctor_address, _) => doctor_address,
            },
            ..details
        };
        AccountChange { profile, details }
    }
}

impl HospitalChangeForm {
    fn read(self, reader: &mut FieldReader, today: NaiveDate) -> AccountChange {
        let organisation = |reader: &mut FieldReader, form: OrganisationChangeForm| form.read(reader, today);
        let profile = read_profile(reader, self.profile, organisation);
        let details = HolderChange {
            name: reader.change("name", self.name, OrganisationName::parse),
            number: reader.change("hospital_number", self.hospital_number, PhoneNumber::parse),
            address: reader.change("hospital_address", self.hospital_address, Address::parse),
            ..HolderChange::default()
        };
        AccountChange { profile, details }
    }
}

impl LaboChangeForm {
    fn read(self, reader: &mut FieldReader, today: NaiveDate) -> AccountChange {
        let organisation = |reader: &mut FieldReader, form: OrganisationChangeForm| form.read(reader, today);
        let profile = read_profile(reader, self.profile, organisation);
        let details = HolderChange {
            name: reader.change("name", self.name, OrganisationName::parse),
            number: reader.change("labo_number", self.labo_number, PhoneNumber::parse),
            address: reader.change("labo_address", self.labo_address, Address::parse),
            ..HolderChange::default()
        };
        AccountChange { profile, details }
    }
}

/// What is to change of the profile. It cannot be cleared as a whole: it has members that must be given.
fn read_profile<T: DeserializeOwned + Default, U: Default>(
    reader: &mut FieldReader,
    profile: Field<Object<T>>,
    read: impl FnOnce(&mut FieldReader, T) -> U,
) -> U {
    if matches!(profile, Field::Null) {
        reader.add("profile", FieldError::Required);
        return U::default();
    }
    reader.object("profile", profile, |reader, form| Some(read(reader, form))).unwrap_or_default()
}
