//! Reads the members of an account.

use chrono::NaiveDate;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sihha_domain::language::Language;
use sihha_domain::{FieldError, FieldErrors};

use crate::extract::{Field, FieldReader, Object};

/// Reads an account from its members, and collects the errors.
///
/// At registration every member is new. After a patch, a member that still has its stored value is
/// read by `on_record` and causes no error, because the rules may have become stricter since it was
/// stored.
///
/// Each method returns `None` if there is no valid value. [`Self::finish`] then returns the errors.
pub(crate) struct AccountReader<'a> {
    /// Today's date in Algeria.
    pub(super) today: NaiveDate,
    /// The language of an account that names none.
    pub(super) language: Language,
    fields: FieldReader,
    patched: Option<Patched<'a>>,
    /// Object whose members are being read.
    within: Option<&'static str>,
    /// Paths of the members that were read.
    read: Vec<String>,
}

/// An account's document before and after a patch.
struct Patched<'a> {
    /// With the changes that wait for a decision, and without them.
    stored: [&'a Value; 2],
    merged: &'a Value,
}

impl Patched<'_> {
    /// Returns whether `value` is a stored value of the member at `path`. An absent value is `null`.
    fn has(&self, path: &str, value: Option<&Value>) -> bool {
        let value = value.unwrap_or(&Value::Null);
        self.stored.iter().any(|stored| member(stored, path).unwrap_or(&Value::Null) == value)
    }
}

impl<'a> AccountReader<'a> {
    /// Returns a reader for a new account.
    pub(super) fn new(today: NaiveDate, language: Language) -> Self {
        Self { today, language, fields: FieldReader::new(), patched: None, within: None, read: Vec::new() }
    }

    /// Returns a reader for an account whose document is `merged` with the patch. Each document in
    /// `stored` has stored values.
    pub(super) fn patched(stored: [&'a Value; 2], merged: &'a Value, today: NaiveDate) -> Self {
        Self { patched: Some(Patched { stored, merged }), ..Self::new(today, Language::OF_ACCOUNTS) }
    }

    /// Reads the members of an object. A new account without the object gets an error for each of
    /// its required members.
    pub(super) fn object<T: DeserializeOwned + Default, U>(
        &mut self,
        name: &'static str,
        field: Field<Object<T>>,
        read: impl FnOnce(T, &mut Self) -> Option<U>,
    ) -> Option<U> {
        let object = match field {
            Field::Absent | Field::Null if self.patched.is_none() => T::default(),
            field => self.fields.given(name, field)?.0,
        };
        self.within = Some(name);
        let value = read(object, self);
        self.within = None;
        value
    }

    /// Reads a member that must be given.
    pub(super) fn required<T>(
        &mut self,
        name: &str,
        field: Field<String>,
        parse: impl FnOnce(&str) -> Result<T, FieldError>,
        on_record: impl FnOnce(String) -> T,
    ) -> Option<T> {
        self.member(name, field, on_record, |fields, path, field| fields.required(path, field, parse))
    }

    /// Reads a member that may be missing, `null` or empty.
    pub(super) fn optional<T>(
        &mut self,
        name: &str,
        field: Field<String>,
        parse: impl FnOnce(&str) -> Result<T, FieldError>,
        on_record: impl FnOnce(String) -> T,
    ) -> Option<T> {
        self.member(name, field, on_record, |fields, path, field| fields.optional(path, field, parse))
    }

    /// Reads a member that must be given at registration, and that a patch cannot change.
    pub(super) fn immutable<T>(
        &mut self,
        name: &str,
        field: Field<String>,
        parse: impl FnOnce(&str) -> Result<T, FieldError>,
        on_record: impl FnOnce(String) -> T,
    ) -> Option<T> {
        let is_new = self.patched.is_none();
        self.member(name, field, on_record, |fields, path, field| {
            if is_new {
                return fields.required(path, field, parse);
            }
            fields.add(path, FieldError::ReadOnly);
            None
        })
    }

    /// Reads a `true` or `false` that may be missing.
    pub(super) fn flag(&mut self, name: &str, field: Field<bool>) -> Option<bool> {
        self.member(name, field, |flag| flag, FieldReader::flag)
    }

    /// Reads a member: by `on_record` if it has its stored value, else by `parse`, which is given
    /// its path.
    pub(super) fn member<F, T>(
        &mut self,
        name: &str,
        field: Field<F>,
        on_record: impl FnOnce(F) -> T,
        parse: impl FnOnce(&mut FieldReader, &str, Field<F>) -> Option<T>,
    ) -> Option<T> {
        let path = self.within.map_or_else(|| name.to_owned(), |object| format!("{object}.{name}"));
        let is_stored = self.has_stored_value(&path);
        let value =
            if is_stored { field.given().map(on_record) } else { parse(&mut self.fields, &path, field) };
        self.read.push(path);
        value
    }

    /// Returns whether the member at `path` of a patched account still has its stored value.
    pub(super) fn has_stored_value(&self, path: &str) -> bool {
        self.patched.as_ref().is_some_and(|patched| patched.has(path, member(patched.merged, path)))
    }

    /// Adds the error of a member.
    pub(super) fn add(&mut self, path: &str, error: FieldError) {
        self.fields.add(path, error);
    }

    /// Refuses a member of a patch, unless it has the stored value. Does nothing if that member was
    /// read: it can be changed, or was refused by [`Self::immutable`].
    pub(super) fn reject_unread(&mut self, path: &str, body: &Value) {
        let sent = member(body, path);
        let is_stored = self.patched.as_ref().is_some_and(|patched| patched.has(path, sent));
        if sent.is_some() && !is_stored && !self.read.iter().any(|read| read == path) {
            self.fields.add(path, FieldError::ReadOnly);
        }
    }

    /// Returns `value`, if there were no errors.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, FieldErrors> {
        self.fields.finish(value)
    }
}

/// Returns the member at `path`, such as `profile.email`.
fn member<'v>(document: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(document, |value, name| value.get(name))
}
