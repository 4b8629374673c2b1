//! The rules of the texts in requests, as regular expressions. A client that obeys them is not
//! refused for the form of a text.
//!
//! The validators accept a little more: white space around a text, and for a speciality other
//! spellings.

use serde_json::{Value, json};
use sihha_domain::account::{BloodType, FacilityType, Gender};
use sihha_domain::place::Wilaya;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Array, ArrayItems, Object, ObjectBuilder, Schema, SchemaType, Type};

/// Refused in one line of text: control characters, line separators, direction overrides and
/// noncharacters.
const REFUSED: &str = r"\u0000-\u001f\u007f-\u009f\u2028\u2029\u202d\u202e\ufdd0-\ufdef\ufff9-\uffff";
/// Refused in several lines.
const REFUSED_IN_LINES: &str =
    r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\u202d\u202e\ufdd0-\ufdef\ufff9-\uffff";
/// At least two digits, European, Arabic or Persian. No white space around it, which does not count.
const PHONE_NUMBER: &str = r"(?:[+.()/#*-][ +.()/#*-]*)?[0-9\u0660-\u0669\u06f0-\u06f9][ +.()/#*-]*[0-9\u0660-\u0669\u06f0-\u06f9](?:[ +.()/#*0-9\u0660-\u0669\u06f0-\u06f9-]*[+.()/#*0-9\u0660-\u0669\u06f0-\u06f9-])?";
/// The usual part of RFC 5321 and of IDNA. The validator also accepts a longer first part, and
/// domains in Unicode.
const EMAIL: &str = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-](?:\.?[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]){0,31}@(?:[A-Za-z0-9](?:-?[A-Za-z0-9]){0,31}\.)+[A-Za-z]{2,63}";
/// Years that no living person was born in are left out, and the years from the release on: a
/// regular expression cannot say that a date is not in the future.
const DATE: &str = "(?:19[0-9]{2}|20(?:[01][0-9]|2[0-5]))-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])";
const URL: &str = r"https?://(?:[A-Za-z0-9]+[.-])*[A-Za-z][A-Za-z0-9]*(?::[0-9]{1,4})?(?:[/?#](?:[A-Za-z0-9._~:/?#@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?";

/// The form of a code. Which codes exist is reference data.
const COMMUNE: &str = "[0-9]{4}";

/// Adds the rules to the members of an object, and to those of its objects.
pub(super) fn add_rules(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::AllOf(parts)) => parts.items.iter_mut().for_each(add_rules),
        RefOr::T(Schema::Object(object)) => {
            for (name, member) in &mut object.properties {
                match member {
                    RefOr::T(Schema::OneOf(_)) => {
                        if let Some(choices) = choices_of(name) {
                            *member = optional_choice(choices);
                        }
                    }
                    RefOr::T(Schema::Object(member)) if member.properties.is_empty() => {
                        add_rule(name, member);
                    }
                    RefOr::T(Schema::Array(list)) if name == "emergency_numbers" => add_rule_of_entries(list),
                    member => add_rules(member),
                }
            }
        }
        RefOr::T(_) | RefOr::Ref(_) => {}
    }
}

/// Returns the values of an optional choice.
fn choices_of(name: &str) -> Option<&'static [&'static str]> {
    match name {
        "blood_type" => Some(&BloodType::ALL),
        "facility_type" => Some(FacilityType::ALL),
        "gender" => Some(&Gender::ALL),
        "wilaya" => Some(Wilaya::codes()),
        _ => None,
    }
}

fn add_rule(name: &str, member: &mut Object) {
    let is_optional = matches!(member.schema_type, SchemaType::Array(_));
    let free_text = |refused: &str| format!(r"[^{refused}]*[\p{{L}}\p{{N}}][^{refused}]*");
    let rule = match name {
        "first_name" | "last_name" | "name" => free_text(REFUSED),
        "address" | "bio" | "doctor_address" | "hospital_address" | "labo_address" => {
            free_text(REFUSED_IN_LINES)
        }
        "numero_tel" | "hospital_number" | "labo_number" => PHONE_NUMBER.to_owned(),
        "email" if member.pattern.is_none() => EMAIL.to_owned(),
        "birth_date" => DATE.to_owned(),
        "commune" => COMMUNE.to_owned(),
        "image" => URL.to_owned(),
        _ => return,
    };
    member.pattern = Some(if is_optional { optional(&rule) } else { format!("^{rule}$") });
}

/// An entry that is empty or `null` does not count.
fn add_rule_of_entries(list: &mut Array) {
    let text_or_null = SchemaType::from_iter([Type::String, Type::Null]);
    let entry = ObjectBuilder::new().schema_type(text_or_null).pattern(Some(optional(PHONE_NUMBER)));
    let entry = entry.max_length(Some(32)).examples([json!("021 23 45 67")]);
    list.items = ArrayItems::RefOrSchema(Box::new(RefOr::from(entry)));
}

/// An optional choice may be empty.
fn optional_choice(choices: &[&str]) -> RefOr<Schema> {
    let text_or_null = SchemaType::from_iter([Type::String, Type::Null]);
    let choices = choices.iter().chain([&""]).map(|choice| json!(choice)).chain([Value::Null]);
    ObjectBuilder::new().schema_type(text_or_null).enum_values(Some(choices)).into()
}

/// An optional text may be empty.
fn optional(rule: &str) -> String {
    format!(r"^(?:\s*|{rule})$")
}
