use crate::field::FieldError;
use crate::reference::{Entry, codes};
use crate::text::{Rule, Text, one_of};

/// Why staff reject an application.
///
/// It is reference data: the table `rejection_reasons` has the same rows.
pub type RejectionReason = Text<RejectionReasonRule>;

/// The rule of a [`RejectionReason`].
pub enum RejectionReasonRule {}

const ENTRIES: [Entry; 8] = [
    Entry::new(
        "not_in_register",
        "غير مسجل في جدول العمادة",
        "Introuvable au tableau de l’Ordre",
        "Not found in the Order’s register",
    ),
    Entry::new(
        "card_mismatch",
        "رقم البطاقة غير مطابق",
        "Numéro de carte non conforme",
        "Card number does not match",
    ),
    Entry::new(
        "identity_mismatch",
        "الهوية غير متطابقة",
        "Identité non concordante",
        "Identity does not match",
    ),
    Entry::new(
        "duplicate",
        "تكرار لحساب موجود",
        "Doublon d’un compte existant",
        "Copy of an existing account",
    ),
    Entry::new(
        "wrong_role",
        "الصفة أو التخصص غير صحيح",
        "Rôle ou spécialité inexact",
        "Wrong role or speciality",
    ),
    Entry::new(
        "facility_not_authorised",
        "مؤسسة غير مرخّصة",
        "Établissement non autorisé",
        "Facility not authorised",
    ),
    Entry::new("incomplete", "ملف ناقص", "Dossier incomplet", "Incomplete file"),
    Entry::new("other", "سبب آخر", "Autre motif", "Other reason"),
];

impl RejectionReason {
    /// Every reason by its code, with `other` last.
    pub const ALL: &'static [&'static str] = &codes(&ENTRIES);

    /// Returns every reason, with its names.
    #[must_use]
    pub fn entries() -> &'static [Entry] {
        &ENTRIES
    }
}

impl Rule for RejectionReasonRule {
    fn read(text: &str) -> Result<String, FieldError> {
        one_of(RejectionReason::ALL, text)
    }
}
