//! Places in requests.

use serde::Deserialize;
use serde_json::Value;
use sihha_domain::place::{Commune, Place, Wilaya};
use sihha_domain::text::is_not_given;
use utoipa::ToSchema;

use super::reader::AccountReader;
use crate::extract::Field;
use crate::openapi::choices::WilayaChoice;

/// Members that say where an account is.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(super) struct PlaceRequest {
    /// Code of the wilaya, as in `GET /api/reference/wilayas`.
    #[schema(value_type = Option<WilayaChoice>)]
    wilaya: Field<String>,
    /// Code of the commune, as in `GET /api/reference/communes`. Implies its wilaya.
    #[schema(value_type = Option<String>)]
    commune: Field<String>,
}

impl PlaceRequest {
    /// Returns the place, or `None` if there is none or `reader` has an error.
    pub(super) fn read(self, reader: &mut AccountReader<'_>) -> Option<Place> {
        let [is_stored_wilaya, is_stored_commune] =
            ["wilaya", "commune"].map(|name| reader.has_stored_value(name));
        let wilaya = reader.optional("wilaya", self.wilaya, Wilaya::parse, Wilaya::on_record);
        let commune = reader.optional("commune", self.commune, Commune::parse, Commune::on_record);
        if is_stored_wilaya && is_stored_commune {
            return wilaya.map(|wilaya| Place::on_record(wilaya, commune));
        }
        let path = if is_stored_commune { "wilaya" } else { "commune" };
        Place::new(wilaya, commune).unwrap_or_else(|error| {
            reader.add(path, error);
            None
        })
    }
}

/// Completes a patch that names only one of `wilaya` and `commune`, in the document that it was
/// `merged` into: another commune brings its wilaya, and without a wilaya there is no commune.
pub(super) fn complete(patch: &Value, stored: &Value, merged: &mut Value) {
    let is_given = |value: &Value| !value.is_null() && !value.as_str().is_some_and(is_not_given);
    match (patch.get("wilaya"), patch.get("commune")) {
        (None, Some(commune)) if is_given(commune) && *commune != stored["commune"] => {
            merged["wilaya"] = Value::Null;
        }
        (Some(wilaya), None) if !is_given(wilaya) => merged["commune"] = Value::Null,
        _ => {}
    }
}
