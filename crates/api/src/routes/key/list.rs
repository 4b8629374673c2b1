use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::json;
use sihha_domain::key::PublicKey;
use utoipa::ToSchema;

use crate::app::App;
use crate::cacheable::cacheable_json;
use crate::openapi::{Description, tag};

/// A public key, as a JSON Web Key (RFC 7517).
#[derive(Serialize, ToSchema)]
pub(crate) struct Jwk {
    /// Key type: `OKP` (RFC 8037) or `EC`.
    kty: &'static str,
    /// The curve: `Ed25519` or `P-256`.
    crv: &'static str,
    x: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    y: Option<String>,
    /// Id of the key, in the header of each token that it signed: its thumbprint (RFC 7638).
    kid: String,
    /// The only algorithm to use the key with: `EdDSA` or `ES256`.
    alg: &'static str,
    /// Always `sig`.
    r#use: &'static str,
}

/// A set of public keys.
#[derive(Serialize, ToSchema)]
pub(crate) struct JwkSet {
    keys: Vec<Jwk>,
}

pub(crate) fn describe() -> Description {
    let example = json!({ "keys": [{
        "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "alg": "EdDSA", "use": "sig",
    }] });
    let summary = "Lists the public keys with which other services verify tokens (JWK Set, RFC 7517).";
    Description::new("list_public_keys", tag::TOKENS, summary)
        .details(
            "The list is empty while tokens are signed with a shared secret. Select the key by the token's `kid`, and accept \
             no algorithm except the key's `alg`.",
        )
        .response::<JwkSet>(
            StatusCode::OK,
            "Current, upcoming and retired keys that still have unexpired tokens",
            example,
        )
}

pub(crate) async fn list(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let keys = app.use_cases.list_public_keys.run().into_iter().map(jwk).collect();
    cacheable_json(&request, &JwkSet { keys })
}

fn jwk(key: PublicKey) -> Jwk {
    let PublicKey { id, algorithm, kind, curve, x, y } = key;
    Jwk { kty: kind, crv: curve, x, y, kid: id, alg: algorithm, r#use: "sig" }
}
