//! Members of a JSON object, read leniently, so that all that is wrong can be told at once.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use sihha_domain::account::Change;
use sihha_domain::field::ValueType;
use sihha_domain::{FieldError, FieldErrors};

/// A JSON type that a member can have.
pub(crate) trait JsonType: DeserializeOwned {
    /// The type.
    const EXPECTED: ValueType;
    /// Whether `value` is of the type.
    fn fits(value: &Value) -> bool;
}

impl JsonType for String {
    const EXPECTED: ValueType = ValueType::String;
    fn fits(value: &Value) -> bool {
        value.is_string()
    }
}

impl JsonType for bool {
    const EXPECTED: ValueType = ValueType::Boolean;
    fn fits(value: &Value) -> bool {
        value.is_boolean()
    }
}

impl<T: JsonType> JsonType for Vec<Field<T>> {
    const EXPECTED: ValueType = ValueType::Array;
    fn fits(value: &Value) -> bool {
        value.is_array()
    }
}

/// A member that is an object.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Object<T>(T);

impl<T: DeserializeOwned> JsonType for Object<T> {
    const EXPECTED: ValueType = ValueType::Object;
    // serde would take a list for a struct as well.
    fn fits(value: &Value) -> bool {
        value.is_object()
    }
}

/// What was sent for a member.
#[derive(Clone, Debug, Default)]
pub(crate) enum Field<T> {
    /// Nothing.
    #[default]
    Absent,
    /// `null`.
    Null,
    /// A value of another type.
    WrongType,
    /// A value of the type; whether it obeys the field's rule is not known yet.
    Given(T),
}

impl<'de, T: JsonType> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The body was read into a `Value` before, so the one thing to fail is a member that is not there.
        let Ok(value) = Value::deserialize(deserializer) else { return Ok(Self::Absent) };
        if value.is_null() {
            return Ok(Self::Null);
        }
        let value = T::fits(&value).then(|| serde_json::from_value(value));
        Ok(value.and_then(Result::ok).map_or(Self::WrongType, Self::Given))
    }
}

impl<T> Field<T> {
    /// What becomes of a value in a JSON merge patch (RFC 7396): without the member it stays, else `read` says.
    pub(crate) fn change<U>(self, read: impl FnOnce(Self) -> U) -> Change<U> {
        if matches!(self, Self::Absent) { Change::Keep } else { Change::Set(read(self)) }
    }
}

/// Reads members into values that obey their rules, and gathers what is wrong.
///
/// Each method answers `None` where there is no good value; [`Self::finish`] then tells why.
pub(crate) struct FieldReader {
    /// The object whose members are being read.
    within: Option<&'static str>,
    errors: FieldErrors,
}

impl FieldReader {
    pub(crate) fn new() -> Self {
        Self { within: None, errors: FieldErrors::default() }
    }

    /// The members of the object `field`: their paths begin with its name. One that is missing is read as
    /// an empty one, so that its required members are told.
    pub(crate) fn object<T: DeserializeOwned + Default, U>(
        &mut self,
        name: &'static str,
        field: Field<Object<T>>,
        read: impl FnOnce(&mut Self, T) -> Option<U>,
    ) -> Option<U> {
        let object = match field {
            Field::Absent | Field::Null => T::default(),
            field => self.given(name, field)?.0,
        };
        self.within = Some(name);
        let value = read(self, object);
        self.within = None;
        value
    }

    /// A member that must be given.
    pub(crate) fn required<T>(
        &mut self,
        name: &str,
        field: Field<String>,
        parse: impl FnOnce(&str) -> Result<T, FieldError>,
    ) -> Option<T> {
        let text = self.given(name, field)?;
        parse(&text).map_err(|error| self.add(name, error)).ok()
    }

    /// What becomes of a value that must be there.
    pub(crate) fn change<T>(
        &mut self,
        name: &str,
        field: Field<String>,
        parse: impl FnOnce(&str) -> Result<T, FieldError>,
    ) -> Change<T> {
        match field.change(|field| self.required(name, field, parse)) {
            Change::Set(Some(value)) => Change::Set(value),
            Change::Set(None) | Change::Keep => Change::Keep,
        }
    }

    /// A member that may be left out, `null` or empty: forms send what was not filled in as any of these.
    pub(crate) fn optional<T>(
        &mut self,
        name: &str,
        field: Field<String>,
        parse: impl FnOnce(&str) -> Result<T, FieldError>,
    ) -> Option<T> {
        match field {
            Field::Absent | Field::Null => None,
            Field::Given(text) if text.trim().is_empty() => None,
            field => self.required(name, field, parse),
        }
    }

    /// A `true` or `false` that may be left out.
    pub(crate) fn flag(&mut self, name: &str, field: Field<bool>) -> Option<bool> {
        if matches!(field, Field::Absent | Field::Null) { None } else { self.given(name, field) }
    }

    /// The good entries of a list that may be left out and has at most `max`; empty entries are passed over.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        field: Field<Vec<Field<String>>>,
        max: usize,
        parse: fn(&str) -> Result<T, FieldError>,
    ) -> Vec<T> {
        let entries = match field {
            Field::Absent | Field::Null => return Vec::new(),
            field => self.given(name, field).unwrap_or_default(),
        };
        // Not one error for each of a million entries.
        if entries.len() > max {
            self.add(name, FieldError::TooMany { max });
            return Vec::new();
        }
        let numbered = entries.into_iter().enumerate();
        numbered
            .filter_map(|(index, entry)| self.optional(&format!("{name}.{index}"), entry, parse))
            .collect()
    }

    /// Notes an error that only several members together show.
    pub(crate) fn add(&mut self, name: &str, error: FieldError) {
        let path = self.within.map_or_else(|| name.to_owned(), |object| format!("{object}.{name}"));
        self.errors.add(path, error);
    }

    fn given<T: JsonType>(&mut self, name: &str, field: Field<T>) -> Option<T> {
        match field {
            Field::Given(value) => Some(value),
            Field::Absent | Field::Null => {
                self.add(name, FieldError::Required);
                None
            }
            Field::WrongType => {
                self.add(name, FieldError::WrongType { expected: T::EXPECTED });
                None
            }
        }
    }

    /// `value`, if nothing was wrong.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<T, FieldErrors> {
        value.filter(|_| self.errors.is_empty()).ok_or(self.errors)
    }
}
