use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpResponse, web};
use serde::Serialize;
use sihha_domain::key::PublicKey;
use utoipa::ToSchema;

use crate::app::App;

/// How long others may keep the answer. A new key signs later than that.
const CACHEABLE: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// A public key, as a JSON Web Key (RFC 7517).
#[derive(Serialize, ToSchema)]
pub(crate) struct Jwk {
    /// The kind of key: `OKP` (RFC 8037) or `EC`.
    kty: &'static str,
    /// The curve: `Ed25519` or `P-256`.
    crv: &'static str,
    x: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    y: Option<String>,
    /// Names the key, in the header of each token that it signed: its thumbprint (RFC 7638).
    kid: String,
    /// The one algorithm to use it with: `EdDSA` or `ES256`.
    alg: &'static str,
    /// Always `sig`.
    r#use: &'static str,
}

/// A set of public keys.
#[derive(Serialize, ToSchema)]
pub(crate) struct JwkSet {
    keys: Vec<Jwk>,
}

/// The public keys by which other services verify tokens (JWK Set, RFC 7517).
///
/// Empty while tokens are signed with a shared secret. Look a token's `kid` up here, and use no algorithm but the key's `alg`.
///
/// **Permissions**: anyone.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    operation_id = "list_public_keys",
    tag = "Tokens",
    responses(
        (status = 200, description = "Those that sign, will soon, or did and have tokens that are still good", body = JwkSet,
            example = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
                "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "alg": "EdDSA", "use": "sig"}]})),
    ),
    security(())
)]
pub(crate) async fn list(app: web::Data<App>) -> HttpResponse {
    let keys = app.use_cases.list_public_keys.run().into_iter().map(jwk).collect();
    HttpResponse::Ok().insert_header((CACHE_CONTROL, CACHEABLE)).json(JwkSet { keys })
}

fn jwk(key: PublicKey) -> Jwk {
    let PublicKey { id, algorithm, kind, curve, x, y } = key;
    Jwk { kty: kind, crv: curve, x, y, kid: id, alg: algorithm, r#use: "sig" }
}
