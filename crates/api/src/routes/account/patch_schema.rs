//! Schema of a patch, made from the requests of all roles.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::account_request::{DoctorRequest, HospitalRequest, LaboRequest, PatientRequest};
use super::patch::READ_ONLY;

/// Type whose schema has the members of all roles' requests, each optional.
pub(crate) struct AccountPatchRequest;

impl ToSchema for AccountPatchRequest {}

impl PartialSchema for AccountPatchRequest {
    fn schema() -> RefOr<Schema> {
        let mut patch = Object::new();
        patch.description =
            Some("Changes to an account: the members of its role, all of them optional.".to_owned());
        // Organisations first: they may clear members of a profile that a person cannot.
        add_request::<HospitalRequest>(&mut patch);
        add_request::<LaboRequest>(&mut patch);
        add_request::<PatientRequest>(&mut patch);
        add_request::<DoctorRequest>(&mut patch);
        patch.into()
    }
}

fn add_request<R: ToSchema>(patch: &mut Object) {
    let mut referenced = Vec::new();
    R::schemas(&mut referenced);
    add_members(patch, &R::schema(), &referenced);
}

/// Adds the members of `schema` that `object` does not have yet.
fn add_members(object: &mut Object, schema: &RefOr<Schema>, referenced: &[(String, RefOr<Schema>)]) {
    match schema {
        RefOr::Ref(reference) => {
            let target =
                referenced.iter().find(|(name, _)| reference.ref_location.ends_with(&format!("/{name}")));
            if let Some((_, schema)) = target {
                add_members(object, schema, referenced);
            }
        }
        RefOr::T(Schema::AllOf(parts)) => {
            parts.items.iter().for_each(|part| add_members(object, part, referenced));
        }
        RefOr::T(Schema::Object(part)) => {
            for (name, member) in &part.properties {
                if name == "profile" {
                    let profile =
                        object.properties.entry(name.clone()).or_insert_with(|| Object::new().into());
                    if let RefOr::T(Schema::Object(profile)) = profile {
                        add_members(profile, member, referenced);
                    }
                } else if !READ_ONLY.contains(&name.as_str()) {
                    object.properties.entry(name.clone()).or_insert_with(|| member.clone());
                }
            }
        }
        RefOr::T(_) => {}
    }
}
