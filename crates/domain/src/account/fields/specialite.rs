use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::field::FieldError;
use crate::text::{Rule, Text};

/// A medical speciality that is practised in Algeria, by its French name in capitals.
///
/// The list has the specialities of Algeria's residency (`résidanat`) and general practice. Its
/// last entry, `AUTRE`, is for all others. It is reference data: the table `specialites` has the
/// same rows.
pub type Specialite = Text<SpecialiteRule>;

/// The rule of a [`Specialite`]: case, accents and separators are ignored, so that `Pédiatrie` and
/// `médecine d'urgence` are in the list.
pub enum SpecialiteRule {}

impl Specialite {
    /// Every speciality in its canonical form, in alphabetical order, with `AUTRE` last.
    pub const ALL: &'static [&'static str] = &[
        "ADDICTOLOGIE",
        "ALLERGOLOGIE",
        "ANATOMIE_GENERALE",
        "ANATOMIE_PATHOLOGIQUE",
        "ANESTHESIE_REANIMATION",
        "BIOCHIMIE",
        "BIOLOGIE_CLINIQUE",
        "BIOPHYSIQUE",
        "CARDIOLOGIE",
        "CHIRURGIE_CARDIAQUE",
        "CHIRURGIE_GENERALE",
        "CHIRURGIE_MAXILLO_FACIALE",
        "CHIRURGIE_ORTHOPEDIQUE",
        "CHIRURGIE_PEDIATRIQUE",
        "CHIRURGIE_PLASTIQUE",
        "CHIRURGIE_THORACIQUE",
        "CHIRURGIE_UROLOGIQUE",
        "CHIRURGIE_VASCULAIRE",
        "CHIRURGIE_VISCERALE",
        "CYTOLOGIE",
        "DERMATOLOGIE",
        "DIABETOLOGIE",
        "ENDOCRINOLOGIE",
        "EPIDEMIOLOGIE",
        "GASTRO_ENTEROLOGIE",
        "GENERALISTE",
        "GENETIQUE",
        "GERIATRIE",
        "GYNECOLOGIE_OBSTETRIQUE",
        "HEMATOLOGIE",
        "HEMOBIOLOGIE",
        "HEPATOLOGIE",
        "HISTOLOGIE_EMBRYOLOGIE",
        "IMMUNOLOGIE",
        "INFECTIOLOGIE",
        "MEDECINE_DU_SPORT",
        "MEDECINE_DU_TRAVAIL",
        "MEDECINE_D_URGENCE",
        "MEDECINE_INTERNE",
        "MEDECINE_LEGALE",
        "MEDECINE_NUCLEAIRE",
        "MEDECINE_PHYSIQUE_ET_READAPTATION",
        "MICROBIOLOGIE",
        "NEONATOLOGIE",
        "NEPHROLOGIE",
        "NEUROCHIRURGIE",
        "NEUROLOGIE",
        "NEUROPHYSIOLOGIE",
        "NUTRITION",
        "ONCOLOGIE",
        "OPHTALMOLOGIE",
        "ORTHODONTIE",
        "OTO_RHINO_LARYNGOLOGIE",
        "PARASITOLOGIE",
        "PATHOLOGIE_BUCCO_DENTAIRE",
        "PEDIATRIE",
        "PEDOPSYCHIATRIE",
        "PHARMACOLOGIE",
        "PHYSIOLOGIE",
        "PNEUMOLOGIE",
        "PSYCHIATRIE",
        "RADIOLOGIE",
        "RADIOTHERAPIE",
        "REANIMATION_MEDICALE",
        "RHUMATOLOGIE",
        "STOMATOLOGIE",
        "TOXICOLOGIE",
        "TRAUMATOLOGIE",
        "UROLOGIE",
        "AUTRE",
    ];
}

impl Rule for SpecialiteRule {
    fn read(text: &str) -> Result<String, FieldError> {
        let wanted = letters(text);
        if wanted.is_empty() {
            return Err(FieldError::Required);
        }
        Specialite::ALL
            .iter()
            .find(|canonical| canonical.chars().filter(|c| *c != '_').eq(wanted.chars()))
            .map(|canonical| (*canonical).to_owned())
            .ok_or(FieldError::UnknownChoice { choices: Specialite::ALL })
    }
}

/// Returns the letters in capitals and without accents. Characters that are neither letters nor
/// separators stay, so that the text matches nothing.
fn letters(text: &str) -> String {
    text.nfd()
        .filter(|c| !is_combining_mark(*c) && !c.is_whitespace() && !matches!(c, '_' | '-' | '\'' | '’'))
        .flat_map(char::to_uppercase)
        .collect()
}
