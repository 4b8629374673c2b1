use crate::field::FieldError;
use crate::reference::{Entry, codes};
use crate::text::{Rule, Text, one_of};

/// The kind of a health facility, as Algerian law and practice name them.
///
/// It is reference data: the table `facility_types` has the same rows.
pub type FacilityType = Text<FacilityTypeRule>;

/// The rule of a [`FacilityType`].
pub enum FacilityTypeRule {}

const ENTRIES: [Entry; 12] = [
    Entry::new("chu", "المركز الاستشفائي الجامعي", "Centre hospitalo-universitaire", "University hospital"),
    Entry::new(
        "ehs",
        "المؤسسة الاستشفائية المتخصصة",
        "Établissement hospitalier spécialisé",
        "Specialised hospital",
    ),
    Entry::new("eh", "المؤسسة الاستشفائية", "Établissement hospitalier", "Hospital"),
    Entry::new("eph", "المؤسسة العمومية الاستشفائية", "Établissement public hospitalier", "Public hospital"),
    Entry::new(
        "epsp",
        "المؤسسة العمومية للصحة الجوارية",
        "Établissement public de santé de proximité",
        "Public community health establishment",
    ),
    Entry::new("polyclinique", "عيادة متعددة الخدمات", "Polyclinique", "Polyclinic"),
    Entry::new("salle_de_soins", "قاعة علاج", "Salle de soins", "Care room"),
    Entry::new("clinique_privee", "عيادة خاصة", "Clinique privée", "Private clinic"),
    Entry::new("cabinet", "عيادة طبية", "Cabinet médical", "Medical practice"),
    Entry::new(
        "laboratoire",
        "مخبر التحاليل الطبية",
        "Laboratoire d’analyses médicales",
        "Medical laboratory",
    ),
    Entry::new(
        "centre_imagerie",
        "مركز التصوير الطبي",
        "Centre d’imagerie médicale",
        "Medical imaging centre",
    ),
    Entry::new("autre", "أخرى", "Autre", "Other"),
];

impl FacilityType {
    /// Every kind by its code, with `autre` last.
    pub const ALL: &'static [&'static str] = &codes(&ENTRIES);

    /// Returns every kind, with its names.
    #[must_use]
    pub fn entries() -> &'static [Entry] {
        &ENTRIES
    }
}

impl Rule for FacilityTypeRule {
    fn read(text: &str) -> Result<String, FieldError> {
        one_of(FacilityType::ALL, text)
    }
}
