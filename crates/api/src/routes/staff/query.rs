//! Parameters of lists.

use std::borrow::Cow;

use actix_web::web;
use sihha_domain::account::Role;
use sihha_domain::approval::{ApprovalState, QueueFilter};
use sihha_domain::field::{Format, ValueType};
use sihha_domain::place::Wilaya;
use sihha_domain::search::{AccountState, SearchQuery};
use sihha_domain::{FieldError, FieldErrors};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use super::cursor::Cursor;
use crate::openapi::choices::{Choice, Choices};
use crate::problem::ApiError;

/// Entries of a page, if the client asks for no other number, and at most.
const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 100;

/// Roles that need an approval.
pub(super) const APPLICANT_ROLES: [&str; 3] = [Role::NAMES[1], Role::NAMES[2], Role::NAMES[3]];

/// Members of staff whose applications a client may ask for.
const ASSIGNEES: [&str; 1] = ["me"];

/// Marks the schema of [`APPLICANT_ROLES`].
pub(crate) enum ApplicantRole {}

/// Marks the schema of [`ASSIGNEES`].
pub(crate) enum Assignee {}

pub(super) type ApplicantRoleChoice = Choice<ApplicantRole>;
pub(super) type AssigneeChoice = Choice<Assignee>;

impl Choices for ApplicantRole {
    const NAME: &'static str = "ApplicantRole";
    const DESCRIPTION: &'static str = "Role of an account that needs an approval.";
    fn values() -> Vec<&'static str> {
        APPLICANT_ROLES.to_vec()
    }
}

impl Choices for Assignee {
    const NAME: &'static str = "Assignee";
    const DESCRIPTION: &'static str = "Who has claimed an application: the caller.";
    fn values() -> Vec<&'static str> {
        ASSIGNEES.to_vec()
    }
}

/// Number of entries of a page.
pub(super) struct Limit;

impl PartialSchema for Limit {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::Int64);
        let schema = ObjectBuilder::new().schema_type(Type::Integer).format(Some(format));
        schema.minimum(Some(1)).description(Some("Number of entries of a page.")).into()
    }
}

impl ToSchema for Limit {
    fn name() -> Cow<'static, str> {
        "Limit".into()
    }
}

/// The parameters of a query, and the errors found in them.
pub(super) struct Query {
    parameters: Vec<(String, String)>,
    errors: FieldErrors,
}

impl Query {
    pub(super) fn of(query: &str) -> Result<Self, ApiError> {
        let parameters =
            web::Query::<Vec<(String, String)>>::from_query(query).map_err(|_| ApiError::UNREADABLE)?;
        Ok(Self { parameters: parameters.into_inner(), errors: FieldErrors::default() })
    }

    /// Returns the value of a parameter; `None` if it is missing or empty. Of several, the first.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let mut values = self.parameters.iter().filter(|(own, _)| own == name).map(|(_, value)| value.trim());
        values.next().filter(|value| !value.is_empty()).map(str::to_owned)
    }

    /// Returns the values of a parameter that is a list with commas, or is repeated.
    fn list<T>(&mut self, name: &str, parse: impl Fn(&str) -> Result<T, FieldError>) -> Vec<T> {
        let values = self.parameters.iter().filter(|(own, _)| own == name);
        let values: Vec<_> = values.flat_map(|(_, value)| value.split(',')).map(str::trim).collect();
        let parsed: Vec<_> = values.into_iter().filter(|value| !value.is_empty()).map(parse).collect();
        let errors = &mut self.errors;
        let valid =
            parsed.into_iter().filter_map(|value| value.map_err(|error| errors.add(name, error)).ok());
        valid.collect()
    }

    pub(super) fn states(&mut self) -> Vec<ApprovalState> {
        self.list("state", |text| choice(ApprovalState::parse(text), ApprovalState::NAMES))
    }

    pub(super) fn account_state(&mut self) -> Option<AccountState> {
        let states = self.list("state", |text| choice(AccountState::parse(text), AccountState::NAMES));
        states.into_iter().next()
    }

    pub(super) fn applicant_roles(&mut self) -> Vec<Role> {
        let parse = |text: &str| Role::parse(text).filter(|role| role.needs_approval());
        self.list("role", |text| choice(parse(text), &APPLICANT_ROLES))
    }

    pub(super) fn roles(&mut self) -> Vec<Role> {
        self.list("role", |text| choice(Role::parse(text), &Role::NAMES))
    }

    pub(super) fn wilayas(&mut self) -> Vec<Wilaya> {
        self.list("wilaya", Wilaya::parse)
    }

    /// Returns the filter of applications that the parameters ask for.
    pub(super) fn queue_filter(&mut self) -> QueueFilter {
        QueueFilter {
            states: self.states(),
            roles: self.applicant_roles(),
            wilayas: self.wilayas(),
            ..QueueFilter::default()
        }
    }

    /// Returns whether only applications are wanted that the caller holds.
    pub(super) fn is_assigned_to_me(&mut self) -> bool {
        let assigned = self.text("assigned");
        if assigned.as_deref().is_some_and(|value| !ASSIGNEES.contains(&value)) {
            self.errors.add("assigned", FieldError::UnknownChoice { choices: &ASSIGNEES });
        }
        assigned.is_some()
    }

    /// Returns the query of a search.
    pub(super) fn search(&self) -> Option<SearchQuery> {
        self.text("q").map(|text| SearchQuery::parse(&text))
    }

    /// Returns the number of entries of a page: the given one, at most [`MAX_LIMIT`].
    pub(super) fn limit(&mut self) -> u32 {
        let Some(text) = self.text("limit") else { return DEFAULT_LIMIT };
        let error = match text.parse::<i64>() {
            Ok(..=0) => FieldError::OutOfRange { min: 1, max: MAX_LIMIT },
            Ok(limit) => return u32::try_from(limit).unwrap_or(MAX_LIMIT).min(MAX_LIMIT),
            Err(_) => FieldError::WrongType { expected: ValueType::Integer },
        };
        self.errors.add("limit", error);
        DEFAULT_LIMIT
    }

    /// Returns the position after which the page begins.
    pub(super) fn cursor<C: Cursor>(&mut self) -> Option<C> {
        let text = self.text("cursor")?;
        let cursor = C::parse(&text);
        if cursor.is_none() {
            self.errors.add("cursor", FieldError::Malformed { format: Format::Cursor });
        }
        cursor
    }

    /// Returns `value`, if there were no errors.
    pub(super) fn finish<T>(self, value: T) -> Result<T, ApiError> {
        if self.errors.is_empty() { Ok(value) } else { Err(ApiError::InvalidFields(self.errors)) }
    }
}

pub(super) fn choice<T>(value: Option<T>, choices: &'static [&'static str]) -> Result<T, FieldError> {
    value.ok_or(FieldError::UnknownChoice { choices })
}
