use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::field::FieldError;
use crate::reference::{Entry, codes};
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

const ENTRIES: [Entry; 70] = [
    Entry::new("ADDICTOLOGIE", "طب الإدمان", "Addictologie", "Addiction medicine"),
    Entry::new("ALLERGOLOGIE", "أمراض الحساسية", "Allergologie", "Allergology"),
    Entry::new("ANATOMIE_GENERALE", "التشريح العام", "Anatomie générale", "General anatomy"),
    Entry::new("ANATOMIE_PATHOLOGIQUE", "التشريح المرضي", "Anatomie pathologique", "Anatomical pathology"),
    Entry::new(
        "ANESTHESIE_REANIMATION",
        "التخدير والإنعاش",
        "Anesthésie-réanimation",
        "Anaesthesia and intensive care",
    ),
    Entry::new("BIOCHIMIE", "الكيمياء الحيوية", "Biochimie", "Biochemistry"),
    Entry::new("BIOLOGIE_CLINIQUE", "البيولوجيا العيادية", "Biologie clinique", "Clinical biology"),
    Entry::new("BIOPHYSIQUE", "الفيزياء الحيوية", "Biophysique", "Biophysics"),
    Entry::new("CARDIOLOGIE", "أمراض القلب", "Cardiologie", "Cardiology"),
    Entry::new("CHIRURGIE_CARDIAQUE", "جراحة القلب", "Chirurgie cardiaque", "Cardiac surgery"),
    Entry::new("CHIRURGIE_GENERALE", "الجراحة العامة", "Chirurgie générale", "General surgery"),
    Entry::new(
        "CHIRURGIE_MAXILLO_FACIALE",
        "جراحة الوجه والفكين",
        "Chirurgie maxillo-faciale",
        "Maxillofacial surgery",
    ),
    Entry::new("CHIRURGIE_ORTHOPEDIQUE", "جراحة العظام", "Chirurgie orthopédique", "Orthopaedic surgery"),
    Entry::new("CHIRURGIE_PEDIATRIQUE", "جراحة الأطفال", "Chirurgie pédiatrique", "Paediatric surgery"),
    Entry::new("CHIRURGIE_PLASTIQUE", "الجراحة التجميلية", "Chirurgie plastique", "Plastic surgery"),
    Entry::new("CHIRURGIE_THORACIQUE", "جراحة الصدر", "Chirurgie thoracique", "Thoracic surgery"),
    Entry::new("CHIRURGIE_UROLOGIQUE", "جراحة المسالك البولية", "Chirurgie urologique", "Urological surgery"),
    Entry::new("CHIRURGIE_VASCULAIRE", "جراحة الأوعية الدموية", "Chirurgie vasculaire", "Vascular surgery"),
    Entry::new("CHIRURGIE_VISCERALE", "جراحة الأحشاء", "Chirurgie viscérale", "Visceral surgery"),
    Entry::new("CYTOLOGIE", "علم الخلايا", "Cytologie", "Cytology"),
    Entry::new("DERMATOLOGIE", "الأمراض الجلدية", "Dermatologie", "Dermatology"),
    Entry::new("DIABETOLOGIE", "أمراض السكري", "Diabétologie", "Diabetology"),
    Entry::new("ENDOCRINOLOGIE", "أمراض الغدد الصماء", "Endocrinologie", "Endocrinology"),
    Entry::new("EPIDEMIOLOGIE", "علم الأوبئة", "Épidémiologie", "Epidemiology"),
    Entry::new("GASTRO_ENTEROLOGIE", "أمراض الجهاز الهضمي", "Gastro-entérologie", "Gastroenterology"),
    Entry::new("GENERALISTE", "الطب العام", "Médecine générale", "General practice"),
    Entry::new("GENETIQUE", "علم الوراثة", "Génétique", "Genetics"),
    Entry::new("GERIATRIE", "طب الشيخوخة", "Gériatrie", "Geriatrics"),
    Entry::new(
        "GYNECOLOGIE_OBSTETRIQUE",
        "أمراض النساء والتوليد",
        "Gynécologie-obstétrique",
        "Gynaecology and obstetrics",
    ),
    Entry::new("HEMATOLOGIE", "أمراض الدم", "Hématologie", "Haematology"),
    Entry::new("HEMOBIOLOGIE", "بيولوجيا الدم", "Hémobiologie", "Haemobiology"),
    Entry::new("HEPATOLOGIE", "أمراض الكبد", "Hépatologie", "Hepatology"),
    Entry::new(
        "HISTOLOGIE_EMBRYOLOGIE",
        "علم الأنسجة والأجنة",
        "Histologie-embryologie",
        "Histology and embryology",
    ),
    Entry::new("IMMUNOLOGIE", "علم المناعة", "Immunologie", "Immunology"),
    Entry::new("INFECTIOLOGIE", "الأمراض المعدية", "Infectiologie", "Infectious diseases"),
    Entry::new("MEDECINE_DU_SPORT", "الطب الرياضي", "Médecine du sport", "Sports medicine"),
    Entry::new("MEDECINE_DU_TRAVAIL", "طب العمل", "Médecine du travail", "Occupational medicine"),
    Entry::new("MEDECINE_D_URGENCE", "طب الاستعجالات", "Médecine d’urgence", "Emergency medicine"),
    Entry::new("MEDECINE_INTERNE", "الطب الداخلي", "Médecine interne", "Internal medicine"),
    Entry::new("MEDECINE_LEGALE", "الطب الشرعي", "Médecine légale", "Forensic medicine"),
    Entry::new("MEDECINE_NUCLEAIRE", "الطب النووي", "Médecine nucléaire", "Nuclear medicine"),
    Entry::new(
        "MEDECINE_PHYSIQUE_ET_READAPTATION",
        "الطب الفيزيائي وإعادة التأهيل",
        "Médecine physique et réadaptation",
        "Physical medicine and rehabilitation",
    ),
    Entry::new("MICROBIOLOGIE", "علم الأحياء الدقيقة", "Microbiologie", "Microbiology"),
    Entry::new("NEONATOLOGIE", "طب حديثي الولادة", "Néonatologie", "Neonatology"),
    Entry::new("NEPHROLOGIE", "أمراض الكلى", "Néphrologie", "Nephrology"),
    Entry::new("NEUROCHIRURGIE", "جراحة الأعصاب", "Neurochirurgie", "Neurosurgery"),
    Entry::new("NEUROLOGIE", "أمراض الأعصاب", "Neurologie", "Neurology"),
    Entry::new("NEUROPHYSIOLOGIE", "فيزيولوجيا الأعصاب", "Neurophysiologie", "Neurophysiology"),
    Entry::new("NUTRITION", "التغذية", "Nutrition", "Nutrition"),
    Entry::new("ONCOLOGIE", "طب الأورام", "Oncologie", "Oncology"),
    Entry::new("OPHTALMOLOGIE", "طب العيون", "Ophtalmologie", "Ophthalmology"),
    Entry::new("ORTHODONTIE", "تقويم الأسنان", "Orthodontie", "Orthodontics"),
    Entry::new(
        "OTO_RHINO_LARYNGOLOGIE",
        "أمراض الأذن والأنف والحنجرة",
        "Oto-rhino-laryngologie",
        "Ear, nose and throat",
    ),
    Entry::new("PARASITOLOGIE", "علم الطفيليات", "Parasitologie", "Parasitology"),
    Entry::new(
        "PATHOLOGIE_BUCCO_DENTAIRE",
        "أمراض الفم والأسنان",
        "Pathologie bucco-dentaire",
        "Oral and dental pathology",
    ),
    Entry::new("PEDIATRIE", "طب الأطفال", "Pédiatrie", "Paediatrics"),
    Entry::new("PEDOPSYCHIATRIE", "الطب النفسي للأطفال", "Pédopsychiatrie", "Child psychiatry"),
    Entry::new("PHARMACOLOGIE", "علم الأدوية", "Pharmacologie", "Pharmacology"),
    Entry::new("PHYSIOLOGIE", "علم وظائف الأعضاء", "Physiologie", "Physiology"),
    Entry::new("PNEUMOLOGIE", "الأمراض الصدرية", "Pneumologie", "Pulmonology"),
    Entry::new("PSYCHIATRIE", "الطب النفسي", "Psychiatrie", "Psychiatry"),
    Entry::new("RADIOLOGIE", "الأشعة", "Radiologie", "Radiology"),
    Entry::new("RADIOTHERAPIE", "العلاج بالأشعة", "Radiothérapie", "Radiotherapy"),
    Entry::new("REANIMATION_MEDICALE", "الإنعاش الطبي", "Réanimation médicale", "Intensive care medicine"),
    Entry::new("RHUMATOLOGIE", "أمراض الروماتيزم", "Rhumatologie", "Rheumatology"),
    Entry::new("STOMATOLOGIE", "طب الفم", "Stomatologie", "Stomatology"),
    Entry::new("TOXICOLOGIE", "علم السموم", "Toxicologie", "Toxicology"),
    Entry::new("TRAUMATOLOGIE", "جراحة الرضوض", "Traumatologie", "Traumatology"),
    Entry::new("UROLOGIE", "أمراض المسالك البولية", "Urologie", "Urology"),
    Entry::new("AUTRE", "أخرى", "Autre", "Other"),
];

impl Specialite {
    /// Every speciality in its canonical form, in alphabetical order, with `AUTRE` last.
    pub const ALL: &'static [&'static str] = &codes(&ENTRIES);

    /// Returns every speciality, with its names.
    #[must_use]
    pub fn entries() -> &'static [Entry] {
        &ENTRIES
    }
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
