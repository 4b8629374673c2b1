//! The claims of a token in its JSON form.

use chrono::DateTime;
use serde::{Deserialize, Serialize};
use sihha_domain::account::Role;
use sihha_domain::ids::{ProfileId, SessionId, TokenId};
use sihha_domain::session::{AccessClaims, Claims, RefreshClaims, TokenClaims, TokenScope};
use uuid::Uuid;

/// The audience of a token, `aud` (RFC 7519 §4.1.3).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    /// Creates the claim. A single name is not written as an array.
    pub(super) fn of(names: &[String]) -> Option<Self> {
        match names {
            [] => None,
            [name] => Some(Self::One(name.clone())),
            names => Some(Self::Several(names.to_vec())),
        }
    }

    pub(super) fn has_one_of(&self, names: &[String]) -> bool {
        match self {
            Self::One(name) => names.contains(name),
            Self::Several(several) => several.iter().any(|name| names.contains(name)),
        }
    }
}

/// The claims in the form that the contract defines.
#[expect(clippy::struct_excessive_bools, reason = "the contract has a flag for each role")]
#[derive(Serialize, Deserialize)]
pub(super) struct WireClaims {
    token_type: String,
    exp: i64,
    iat: i64,
    jti: String,
    /// The account again, where consumers expect it (RFC 7519 §4.1.2).
    #[serde(skip_deserializing)]
    sub: Uuid,
    user_id: Uuid,
    sid: Uuid,
    role: String,
    is_approved: bool,
    /// Tokens of earlier releases have none.
    #[serde(default)]
    email_verified: bool,
    /// Absent from tokens that open everything of the account, as from those of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    pub(super) iss: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) aud: Option<Audience>,
    /// Required of access tokens by RFC 9068. The service is the only client.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    /// `refresh` for a refresh token: `flask-jwt-extended` does not read `token_type`.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    r#type: Option<&'static str>,
    /// Checked if present. This service never writes it.
    #[serde(default, skip_serializing)]
    pub(super) nbf: Option<i64>,
    #[serde(rename = "isPatient", default, skip_serializing_if = "is_false")]
    is_patient: bool,
    #[serde(rename = "isDoctor", default, skip_serializing_if = "is_false")]
    is_doctor: bool,
    #[serde(rename = "isHospital", default, skip_serializing_if = "is_false")]
    is_hospital: bool,
    #[serde(rename = "isLabo", default, skip_serializing_if = "is_false")]
    is_labo: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl WireClaims {
    pub(super) fn new(
        claims: &Claims,
        issuer: &str,
        audience: Option<Audience>,
        client_id: Option<String>,
    ) -> Self {
        let TokenClaims {
            id,
            profile_id,
            session,
            role,
            is_approved,
            is_email_verified,
            scope,
            issued_at,
            expires_at,
        } = claims.common();
        Self {
            token_type: claims.token_type().to_owned(),
            exp: expires_at.timestamp(),
            iat: issued_at.timestamp(),
            jti: id.to_string(),
            sub: profile_id.as_uuid(),
            user_id: profile_id.as_uuid(),
            sid: session.as_uuid(),
            role: role.as_str().to_owned(),
            is_approved: *is_approved,
            email_verified: *is_email_verified,
            scope: scope.map(|scope| scope.as_str().to_owned()),
            iss: issuer.to_owned(),
            aud: audience,
            client_id,
            r#type: matches!(claims, Claims::Refresh(_)).then_some("refresh"),
            nbf: None,
            is_patient: *role == Role::Patient,
            is_doctor: *role == Role::Doctor,
            is_hospital: *role == Role::Hospital,
            is_labo: *role == Role::Labo,
        }
    }

    pub(super) fn claims(&self) -> Option<Claims> {
        let role = Role::parse(&self.role)?;
        let flags = [
            (Role::Patient, self.is_patient),
            (Role::Doctor, self.is_doctor),
            (Role::Hospital, self.is_hospital),
            (Role::Labo, self.is_labo),
        ];
        if flags.iter().any(|(flagged, set)| *set != (*flagged == role)) {
            return None;
        }
        // A token with a scope that this release does not know opens nothing.
        let scope = match &self.scope {
            Some(name) => Some(TokenScope::parse(name)?),
            None => None,
        };
        let common = TokenClaims {
            id: TokenId::parse(&self.jti)?,
            profile_id: ProfileId::from_uuid(self.user_id),
            session: SessionId::from_uuid(self.sid),
            role,
            is_approved: self.is_approved,
            is_email_verified: self.email_verified,
            scope,
            issued_at: DateTime::from_timestamp(self.iat, 0)?,
            expires_at: DateTime::from_timestamp(self.exp, 0)?,
        };
        let kinds = [Claims::Access(AccessClaims(common.clone())), Claims::Refresh(RefreshClaims(common))];
        kinds.into_iter().find(|claims| claims.token_type() == self.token_type)
    }
}
