//! The values of an account. `parse` applies the current rules to values that a client sends.
//! `on_record` accepts any stored value: a stricter rule must not lock out account holders who
//! registered before it (ADR 27).

mod birth_date;
mod carte_id;
mod choices;
mod email;
mod facility_type;
mod image_url;
mod names;
mod phone_number;
mod specialite;

pub use birth_date::{BirthDate, Presumed};
pub use carte_id::CarteId;
pub use choices::{BloodType, Gender};
pub use email::EmailAddress;
pub use facility_type::FacilityType;
pub use image_url::ImageUrl;
pub use names::{Address, ArabicOrganisationName, ArabicPersonName, Bio, OrganisationName, PersonName};
pub use phone_number::{EmergencyNumbers, PhoneNumber};
pub use specialite::Specialite;
