//! Problem documents as they are sent.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

use fluent_bundle::FluentArgs;
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use sihha_domain::field::{Format, OwnerFact, PasswordAdvice, ValueType};
use sihha_domain::language::Language;
use sihha_domain::{FieldError, FieldErrorCode, FieldErrors};
use strum::VariantArray;
use utoipa::ToSchema;

use super::{ClaimHolder, EarlierDecision, ProblemCode};
use crate::language;
use crate::openapi::choices::{Choice, Choices};

/// Maximum number of values that the error of an unknown choice lists.
const MAX_CHOICES: usize = 10;

/// A problem document (RFC 9457), `application/problem+json`.
#[derive(Serialize, ToSchema)]
pub(crate) struct Problem {
    /// The code as a URN.
    #[serde(rename = "type")]
    #[schema(example = "urn:sihha:problem:invalid_fields")]
    pub(super) kind: String,
    /// The kind of problem, for people, in the language of `Content-Language`.
    #[schema(example = "Invalid fields")]
    pub(super) title: Cow<'static, str>,
    /// The HTTP status.
    #[schema(example = 400)]
    pub(crate) status: u16,
    /// What is wrong and what to do, for people, in the language of `Content-Language`.
    pub(super) detail: Cow<'static, str>,
    #[schema(value_type = ProblemCodeChoice)]
    pub(super) code: &'static str,
    /// The request's id, as in the `X-Request-Id` header and in the log.
    pub(super) request_id: String,
    /// The errors of fields, by the path that was sent. Present with `invalid_fields` and `taken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = BTreeMap<String, Vec<FieldProblem>>, required = false)]
    pub(super) errors: Option<BTreeMap<String, Vec<FieldProblem>>>,
    /// Who was first, and when. Present with `already_decided` and `claimed_by_other`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = ProblemParams, required = false)]
    pub(super) params: Option<ProblemParams>,
}

/// The parameters of a problem.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ProblemParams {
    AlreadyDecided(EarlierDecision),
    ClaimedByOther(ClaimHolder),
}

/// What is wrong with one field.
#[derive(Serialize, ToSchema)]
pub(crate) struct FieldProblem {
    #[schema(value_type = FieldProblemCodeChoice)]
    code: &'static str,
    /// What is wrong and what to do, for people, in the language of `Content-Language`.
    #[schema(example = "Enter at least 8 characters.")]
    message: Cow<'static, str>,
    /// The values that the message names, so that a client can write a message of its own.
    params: FieldParams,
}

/// The parameters of a field's error. Each code has its own; most have none.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct FieldParams {
    /// Minimum number of characters (`too_short`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = usize, required = false)]
    min: Option<usize>,
    /// Maximum number of characters (`too_long`) or entries (`too_many`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = usize, required = false)]
    max: Option<usize>,
    /// Minimum of a number (`out_of_range`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u32, required = false)]
    minimum: Option<u32>,
    /// Maximum of a number (`out_of_range`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u32, required = false)]
    maximum: Option<u32>,
    /// Maximum age of a date in years (`too_long_ago`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u32, required = false)]
    years: Option<u32>,
    /// Code of the commune's wilaya (`other_wilaya`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    wilaya: Option<&'static str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = ValueTypeChoice, required = false)]
    value_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = FormatChoice, required = false)]
    format: Option<&'static str>,
    /// The values to choose from (`unknown_choice`). Absent if there are more than 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false)]
    choices: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = OwnerFactChoice, required = false)]
    attribute: Option<&'static str>,
    /// How hard the password is to guess, from 0 to 4 (`password_too_common`, `password_too_similar`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u8, required = false, maximum = 4)]
    score: Option<u8>,
    /// Why the password is easy to guess (`password_too_common`, `password_too_similar`). A later release may
    /// have other values.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "common")]
    warning: Option<&'static str>,
    /// How to choose a better password (`password_too_common`, `password_too_similar`). A later release may
    /// have other values.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, example = json!(["add_words"]))]
    suggestions: Option<Vec<&'static str>>,
}

impl Problem {
    /// Returns the document as JSON in ASCII, because some clients decode `application/problem+json`
    /// as Latin-1.
    pub(super) fn to_ascii_json(&self) -> Vec<u8> {
        let mut json = Vec::with_capacity(512);
        // Neither writing to memory nor serializing texts and numbers can fail.
        let written = self.serialize(&mut Serializer::with_formatter(&mut json, AsciiFormatter));
        written.map_or_else(|_| Vec::new(), |()| json)
    }
}

/// Returns the problems of all fields in `language`.
pub(super) fn by_path(errors: &FieldErrors, language: Language) -> BTreeMap<String, Vec<FieldProblem>> {
    let problems =
        |errors: &[FieldError]| errors.iter().map(|error| FieldProblem::new(error, language)).collect();
    errors.iter().map(|(path, errors)| (path.to_owned(), problems(errors))).collect()
}

/// Returns what is wrong with a field, for people.
pub(crate) fn field_message(error: &FieldError, language: Language) -> Cow<'static, str> {
    FieldProblem::new(error, language).message
}

impl FieldProblem {
    pub(super) fn new(error: &FieldError, language: Language) -> Self {
        let (code, params) = (error.code().into(), FieldParams::of(error));
        let message = language::text(language, &format!("field_{code}"), None, Some(&params.args()));
        Self { code, message, params }
    }
}

impl FieldParams {
    fn of(error: &FieldError) -> Self {
        let mut params = Self::default();
        match error {
            FieldError::TooShort { min } => params.min = Some(*min),
            FieldError::TooLong { max } | FieldError::TooMany { max } => params.max = Some(*max),
            FieldError::OutOfRange { min, max } => {
                (params.minimum, params.maximum) = (Some(*min), Some(*max));
            }
            FieldError::TooLongAgo { years } => params.years = Some(*years),
            FieldError::WrongType { expected } => params.value_type = Some((*expected).into()),
            FieldError::Malformed { format } => params.format = Some((*format).into()),
            FieldError::UnknownChoice { choices } => {
                params.choices = Some(*choices).filter(|choices| choices.len() <= MAX_CHOICES);
            }
            FieldError::OtherWilaya { wilaya } => params.wilaya = Some(*wilaya),
            FieldError::PasswordTooCommon { advice } => params.advise(advice),
            FieldError::PasswordTooSimilar { attribute, advice } => {
                params.attribute = Some((*attribute).into());
                params.advise(advice);
            }
            _ => {}
        }
        params
    }

    fn advise(&mut self, advice: &PasswordAdvice) {
        self.score = Some(advice.score);
        self.warning = advice.warning;
        self.suggestions = Some(advice.suggestions.clone());
    }

    /// Returns the arguments of the message.
    fn args(&self) -> FluentArgs<'static> {
        let mut args = FluentArgs::new();
        let numbers = [("min", self.min), ("max", self.max)];
        for (name, number) in numbers.into_iter().filter_map(|(name, number)| Some((name, number?))) {
            args.set(name, number);
        }
        let numbers = [("years", self.years), ("minimum", self.minimum), ("maximum", self.maximum)];
        for (name, number) in numbers.into_iter().filter_map(|(name, number)| Some((name, number?))) {
            args.set(name, number);
        }
        let words = [
            ("type", self.value_type),
            ("format", self.format),
            ("wilaya", self.wilaya),
            ("attribute", self.attribute),
        ];
        for (name, word) in words.into_iter().filter_map(|(name, word)| Some((name, word?))) {
            args.set(name, word);
        }
        let choices = self.choices.unwrap_or_default();
        args.set("count", choices.len());
        args.set("choices", choices.join(", "));
        args
    }
}

// Aliases, because the derived code names a generic type after its parameters.
type ProblemCodeChoice = Choice<ProblemCode>;
type FieldProblemCodeChoice = Choice<FieldErrorCode>;
type ValueTypeChoice = Choice<ValueType>;
type FormatChoice = Choice<Format>;
type OwnerFactChoice = Choice<OwnerFact>;

impl Choices for ProblemCode {
    const NAME: &'static str = "ProblemCode";
    const DESCRIPTION: &'static str = "The kind of problem, for programs. A code never changes.";
    fn values() -> Vec<&'static str> {
        Self::of_documents().map(Into::into).collect()
    }
}

impl Choices for FieldErrorCode {
    const NAME: &'static str = "FieldProblemCode";
    const DESCRIPTION: &'static str = "What is wrong, for programs. A code never changes.";
    fn values() -> Vec<&'static str> {
        Self::VARIANTS.iter().map(Into::into).collect()
    }
}

impl Choices for ValueType {
    const NAME: &'static str = "ValueType";
    const DESCRIPTION: &'static str = "The JSON type that the value must have (`wrong_type`).";
    fn values() -> Vec<&'static str> {
        Self::VARIANTS.iter().map(Into::into).collect()
    }
}

impl Choices for Format {
    const NAME: &'static str = "Format";
    const DESCRIPTION: &'static str = "The format that the text must have (`malformed`).";
    fn values() -> Vec<&'static str> {
        Self::VARIANTS.iter().map(Into::into).collect()
    }
}

impl Choices for OwnerFact {
    const NAME: &'static str = "OwnerFact";
    const DESCRIPTION: &'static str = "What the password is of its owner (`password_too_similar`).";
    fn values() -> Vec<&'static str> {
        Self::VARIANTS.iter().map(Into::into).collect()
    }
}

/// Writes compact JSON in ASCII, with `\uXXXX` for other characters.
struct AsciiFormatter;

impl Formatter for AsciiFormatter {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if fragment.is_ascii() {
            return writer.write_all(fragment.as_bytes());
        }
        for character in fragment.chars() {
            if character.is_ascii() {
                writer.write_all(&[character as u8])?;
            } else {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    writer.write_all(&escape(*unit))?;
                }
            }
        }
        Ok(())
    }
}

/// Returns `\uXXXX`. Does not use `write!`, which takes four times as long.
fn escape(unit: u16) -> [u8; 6] {
    let digit = |shift: u32| b"0123456789abcdef"[usize::from(unit >> shift & 0xf)];
    [b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]
}
