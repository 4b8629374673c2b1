//! Enumerations whose values are the domain's lists.

use std::borrow::Cow;
use std::marker::PhantomData;

use sihha_domain::account::{BloodType, FacilityType, Fact, Gender, Role, Specialite};
use sihha_domain::approval::{ApprovalState, RejectionReason};
use sihha_domain::identifier::IdentifierSystem;
use sihha_domain::language::Language;
use sihha_domain::place::Wilaya;
use sihha_domain::search::AccountState;
use sihha_domain::session::EndReason;
use sihha_domain::staff::StaffRole;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// A type of the domain with a list of values.
pub(crate) trait Choices {
    /// Name of the schema.
    const NAME: &'static str;
    const DESCRIPTION: &'static str;
    fn values() -> Vec<&'static str>;
}

/// Schema of a string that is one of the values of `T`.
pub(crate) struct Choice<T>(PhantomData<T>);

// Aliases, because the derived code names a generic type after its parameters.
pub(crate) type AccountStateChoice = Choice<AccountState>;
pub(crate) type ApprovalStateChoice = Choice<ApprovalState>;
pub(crate) type BloodTypeChoice = Choice<BloodType>;
pub(crate) type EndReasonChoice = Choice<EndReason>;
pub(crate) type FacilityTypeChoice = Choice<FacilityType>;
pub(crate) type FactChoice = Choice<Fact>;
pub(crate) type GenderChoice = Choice<Gender>;
pub(crate) type IdentifierSystemChoice = Choice<IdentifierSystem>;
pub(crate) type LanguageChoice = Choice<Language>;
pub(crate) type RejectionReasonChoice = Choice<RejectionReason>;
pub(crate) type RoleChoice = Choice<Role>;
pub(crate) type SpecialiteChoice = Choice<Specialite>;
pub(crate) type StaffRoleChoice = Choice<StaffRole>;
pub(crate) type WilayaChoice = Choice<Wilaya>;

impl<T: Choices> PartialSchema for Choice<T> {
    fn schema() -> RefOr<Schema> {
        let schema = ObjectBuilder::new().schema_type(Type::String).description(Some(T::DESCRIPTION));
        schema.enum_values(Some(T::values())).into()
    }
}

impl<T: Choices> ToSchema for Choice<T> {
    fn name() -> Cow<'static, str> {
        T::NAME.into()
    }
}

impl Choices for AccountState {
    const NAME: &'static str = "AccountState";
    const DESCRIPTION: &'static str = "State of an account, for staff.";
    fn values() -> Vec<&'static str> {
        Self::NAMES.to_vec()
    }
}

impl Choices for ApprovalState {
    const NAME: &'static str = "ApplicationState";
    const DESCRIPTION: &'static str = "State of an application: it waits for a decision (`pending`), for the applicant's \
        corrections (`changes_requested`), or was decided (`approved`, `rejected`). `changes_pending` is an approved account \
        with changes that wait for a decision.";
    fn values() -> Vec<&'static str> {
        Self::NAMES.to_vec()
    }
}

impl Choices for BloodType {
    const NAME: &'static str = "BloodType";
    const DESCRIPTION: &'static str = "ABO and Rh(D) blood group.";
    fn values() -> Vec<&'static str> {
        Self::ALL.to_vec()
    }
}

impl Choices for EndReason {
    const NAME: &'static str = "EndReason";
    const DESCRIPTION: &'static str = "Why a session was revoked.";
    fn values() -> Vec<&'static str> {
        Self::ALL.iter().map(|reason| reason.as_str()).collect()
    }
}

impl Choices for FacilityType {
    const NAME: &'static str = "FacilityType";
    const DESCRIPTION: &'static str = "Kind of a health facility.";
    fn values() -> Vec<&'static str> {
        Self::ALL.to_vec()
    }
}

impl Choices for Fact {
    const NAME: &'static str = "Fact";
    const DESCRIPTION: &'static str = "Member of an account that staff check, without `profile`.";
    fn values() -> Vec<&'static str> {
        Self::ALL.iter().map(|fact| fact.as_str()).collect()
    }
}

impl Choices for Gender {
    const NAME: &'static str = "Gender";
    const DESCRIPTION: &'static str = "Gender, as on Algerian identity documents.";
    fn values() -> Vec<&'static str> {
        Self::ALL.to_vec()
    }
}

impl Choices for IdentifierSystem {
    const NAME: &'static str = "IdentifierSystem";
    const DESCRIPTION: &'static str = "Register that an identifier is of: `nin` and `ins` have 18 digits, `chifa` 8 to 20 \
        digits, `cnom` 3 to 20 and `facility` 2 to 20 letters and digits, and `other` 1 to 40 characters. Separators do \
        not count.";
    fn values() -> Vec<&'static str> {
        Self::NAMES.to_vec()
    }
}

impl Choices for Language {
    const NAME: &'static str = "Language";
    const DESCRIPTION: &'static str = "English, French or Arabic (BCP 47).";
    fn values() -> Vec<&'static str> {
        Self::TAGS.to_vec()
    }
}

impl Choices for RejectionReason {
    const NAME: &'static str = "RejectionReason";
    const DESCRIPTION: &'static str =
        "Why staff reject an application, as in `GET /api/reference/rejection-reasons`.";
    fn values() -> Vec<&'static str> {
        Self::ALL.to_vec()
    }
}

impl Choices for Role {
    const NAME: &'static str = "Role";
    const DESCRIPTION: &'static str = "Role of an account; `user` is a patient.";
    fn values() -> Vec<&'static str> {
        Self::ALL.map(Self::as_str).to_vec()
    }
}

impl Choices for Specialite {
    const NAME: &'static str = "Specialite";
    const DESCRIPTION: &'static str = "Medical speciality, in its canonical form.";
    fn values() -> Vec<&'static str> {
        Self::ALL.to_vec()
    }
}

impl Choices for StaffRole {
    const NAME: &'static str = "StaffRole";
    const DESCRIPTION: &'static str = "What a member of staff may do.";
    fn values() -> Vec<&'static str> {
        Self::NAMES.to_vec()
    }
}

impl Choices for Wilaya {
    const NAME: &'static str = "Wilaya";
    const DESCRIPTION: &'static str = "Code of a wilaya.";
    fn values() -> Vec<&'static str> {
        Self::codes().to_vec()
    }
}

/// Returns the noun for an account holder of the role.
pub(crate) const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Patient => "patient",
        Role::Doctor | Role::Hospital | Role::Labo => role.as_str(),
    }
}
