//! Reads the members of a JSON object leniently, so that all errors are reported in one response.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use sihha_domain::field::ValueType;
use sihha_domain::text::is_not_given;
use sihha_domain::{FieldError, FieldErrors};

/// JSON type of a member.
pub(crate) trait JsonType: DeserializeOwned {
    /// The type.
    const EXPECTED: ValueType;
    /// Tells whether a value is of the type.
    const FITS: fn(&Value) -> bool;

    /// Returns a value that is of the type.
    fn read(value: Value) -> Option<Self> {
        serde_json::from_value(value).ok()
    }
}

impl JsonType for String {
    const EXPECTED: ValueType = ValueType::String;
    const FITS: fn(&Value) -> bool = Value::is_string;
}

impl JsonType for bool {
    const EXPECTED: ValueType = ValueType::Boolean;
    const FITS: fn(&Value) -> bool = Value::is_boolean;
}

impl JsonType for i64 {
    const EXPECTED: ValueType = ValueType::Integer;
    // A whole number may be written with a point: 10.0.
    const FITS: fn(&Value) -> bool = |value| value.as_f64().is_some_and(|number| number.fract() == 0.0);

    fn read(value: Value) -> Option<Self> {
        value.as_i64().or_else(|| format!("{:.0}", value.as_f64()?).parse().ok())
    }
}

impl<T: JsonType> JsonType for Vec<Field<T>> {
    const EXPECTED: ValueType = ValueType::Array;
    const FITS: fn(&Value) -> bool = Value::is_array;
}

/// A member that is an object.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Object<T>(pub(crate) T);

impl<T: DeserializeOwned> JsonType for Object<T> {
    const EXPECTED: ValueType = ValueType::Object;
    // serde also accepts a list for a struct.
    const FITS: fn(&Value) -> bool = Value::is_object;
}

/// A member of a request.
#[derive(Debug, Default)]
pub(crate) enum Field<T> {
    /// It is missing.
    #[default]
    Absent,
    /// It is `null`, or an empty text where another type is wanted.
    Null,
    /// It has a value of another type.
    WrongType,
    /// It has a value of the right type. The field's rule has not been checked yet.
    Given(T),
}

impl<'de, T: JsonType> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The body has been parsed into a `Value`, so this fails only if the member is missing.
        let Ok(value) = Value::deserialize(deserializer) else { return Ok(Self::Absent) };
        let is_not_given = |text: &str| !(T::FITS)(&value) && is_not_given(text);
        if value.is_null() || value.as_str().is_some_and(is_not_given) {
            return Ok(Self::Null);
        }
        let value = if (T::FITS)(&value) { T::read(value) } else { None };
        Ok(value.map_or(Self::WrongType, Self::Given))
    }
}

impl<T> Field<T> {
    /// Returns the value, if there is one of the right type.
    pub(crate) fn given(self) -> Option<T> {
        if let Self::Given(value) = self { Some(value) } else { None }
    }
}

/// Reads members into values that obey their rules, and collects the errors.
///
/// Each method returns `None` where there is no valid value. [`Self::finish`] then returns the
/// reasons.
#[derive(Default)]
pub(crate) struct FieldReader(FieldErrors);

impl FieldReader {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Reads a member that must be given.
    pub(crate) fn required<T>(
        &mut self,
        path: &str,
        field: Field<String>,
        parse: impl FnOnce(&str) -> Result<T, FieldError>,
    ) -> Option<T> {
        let text = self.given(path, field)?;
        parse(&text).map_err(|error| self.add(path, error)).ok()
    }

    /// Reads a member that may be missing, `null`, empty or a dash. Front ends send a form's empty
    /// input as any of these.
    pub(crate) fn optional<T>(
        &mut self,
        path: &str,
        field: Field<String>,
        parse: impl FnOnce(&str) -> Result<T, FieldError>,
    ) -> Option<T> {
        match field {
            Field::Absent | Field::Null => None,
            Field::Given(text) if is_not_given(&text) => None,
            field => self.required(path, field, parse),
        }
    }

    /// Reads a `true` or `false` that may be missing.
    pub(crate) fn flag(&mut self, path: &str, field: Field<bool>) -> Option<bool> {
        if matches!(field, Field::Absent | Field::Null) { None } else { self.given(path, field) }
    }

    /// Reads a whole number from 0 to `max`, which may be missing.
    pub(crate) fn number(&mut self, path: &str, field: Field<i64>, max: u32) -> Option<u32> {
        let number = match field {
            Field::Absent | Field::Null => return None,
            field => self.given(path, field)?,
        };
        let number = u32::try_from(number).ok().filter(|number| *number <= max);
        if number.is_none() {
            self.add(path, FieldError::OutOfRange { min: 0, max });
        }
        number
    }

    /// Reads a list that may be missing and has at most `max` entries. Returns the valid entries,
    /// without the empty ones.
    pub(crate) fn list<T>(
        &mut self,
        path: &str,
        field: Field<Vec<Field<String>>>,
        max: usize,
        parse: fn(&str) -> Result<T, FieldError>,
    ) -> Vec<T> {
        let entries = self.entries(path, field, max);
        entries.into_iter().filter_map(|(path, entry)| self.optional(&path, entry, parse)).collect()
    }

    /// Does the same for a list without empty entries, where an entry that is left out would change the
    /// meaning: no wilayas are all wilayas.
    pub(crate) fn full_list<T>(
        &mut self,
        path: &str,
        field: Field<Vec<Field<String>>>,
        max: usize,
        parse: fn(&str) -> Result<T, FieldError>,
    ) -> Vec<T> {
        let entries = self.entries(path, field, max);
        entries.into_iter().filter_map(|(path, entry)| self.required(&path, entry, parse)).collect()
    }

    /// Returns the entries of a list that may be missing and has at most `max` entries, with their
    /// paths.
    pub(crate) fn entries<T>(
        &mut self,
        path: &str,
        field: Field<Vec<Field<T>>>,
        max: usize,
    ) -> Vec<(String, Field<T>)>
    where
        Vec<Field<T>>: JsonType,
    {
        let entries = match field {
            Field::Absent | Field::Null => return Vec::new(),
            field => self.given(path, field).unwrap_or_default(),
        };
        // Not one error for each of a million entries.
        if entries.len() > max {
            self.add(path, FieldError::TooMany { max });
            return Vec::new();
        }
        let numbered = entries.into_iter().enumerate();
        numbered.map(|(index, entry)| (format!("{path}.{index}"), entry)).collect()
    }

    /// Returns the value of a member that must be given, whatever its rule.
    pub(crate) fn given<T: JsonType>(&mut self, path: &str, field: Field<T>) -> Option<T> {
        match field {
            Field::Given(value) => return Some(value),
            Field::Absent | Field::Null => self.add(path, FieldError::Required),
            Field::WrongType => self.add(path, FieldError::WrongType { expected: T::EXPECTED }),
        }
        None
    }

    /// Adds an error.
    pub(crate) fn add(&mut self, path: &str, error: FieldError) {
        self.0.add(path, error);
    }

    /// Returns `value`, if there were no errors.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<T, FieldErrors> {
        value.filter(|_| self.0.is_empty()).ok_or(self.0)
    }
}
