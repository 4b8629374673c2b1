//! Accounts as rows, and back.
//!
//! `treat_none_as_default_value = false`: Diesel would write `DEFAULT` for what is not given, which here is null all the same,
//! and have Postgres parse and plan the statement anew each time.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use sihha_domain::FieldError;
use sihha_domain::account::{
    Account, Address, Bio, BirthDate, BloodType, CarteId, Doctor, EmailAddress, EmergencyNumbers, Gender,
    Holder, Hospital, ImageUrl, Labo, OrganisationName, Patient, PersonName, PhoneNumber, Profile,
    Specialite,
};
use sihha_domain::ids::ProfileId;
use sihha_domain::store::StoreError;
use uuid::Uuid;

use crate::postgres::approval::ApprovalRow;
use crate::postgres::errors::inconsistent;
use crate::postgres::schema::{doctors, hospitals, labos, patients, profiles};

pub(super) type AccountRow = (
    ProfileRow,
    Option<PatientRow>,
    Option<DoctorRow>,
    Option<HospitalRow>,
    Option<LaboRow>,
    Option<ApprovalRow>,
);

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = profiles, check_for_backend(Pg), treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct ProfileRow {
    id: Uuid,
    #[diesel(skip_update)]
    role: String,
    #[diesel(skip_update)]
    email: String,
    #[diesel(skip_update)]
    carte_id: String,
    birth_date: Option<NaiveDate>,
    numero_tel: Option<String>,
    address: Option<String>,
    blood_type: Option<String>,
    gender: Option<String>,
    image: Option<String>,
    emergency_numbers: Vec<Option<String>>,
    #[diesel(skip_update)]
    registered_at: DateTime<Utc>,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = patients, primary_key(profile_id), check_for_backend(Pg), treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct PatientRow {
    profile_id: Uuid,
    first_name: String,
    last_name: String,
    married: Option<bool>,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = doctors, primary_key(profile_id), check_for_backend(Pg), treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct DoctorRow {
    profile_id: Uuid,
    first_name: String,
    last_name: String,
    specialite: String,
    bio: Option<String>,
    is_privee: bool,
    address: Option<String>,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = hospitals, primary_key(profile_id), check_for_backend(Pg), treat_none_as_default_value = false)]
pub(super) struct HospitalRow {
    profile_id: Uuid,
    name: String,
    number: String,
    address: String,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = labos, primary_key(profile_id), check_for_backend(Pg), treat_none_as_default_value = false)]
pub(super) struct LaboRow {
    profile_id: Uuid,
    name: String,
    number: String,
    address: String,
}

impl ProfileRow {
    pub(super) fn new(account: &Account) -> Self {
        let profile = &account.profile;
        Self {
            id: account.id.as_uuid(),
            role: account.role().as_str().to_owned(),
            email: profile.email.as_str().to_owned(),
            carte_id: profile.carte_id.as_str().to_owned(),
            birth_date: profile.birth_date.map(BirthDate::date),
            numero_tel: profile.numero_tel.as_ref().map(|number| number.as_str().to_owned()),
            address: profile.address.as_ref().map(|address| address.as_str().to_owned()),
            blood_type: profile.blood_type.map(|blood_type| blood_type.as_str().to_owned()),
            gender: profile.gender.map(|gender| gender.as_str().to_owned()),
            image: profile.image.as_ref().map(|image| image.as_str().to_owned()),
            emergency_numbers: profile
                .emergency_numbers
                .iter()
                .map(|number| Some(number.to_owned()))
                .collect(),
            registered_at: account.registered_at,
        }
    }

    fn profile(&self) -> Result<Profile, StoreError> {
        let read = Reader("profiles");
        let numbers = self.emergency_numbers.iter().flatten();
        let numbers = numbers.map(|number| read.text("emergency_numbers", number, PhoneNumber::parse));
        let numbers = EmergencyNumbers::new(numbers.collect::<Result<_, _>>()?);
        Ok(Profile {
            email: read.text("email", &self.email, EmailAddress::parse)?,
            carte_id: read.text("carte_id", &self.carte_id, CarteId::parse)?,
            birth_date: self.birth_date.map(BirthDate::on_record),
            numero_tel: read.optional("numero_tel", self.numero_tel.as_ref(), PhoneNumber::parse)?,
            address: read.optional("address", self.address.as_ref(), Address::parse)?,
            blood_type: read.optional("blood_type", self.blood_type.as_ref(), BloodType::parse)?,
            gender: read.optional("gender", self.gender.as_ref(), Gender::parse)?,
            image: read.optional("image", self.image.as_ref(), ImageUrl::parse)?,
            emergency_numbers: numbers.map_err(|_| inconsistent("profiles", "emergency_numbers"))?,
        })
    }
}

impl PatientRow {
    pub(super) fn new(id: Uuid, patient: &Patient) -> Self {
        Self {
            profile_id: id,
            first_name: patient.first_name.as_str().to_owned(),
            last_name: patient.last_name.as_str().to_owned(),
            married: patient.married,
        }
    }

    fn holder(&self) -> Result<Holder, StoreError> {
        let read = Reader("patients");
        Ok(Holder::Patient(Patient {
            first_name: read.text("first_name", &self.first_name, PersonName::parse)?,
            last_name: read.text("last_name", &self.last_name, PersonName::parse)?,
            married: self.married,
        }))
    }
}

impl DoctorRow {
    pub(super) fn new(id: Uuid, doctor: &Doctor) -> Self {
        Self {
            profile_id: id,
            first_name: doctor.first_name.as_str().to_owned(),
            last_name: doctor.last_name.as_str().to_owned(),
            specialite: doctor.specialite.as_str().to_owned(),
            bio: doctor.bio.as_ref().map(|bio| bio.as_str().to_owned()),
            is_privee: doctor.is_privee,
            address: doctor.address.as_ref().map(|address| address.as_str().to_owned()),
        }
    }

    fn holder(&self) -> Result<Holder, StoreError> {
        let read = Reader("doctors");
        Ok(Holder::Doctor(Doctor {
            first_name: read.text("first_name", &self.first_name, PersonName::parse)?,
            last_name: read.text("last_name", &self.last_name, PersonName::parse)?,
            specialite: read.text("specialite", &self.specialite, Specialite::parse)?,
            bio: read.optional("bio", self.bio.as_ref(), Bio::parse)?,
            is_privee: self.is_privee,
            address: read.optional("address", self.address.as_ref(), Address::parse)?,
        }))
    }
}

impl HospitalRow {
    pub(super) fn new(id: Uuid, hospital: &Hospital) -> Self {
        Self {
            profile_id: id,
            name: hospital.name.as_str().to_owned(),
            number: hospital.number.as_str().to_owned(),
            address: hospital.address.as_str().to_owned(),
        }
    }

    fn holder(&self) -> Result<Holder, StoreError> {
        let read = Reader("hospitals");
        Ok(Holder::Hospital(Hospital {
            name: read.text("name", &self.name, OrganisationName::parse)?,
            number: read.text("number", &self.number, PhoneNumber::parse)?,
            address: read.text("address", &self.address, Address::parse)?,
        }))
    }
}

impl LaboRow {
    pub(super) fn new(id: Uuid, labo: &Labo) -> Self {
        Self {
            profile_id: id,
            name: labo.name.as_str().to_owned(),
            number: labo.number.as_str().to_owned(),
            address: labo.address.as_str().to_owned(),
        }
    }

    fn holder(&self) -> Result<Holder, StoreError> {
        let read = Reader("labos");
        Ok(Holder::Labo(Labo {
            name: read.text("name", &self.name, OrganisationName::parse)?,
            number: read.text("number", &self.number, PhoneNumber::parse)?,
            address: read.text("address", &self.address, Address::parse)?,
        }))
    }
}

/// The account that a joined row holds.
pub(super) fn account(row: AccountRow) -> Result<Account, StoreError> {
    let (profile, patient, doctor, hospital, labo, approval) = row;
    let holder = match (patient, doctor, hospital, labo) {
        (Some(patient), None, None, None) => patient.holder()?,
        (None, Some(doctor), None, None) => doctor.holder()?,
        (None, None, Some(hospital), None) => hospital.holder()?,
        (None, None, None, Some(labo)) => labo.holder()?,
        _ => return Err(inconsistent("profiles", "role")),
    };
    Ok(Account {
        id: ProfileId::from_uuid(profile.id),
        registered_at: profile.registered_at,
        profile: profile.profile()?,
        holder,
        approval: approval.map(ApprovalRow::approval).transpose()?,
    })
}

/// Reads the columns of a table into the domain's types.
struct Reader(&'static str);

impl Reader {
    fn text<T>(
        &self,
        column: &str,
        value: &str,
        parse: fn(&str) -> Result<T, FieldError>,
    ) -> Result<T, StoreError> {
        parse(value).map_err(|_| inconsistent(self.0, column))
    }

    fn optional<T>(
        &self,
        column: &str,
        value: Option<&String>,
        parse: fn(&str) -> Result<T, FieldError>,
    ) -> Result<Option<T>, StoreError> {
        value.map(|value| self.text(column, value, parse)).transpose()
    }
}
