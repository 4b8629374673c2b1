//! The values of an account that have a rule. What is sent comes in by `parse`, which asks the rule of today. What is
//! stored comes back by `on_record`, which asks none: a rule that became stricter since must lock out nobody who came
//! before.

mod birth_date;
mod carte_id;
mod choices;
mod email;
mod image_url;
mod phone_number;
mod specialite;
pub(crate) mod text;

pub use birth_date::BirthDate;
pub use carte_id::CarteId;
pub use choices::{BloodType, Gender};
pub use email::EmailAddress;
pub use image_url::ImageUrl;
pub use phone_number::{EmergencyNumbers, PhoneNumber};
pub use specialite::Specialite;
pub use text::{Address, Bio, OrganisationName, PersonName};
