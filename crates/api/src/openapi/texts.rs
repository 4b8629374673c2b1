//! The rules of the texts in requests, as regular expressions. A client that obeys them is not
//! refused for the form of a text.
//!
//! The validators accept a little more: white space around a text, for a speciality other
//! spellings, and a blank text or a dash for an optional member that is no text. Where the two
//! agree, a test compares them (`routes/account/account_request/tests.rs`).

use serde_json::{Value, json};
use sihha_domain::account::{BloodType, FacilityType, Gender};
use sihha_domain::field::Format;
use sihha_domain::identifier::IdentifierSystem;
use sihha_domain::language::Language;
use sihha_domain::place::Wilaya;
use sihha_domain::text::ARABIC_LETTERS;
use utoipa::openapi::RefOr;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::schema::{
    Array, ArrayItems, Object, ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type,
};

/// Refused in one line of text: control characters, line separators, direction overrides and
/// noncharacters.
const REFUSED: &str = r"\u0000-\u001f\u007f-\u009f\u2028\u2029\u202d\u202e\ufdd0-\ufdef\ufff9-\uffff";
/// Refused in several lines: the same, except for tabs and all that breaks a line.
const REFUSED_IN_LINES: &str =
    r"\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u202d\u202e\ufdd0-\ufdef\ufff9-\uffff";
/// At least two digits, European, Arabic or Persian. No white space around it, which does not count.
const PHONE_NUMBER: &str = r"(?:[+.()/#*-][ +.()/#*-]*)?[0-9\u0660-\u0669\u06f0-\u06f9][ +.()/#*-]*[0-9\u0660-\u0669\u06f0-\u06f9](?:[ +.()/#*0-9\u0660-\u0669\u06f0-\u06f9-]*[+.()/#*0-9\u0660-\u0669\u06f0-\u06f9-])?";
/// The usual part of RFC 5321 and of IDNA. The validator also accepts a longer first part, and
/// domains in Unicode.
const EMAIL: &str = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-](?:\.?[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]){0,31}@(?:[A-Za-z0-9](?:-?[A-Za-z0-9]){0,31}\.)+[A-Za-z]{2,63}";
/// A year or a month, a day that every year has, or a leap day. Years that no living person was born
/// in are left out. A regular expression cannot say that a date is not in the future.
const DATE: &str = "(?:(?:19|20)[0-9]{2}(?:-(?:0[1-9]|1[0-2]))?\
    |(?:19|20)[0-9]{2}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)\
    |(?:19|20)(?:0[48]|[2468][048]|[13579][26])-02-29|2000-02-29)";
const URL: &str = r"https?://(?:[A-Za-z0-9]+[.-])*[A-Za-z][A-Za-z0-9]*(?::[0-9]{1,4})?(?:[/?#](?:[A-Za-z0-9._~:/?#@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?";

/// The form of a code. Which codes exist is reference data.
const COMMUNE: &str = "[0-9]{4}";

/// Adds the rules to the members of an object, and to those of its objects.
pub(super) fn add_rules(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::AllOf(parts)) => parts.items.iter_mut().for_each(add_rules),
        RefOr::T(Schema::Object(object)) => {
            if object.properties.contains_key("identifiers") {
                object.extensions = Some(depending_on("identifiers", &one_of_each_system()));
            } else if object.properties.contains_key("system") {
                object.extensions = Some(depending_on("value", &rules_of_systems()));
            }
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
            object.properties.values_mut().for_each(allow_empty);
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
        "language" => Some(&Language::TAGS),
        "wilaya" => Some(Wilaya::codes()),
        _ => None,
    }
}

fn add_rule(name: &str, member: &mut Object) {
    let is_optional = matches!(member.schema_type, SchemaType::Array(_));
    let rule = match name {
        "directorate" | "first_name" | "last_name" | "name" => free_text(REFUSED),
        "first_name_ar" | "last_name_ar" | "name_ar" => {
            let letters = ARABIC_LETTERS.map(|range| {
                format!(r"\u{:04x}-\u{:04x}", u32::from(*range.start()), u32::from(*range.end()))
            });
            format!("[^{REFUSED}]*[{}][^{REFUSED}]*", letters.concat())
        }
        "address" | "bio" | "doctor_address" | "hospital_address" | "labo_address" | "message" | "note"
        | "reason" => free_text(REFUSED_IN_LINES),
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

/// Returns a rule for an object that has the member `name`.
fn depending_on(name: &str, rule: &Value) -> Extensions {
    Extensions::from_iter([("dependentSchemas", json!({ name: rule }))])
}

/// At most one identifier of each system.
fn one_of_each_system() -> Value {
    let limit = |system: &str| {
        let entry = json!({ "type": "object", "properties": { "system": { "const": system } } });
        json!({ "contains": entry, "minContains": 0, "maxContains": 1 })
    };
    let limits = IdentifierSystem::NAMES.map(limit);
    json!({ "properties": { "identifiers": { "allOf": limits } } })
}

/// What the value of an identifier of each system is.
fn rules_of_systems() -> Value {
    let rule = |system: IdentifierSystem| {
        let (format, min, max) = system.rule();
        let numbers = |character: &str| {
            let pattern =
                format!(r"^[ /-]*(?:[{character}\u0660-\u0669\u06f0-\u06f9][ /-]*){{{min},{max}}}$");
            json!({ "pattern": pattern })
        };
        let value = match format {
            Format::Digits => numbers("0-9"),
            Format::LettersAndDigits => numbers("A-Za-z0-9"),
            _ => json!({ "pattern": format!("^{}$", free_text(REFUSED)), "maxLength": max }),
        };
        let properties = json!({ "system": { "const": system.as_str() }, "value": value });
        json!({ "required": ["system"], "properties": properties })
    };
    json!({ "oneOf": IdentifierSystem::ALL.map(rule) })
}

/// At least one letter or digit. Modifier letters (`Lm`) are left out: one is the tatweel.
fn free_text(refused: &str) -> String {
    format!(r"[^{refused}]*[\p{{Lu}}\p{{Ll}}\p{{Lo}}\p{{N}}][^{refused}]*")
}

/// An optional choice may be empty.
fn optional_choice(choices: &[&str]) -> RefOr<Schema> {
    let text_or_null = SchemaType::from_iter([Type::String, Type::Null]);
    let choices = choices.iter().chain([&""]).map(|choice| json!(choice)).chain([Value::Null]);
    ObjectBuilder::new().schema_type(text_or_null).enum_values(Some(choices)).into()
}

/// An optional text may be empty, or what people write where they have nothing to say.
fn optional(rule: &str) -> String {
    format!(r"^(?:[\s\u0085._/\u0640\u2010-\u2015\u2026\u2212-]*|{rule})$")
}

/// An optional member that is no text may be an empty text.
///
/// It has no pattern for a blank one, nor a type: openapi-generator makes a Kotlin class without
/// members of both.
fn allow_empty(member: &mut RefOr<Schema>) {
    let (schema_type, description) = match member {
        RefOr::T(Schema::Object(member)) => (&member.schema_type, &mut member.description),
        RefOr::T(Schema::Array(member)) => (&member.schema_type, &mut member.description),
        _ => return,
    };
    let SchemaType::Array(types) = schema_type else { return };
    if types.contains(&Type::String) {
        return;
    }
    let description = description.take();
    let empty = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
    let empty = empty.extensions(Some(Extensions::from_iter([("const", "")])));
    *member = OneOfBuilder::new().item(member.clone()).item(empty).description(description).into();
}
