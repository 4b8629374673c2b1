//! The values of an account that have a rule. What is sent comes in by `parse`, which asks the rule of today. What is
//! stored comes back by `on_record`, which asks none: a rule that became stricter since must lock out nobody who came
//! before.

mod birth_date;
mod carte_id;
mod choices;
mod email;
mod image_url;
mod names;
mod phone_number;
mod specialite;

pub use birth_date::BirthDate;
pub use carte_id::CarteId;
pub use choices::{BloodType, Gender};
pub use email::EmailAddress;
pub use image_url::ImageUrl;
pub use names::{Address, Bio, OrganisationName, PersonName};
pub use phone_number::{EmergencyNumbers, PhoneNumber};
pub use specialite::Specialite;
