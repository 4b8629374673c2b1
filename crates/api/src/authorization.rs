//! Who may call which operation: each row of [`crate::routes`] names its [`Access`], and the
//! extractors of callers enforce it.

use actix_web::HttpRequest;
use actix_web::http::Method;
use utoipa::openapi::security::SecurityRequirement;

/// Callers that an operation is for. Services will be a variant, with an extractor and a security
/// scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Any caller: the operation reads no access token.
    Anyone,
    /// Any caller, also web pages of every origin (CORS): the response is the same for all.
    Public,
    /// Account holders, by an access token; also while their account awaits approval.
    Account,
    /// Members of staff, by an access token of theirs.
    Staff,
    /// Members of staff who administer accounts and staff.
    Admin,
    /// Account holders, and applicants who may not log in, by an access token whose scope is their
    /// application.
    Applicant,
}

impl Access {
    /// Returns the access that the row of the matched operation declares, or `None` if the
    /// operation has no row.
    pub(crate) fn of(request: &HttpRequest) -> Option<Self> {
        let PathAccess(rows) = request.app_data::<&'static PathAccess>()?;
        let row = rows.iter().find(|(method, _)| method.as_ref().is_none_or(|own| own == request.method()));
        row.map(|(_, access)| *access)
    }

    /// Returns whether an operation of the matched path is public.
    pub(crate) fn is_public_path(request: &HttpRequest) -> bool {
        let rows = request.app_data::<&'static PathAccess>();
        rows.is_some_and(|PathAccess(rows)| rows.iter().any(|(_, access)| *access == Self::Public))
    }

    /// Returns whether an operation reads an access token.
    pub(crate) fn needs_token(self) -> bool {
        !matches!(self, Self::Anyone | Self::Public)
    }

    /// Returns whether account holders may call the operation.
    pub(crate) const fn is_for_account_holders(self) -> bool {
        matches!(self, Self::Account | Self::Applicant)
    }

    /// Returns the security requirements in the OpenAPI document. If a token is not needed, the
    /// list is empty. It must not contain an empty requirement, which client generators treat as a
    /// token.
    pub(crate) fn security(self) -> Vec<SecurityRequirement> {
        match self {
            Self::Anyone | Self::Public => Vec::new(),
            Self::Account => vec![SecurityRequirement::new("access", [""; 0])],
            Self::Staff => vec![SecurityRequirement::new("staff", [""; 0])],
            Self::Admin => vec![SecurityRequirement::new("staff", ["admin"])],
            Self::Applicant => {
                ["access", "application"].map(|name| SecurityRequirement::new(name, [""; 0])).into()
            }
        }
    }

    /// Describes the callers in the OpenAPI document.
    pub(crate) const fn permissions(self) -> &'static str {
        match self {
            Self::Anyone | Self::Public => "**Permissions**: anyone.",
            Self::Account => {
                "**Permissions**: account holders, by an access token of an active session; also while the account awaits \
                 approval."
            }
            Self::Staff => {
                "**Permissions**: staff; a reviewer sees only applications in the reviewer's scope."
            }
            Self::Admin => "**Permissions**: staff with the role `admin`.",
            Self::Applicant => {
                "**Permissions**: account holders, by an access token of an active session; also while the account awaits \
                 approval. Applicants who may not log in, by the token of `POST /api/application/status`."
            }
        }
    }
}

/// Access to the operations of one path, by method. `None` is every method.
#[derive(Default)]
pub(crate) struct PathAccess(pub(crate) Vec<(Option<Method>, Access)>);
