//! Makes one object schema of each composed one: client generators merge compositions wrongly, or
//! not at all.

use utoipa::openapi::schema::{Components, Object, Schema};
use utoipa::openapi::{OpenApi, RefOr};

/// Replaces each composition of objects by one object.
///
/// Of `allOf`, the object requires what any part requires. Of `oneOf` and `anyOf`, it requires what
/// all parts require.
pub(crate) fn flatten(components: &mut Components) {
    let flat: Vec<_> = components
        .schemas
        .iter()
        .filter_map(|(name, schema)| Some((name.clone(), RefOr::from(object(schema, components)?))))
        .collect();
    components.schemas.extend(flat);
}

fn object(schema: &RefOr<Schema>, components: &Components) -> Option<Object> {
    let (parts, description, is_sum) = match schema {
        RefOr::Ref(reference) => {
            let (_, name) = reference.ref_location.rsplit_once('/')?;
            return object(components.schemas.get(name)?, components);
        }
        RefOr::T(Schema::Object(object)) if object.enum_values.is_none() => return Some(object.clone()),
        RefOr::T(Schema::AllOf(all)) => (&all.items, &all.description, true),
        RefOr::T(Schema::OneOf(one)) => (&one.items, &one.description, false),
        RefOr::T(Schema::AnyOf(any)) => (&any.items, &any.description, false),
        RefOr::T(_) => return None,
    };
    let parts: Option<Vec<_>> = parts.iter().map(|part| object(part, components)).collect();
    let parts = parts?;
    let mut merged = parts.first()?.clone();
    merged.description.clone_from(description);
    for part in &parts[1..] {
        if is_sum {
            merged.required.extend(part.required.iter().cloned());
        } else {
            merged.required.retain(|name| part.required.contains(name));
        }
        for (name, property) in &part.properties {
            merged.properties.entry(name.clone()).or_insert_with(|| property.clone());
        }
    }
    Some(merged)
}

/// Removes the schemas to which nothing refers.
pub(crate) fn prune(document: &mut OpenApi) {
    loop {
        let text = document.to_json().unwrap_or_default();
        let Some(components) = &mut document.components else { return };
        let before = components.schemas.len();
        components.schemas.retain(|name, _| text.contains(&format!("\"#/components/schemas/{name}\"")));
        if components.schemas.len() == before {
            return;
        }
    }
}
