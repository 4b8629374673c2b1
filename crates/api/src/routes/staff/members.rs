//! Members of staff, for admins.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sihha_domain::FieldError;
use sihha_domain::account::{EmailAddress, Role};
use sihha_domain::ids::StaffId;
use sihha_domain::place::{Place, Wilaya};
use sihha_domain::staff::{
    CreatedStaff, NewStaff, Scope, SecondFactor, StaffDetails, StaffError, StaffMember, StaffPassword, StaffRef,
    StaffRole,
};
use sihha_domain::staff_name::StaffName;
use sihha_domain::use_cases::UseCases;
use utoipa::ToSchema;
use uuid::Uuid;

use super::applications::id_in_path;
use super::cursor::Cursor as _;
use super::decide::EmptyRequest;
use super::query::{APPLICANT_ROLES, Query, choice};
use crate::app::App;
use crate::bulkhead::AccountKey;
use crate::extract::{Field, FieldReader, Json, Staff, StaffPost};
use crate::openapi::choices::{RoleChoice, StaffRoleChoice, WilayaChoice};
use crate::openapi::{Description, examples, tag};
use crate::problem::{ApiError, ProblemCode};
use crate::timestamp::Timestamp;

/// Maximum numbers of wilayas and roles in a scope.
const MAX_WILAYAS: usize = 69;
const MAX_ROLES: usize = 3;

/// A member of staff.
#[derive(Serialize, ToSchema)]
pub(crate) struct MemberResponse {
    id: Uuid,
    email: String,
    name: String,
    /// The health directorate that the person works for.
    #[schema(required = true)]
    directorate: Option<String>,
    #[schema(value_type = StaffRoleChoice)]
    role: &'static str,
    /// Wilayas of the scope; the whole country if there are none.
    #[schema(value_type = Vec<WilayaChoice>)]
    wilayas: Vec<String>,
    /// Roles of applicants in the scope; all if there are none.
    #[schema(value_type = Vec<RoleChoice>)]
    applicant_roles: Vec<&'static str>,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
    /// Since when the member may not log in.
    #[schema(value_type = Option<DateTime<Utc>>, required = true)]
    disabled_at: Option<Timestamp>,
    #[schema(value_type = Option<DateTime<Utc>>, required = true)]
    last_login_at: Option<Timestamp>,
}

impl From<&StaffMember> for MemberResponse {
    fn from(member: &StaffMember) -> Self {
        Self {
            id: member.id.as_uuid(),
            email: member.email.as_str().to_owned(),
            name: member.name.as_str().to_owned(),
            directorate: member.directorate.as_ref().map(|name| name.as_str().to_owned()),
            role: member.role.as_str(),
            wilayas: member.scope.wilayas.iter().map(|wilaya| wilaya.as_str().to_owned()).collect(),
            applicant_roles: member.scope.applicant_roles.iter().map(|role| role.as_str()).collect(),
            created_at: Timestamp(member.created_at),
            disabled_at: member.disabled_at.map(Timestamp),
            last_login_at: member.last_login_at.map(Timestamp),
        }
    }
}

/// A page of members of staff.
#[derive(Serialize, ToSchema)]
pub(crate) struct MemberPage {
    items: Vec<MemberResponse>,
    /// Send it as `cursor` to get the next page; `null` on the last one.
    #[schema(required = true)]
    next: Option<String>,
}

/// A member of staff, with the second factor. It cannot be read again.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecondFactorResponse {
    #[serde(flatten)]
    member: MemberResponse,
    /// For the authenticator app, also as a QR code.
    otpauth_uri: String,
    /// Each logs in once without the app.
    recovery_codes: Vec<String>,
}

impl SecondFactorResponse {
    fn new(member: &StaffMember, second_factor: &SecondFactor) -> Self {
        let codes = second_factor.recovery_codes.iter().map(|code| code.expose().to_owned());
        Self {
            member: MemberResponse::from(member),
            otpauth_uri: second_factor.otpauth_uri.expose_secret().to_owned(),
            recovery_codes: codes.collect(),
        }
    }
}

fn example() -> Value {
    json!({
        "id": examples::ID, "email": "s.benali@dsp-oran.dz", "name": "Samira Benali", "directorate": "DSP d’Oran",
        "role": "reviewer", "wilayas": ["31"], "applicant_roles": [], "created_at": "2026-11-23T09:30:00.000Z",
        "disabled_at": null, "last_login_at": null,
    })
}

fn example_with_second_factor() -> Value {
    let mut example = example();
    example["otpauth_uri"] = json!("otpauth://totp/Sihha:s.benali%40dsp-oran.dz?secret=…&issuer=Sihha");
    example["recovery_codes"] = json!(["ABCD-…"]);
    example
}

/// Name, role and scope of a member of staff.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct MemberRequest {
    #[schema(value_type = Option<String>, max_length = 150)]
    name: Field<String>,
    #[schema(value_type = Option<String>, max_length = 150)]
    directorate: Field<String>,
    #[schema(value_type = Option<StaffRoleChoice>)]
    role: Field<String>,
    /// The whole country if there are none.
    #[schema(value_type = Option<Vec<WilayaChoice>>)]
    wilayas: Field<Vec<Field<String>>>,
    /// All roles if there are none.
    #[schema(value_type = Option<Vec<RoleChoice>>)]
    applicant_roles: Field<Vec<Field<String>>>,
}

/// A new member of staff.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct NewMemberRequest {
    #[schema(value_type = String, required = true, max_length = 254)]
    email: Field<String>,
    #[schema(value_type = String, required = true, min_length = 12, max_length = 128)]
    password: Field<String>,
    #[serde(flatten)]
    details: MemberRequest,
}

/// A new password.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct MemberPasswordRequest {
    #[schema(value_type = String, required = true, min_length = 12, max_length = 128)]
    password: Field<String>,
}

impl MemberRequest {
    /// Reads the details. A member that is missing has its value in `stored`, if there is one.
    fn read(self, reader: &mut FieldReader, stored: Option<StaffDetails>) -> Option<StaffDetails> {
        let is_given = |field: &Field<String>| !matches!(field, Field::Absent);
        let (gives_name, gives_role) = (is_given(&self.name), is_given(&self.role));
        let (gives_directorate, gives_wilayas) =
            (is_given(&self.directorate), !matches!(self.wilayas, Field::Absent));
        let gives_roles = !matches!(self.applicant_roles, Field::Absent);
        let name = match &stored {
            Some(stored) if !gives_name => Some(stored.name.clone()),
            _ => reader.required("name", self.name, StaffName::parse),
        };
        let role = match &stored {
            Some(stored) if !gives_role => Some(stored.role),
            _ => reader.required("role", self.role, |text| choice(StaffRole::parse(text), StaffRole::NAMES)),
        };
        let directorate = reader.optional("directorate", self.directorate, StaffName::parse);
        let applicant_role = |text: &str| -> Result<Role, FieldError> {
            choice(Role::parse(text).filter(|role| role.needs_approval()), &APPLICANT_ROLES)
        };
        let wilayas = reader.list("wilayas", self.wilayas, MAX_WILAYAS, Wilaya::parse);
        let applicant_roles = reader.list("applicant_roles", self.applicant_roles, MAX_ROLES, applicant_role);
        let mut details =
            StaffDetails { name: name?, directorate, role: role?, scope: Scope { wilayas, applicant_roles } };
        if let Some(stored) = stored {
            if !gives_directorate {
                details.directorate = stored.directorate;
            }
            if !gives_wilayas {
                details.scope.wilayas = stored.scope.wilayas;
            }
            if !gives_roles {
                details.scope.applicant_roles = stored.scope.applicant_roles;
            }
        }
        Some(details)
    }
}

impl From<StaffError> for ApiError {
    fn from(error: StaffError) -> Self {
        match error {
            StaffError::UnknownMember => Self::UnknownMember,
            StaffError::EmailTaken => Self::Taken("email".to_owned()),
            StaffError::LastAdmin => Self::LastAdmin,
            StaffError::SecretBox(error) => Self::Internal(error.to_string()),
            StaffError::Hash(error) => Self::Internal(error.to_string()),
            StaffError::Store(error) => error.into(),
        }
    }
}
