//! Converts accounts to rows, and rows to accounts. Stored values are not validated: the rules
//! apply to what clients send.
//!
//! `treat_none_as_default_value = false`: otherwise Diesel writes `DEFAULT` for missing values,
//! which is null here as well, and prepares the statement each time.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use sihha_domain::account::{
    Account, Address, ArabicOrganisationName, ArabicPersonName, Bio, BirthDate, BloodType, CarteId, Doctor,
    EmailAddress, EmergencyNumbers, FacilityType, Gender, Hospital, ImageUrl, Labo, OrganisationName,
    Patient, PersonName, PhoneNumber, Profile, RoleDetails, Specialite,
};
use sihha_domain::identifier::Identifiers;
use sihha_domain::ids::ProfileId;
use sihha_domain::language::Language;
use sihha_domain::place::{Commune, Place, Wilaya};
use sihha_domain::store::StoreError;
use uuid::Uuid;

use super::carried;
use crate::postgres::approval::InForceRow;
use crate::postgres::errors::inconsistent;
use crate::postgres::schema::{doctors, hospitals, labos, patients, profiles};

/// The rows of an account: profile, identifiers, role details and approval.
pub(super) type AccountRow = (ProfileRow, Vec<String>, DetailsRow, Option<InForceRow>);

/// The row of the role's table.
pub(super) enum DetailsRow {
    Patient(PatientRow),
    Doctor(DoctorRow),
    Hospital(HospitalRow),
    Labo(LaboRow),
}

/// The rows of an account whose role is not known before the query.
pub(super) type AnyAccountRow = (
    ProfileRow,
    Vec<String>,
    Option<PatientRow>,
    Option<DoctorRow>,
    Option<HospitalRow>,
    Option<LaboRow>,
    Option<InForceRow>,
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
    birth_date_precision: Option<String>,
    numero_tel: Option<String>,
    address: Option<String>,
    blood_type: Option<String>,
    gender: Option<String>,
    image: Option<String>,
    emergency_numbers: Vec<Option<String>>,
    #[diesel(skip_update)]
    registered_at: DateTime<Utc>,
    wilaya: Option<String>,
    commune: Option<String>,
    language: String,
    #[diesel(skip_update)]
    email_verified_at: Option<DateTime<Utc>>,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = patients, primary_key(profile_id), check_for_backend(Pg), treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct PatientRow {
    profile_id: Uuid,
    first_name: String,
    last_name: String,
    first_name_ar: Option<String>,
    last_name_ar: Option<String>,
    married: Option<bool>,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = doctors, primary_key(profile_id), check_for_backend(Pg), treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct DoctorRow {
    profile_id: Uuid,
    first_name: String,
    last_name: String,
    first_name_ar: Option<String>,
    last_name_ar: Option<String>,
    specialite: String,
    bio: Option<String>,
    is_privee: bool,
    address: Option<String>,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = hospitals, primary_key(profile_id), check_for_backend(Pg), treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct HospitalRow {
    profile_id: Uuid,
    name: String,
    name_ar: Option<String>,
    number: String,
    address: String,
    facility_type: Option<String>,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = labos, primary_key(profile_id), check_for_backend(Pg), treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct LaboRow {
    profile_id: Uuid,
    name: String,
    name_ar: Option<String>,
    number: String,
    address: String,
    facility_type: Option<String>,
}

impl ProfileRow {
    pub(super) fn new(account: &Account) -> Self {
        let profile = &account.profile;
        Self {
            id: account.id.as_uuid(),
            role: account.role().as_str().to_owned(),
            email: profile.email.as_str().to_owned(),
            carte_id: profile.carte_id.as_str().to_owned(),
            birth_date: profile.birth_date.map(BirthDate::first_day),
            birth_date_precision: profile
                .birth_date
                .and_then(BirthDate::presumed)
                .map(|presumed| <&str>::from(presumed).to_owned()),
            numero_tel: profile.numero_tel.as_ref().map(|number| number.as_str().to_owned()),
            address: profile.address.as_ref().map(|address| address.as_str().to_owned()),
            blood_type: profile.blood_type.as_ref().map(|blood_type| blood_type.as_str().to_owned()),
            gender: profile.gender.as_ref().map(|gender| gender.as_str().to_owned()),
            image: profile.image.as_ref().map(|image| image.as_str().to_owned()),
            emergency_numbers: profile
                .emergency_numbers
                .iter()
                .map(|number| Some(number.to_owned()))
                .collect(),
            registered_at: account.registered_at,
            wilaya: profile.place.as_ref().map(|place| place.wilaya().as_str().to_owned()),
            commune: profile
                .place
                .as_ref()
                .and_then(Place::commune)
                .map(|commune| commune.as_str().to_owned()),
            language: profile.language.tag().to_owned(),
            email_verified_at: account.email_verified_at,
        }
    }

    fn profile(self, identifiers: Identifiers) -> Profile {
        let commune = self.commune.map(Commune::on_record);
        let presumed = self.birth_date_precision.and_then(|presumed| presumed.parse().ok());
        Profile {
            email: EmailAddress::on_record(self.email),
            carte_id: CarteId::on_record(self.carte_id),
            birth_date: self.birth_date.map(|date| BirthDate::on_record(date, presumed)),
            numero_tel: self.numero_tel.map(PhoneNumber::on_record),
            address: self.address.map(Address::on_record),
            place: self.wilaya.map(|wilaya| Place::on_record(Wilaya::on_record(wilaya), commune)),
            blood_type: self.blood_type.map(BloodType::on_record),
            gender: self.gender.map(Gender::on_record),
            image: self.image.map(ImageUrl::on_record),
            emergency_numbers: EmergencyNumbers::on_record(self.emergency_numbers.into_iter().flatten()),
            language: Language::on_record(&self.language),
            identifiers,
        }
    }
}

impl PatientRow {
    pub(super) fn new(id: Uuid, patient: &Patient) -> Self {
        Self {
            profile_id: id,
            first_name: patient.first_name.as_str().to_owned(),
            last_name: patient.last_name.as_str().to_owned(),
            first_name_ar: patient.first_name_ar.as_ref().map(|name| name.as_str().to_owned()),
            last_name_ar: patient.last_name_ar.as_ref().map(|name| name.as_str().to_owned()),
            married: patient.married,
        }
    }

    fn details(self) -> RoleDetails {
        RoleDetails::Patient(Patient {
            first_name: PersonName::on_record(self.first_name),
            last_name: PersonName::on_record(self.last_name),
            first_name_ar: self.first_name_ar.map(ArabicPersonName::on_record),
            last_name_ar: self.last_name_ar.map(ArabicPersonName::on_record),
            married: self.married,
        })
    }
}

impl DoctorRow {
    pub(super) fn new(id: Uuid, doctor: &Doctor) -> Self {
        Self {
            profile_id: id,
            first_name: doctor.first_name.as_str().to_owned(),
            last_name: doctor.last_name.as_str().to_owned(),
            first_name_ar: doctor.first_name_ar.as_ref().map(|name| name.as_str().to_owned()),
            last_name_ar: doctor.last_name_ar.as_ref().map(|name| name.as_str().to_owned()),
            specialite: doctor.specialite.as_str().to_owned(),
            bio: doctor.bio.as_ref().map(|bio| bio.as_str().to_owned()),
            is_privee: doctor.is_privee,
            address: doctor.address.as_ref().map(|address| address.as_str().to_owned()),
        }
    }

    fn details(self) -> RoleDetails {
        RoleDetails::Doctor(Doctor {
            first_name: PersonName::on_record(self.first_name),
            last_name: PersonName::on_record(self.last_name),
            first_name_ar: self.first_name_ar.map(ArabicPersonName::on_record),
            last_name_ar: self.last_name_ar.map(ArabicPersonName::on_record),
            specialite: Specialite::on_record(self.specialite),
            bio: self.bio.map(Bio::on_record),
            is_privee: self.is_privee,
            address: self.address.map(Address::on_record),
        })
    }
}

impl HospitalRow {
    pub(super) fn new(id: Uuid, hospital: &Hospital) -> Self {
        Self {
            profile_id: id,
            name: hospital.name.as_str().to_owned(),
            name_ar: hospital.name_ar.as_ref().map(|name| name.as_str().to_owned()),
            number: hospital.number.as_str().to_owned(),
            address: hospital.address.as_str().to_owned(),
            facility_type: hospital.facility_type.as_ref().map(|kind| kind.as_str().to_owned()),
        }
    }

    fn details(self) -> RoleDetails {
        RoleDetails::Hospital(Hospital {
            name: OrganisationName::on_record(self.name),
            name_ar: self.name_ar.map(ArabicOrganisationName::on_record),
            number: PhoneNumber::on_record(self.number),
            address: Address::on_record(self.address),
            facility_type: self.facility_type.map(FacilityType::on_record),
        })
    }
}

impl LaboRow {
    pub(super) fn new(id: Uuid, labo: &Labo) -> Self {
        Self {
            profile_id: id,
            name: labo.name.as_str().to_owned(),
            name_ar: labo.name_ar.as_ref().map(|name| name.as_str().to_owned()),
            number: labo.number.as_str().to_owned(),
            address: labo.address.as_str().to_owned(),
            facility_type: labo.facility_type.as_ref().map(|kind| kind.as_str().to_owned()),
        }
    }

    fn details(self) -> RoleDetails {
        RoleDetails::Labo(Labo {
            name: OrganisationName::on_record(self.name),
            name_ar: self.name_ar.map(ArabicOrganisationName::on_record),
            number: PhoneNumber::on_record(self.number),
            address: Address::on_record(self.address),
            facility_type: self.facility_type.map(FacilityType::on_record),
        })
    }
}

/// Finds the details among the rows of all roles.
pub(super) fn of_one_role(row: AnyAccountRow) -> Result<AccountRow, StoreError> {
    let (profile, texts, patient, doctor, hospital, labo, approval) = row;
    let details = match (patient, doctor, hospital, labo) {
        (Some(patient), None, None, None) => DetailsRow::Patient(patient),
        (None, Some(doctor), None, None) => DetailsRow::Doctor(doctor),
        (None, None, Some(hospital), None) => DetailsRow::Hospital(hospital),
        (None, None, None, Some(labo)) => DetailsRow::Labo(labo),
        _ => return Err(inconsistent("profiles", "role")),
    };
    Ok((profile, texts, details, approval))
}

/// Converts the rows of an account.
pub(super) fn account((profile, texts, details, approval): AccountRow) -> Result<Account, StoreError> {
    let submitted_at = approval.as_ref().and_then(InForceRow::submitted_at);
    let in_force = approval.map(InForceRow::in_force).transpose()?;
    let (approval, pending_changes) = in_force.unzip();
    Ok(Account {
        id: ProfileId::from_uuid(profile.id),
        registered_at: profile.registered_at,
        email_verified_at: profile.email_verified_at,
        submitted_at: submitted_at.unwrap_or(profile.registered_at),
        profile: profile.profile(carried::on_record(&texts)),
        details: match details {
            DetailsRow::Patient(row) => row.details(),
            DetailsRow::Doctor(row) => row.details(),
            DetailsRow::Hospital(row) => row.details(),
            DetailsRow::Labo(row) => row.details(),
        },
        approval,
        pending_changes: pending_changes.flatten(),
    })
}
