//! An application, as the applicant sees it: without the member of staff who decided, and without
//! notes.

use serde::Serialize;
use sihha_domain::account::{Account, Fact};
use sihha_domain::approval::{Approval, Decision, RejectionReason};
use sihha_domain::language::Language;
use sihha_domain::reference::Labels;
use utoipa::ToSchema;

use crate::openapi::choices::{ApprovalStateChoice, FactChoice, RejectionReasonChoice};
use crate::timestamp::Timestamp;

/// The application of an account that needs an approval.
#[derive(Serialize, ToSchema)]
pub(crate) struct ApplicationResponse {
    #[schema(value_type = ApprovalStateChoice)]
    pub(super) state: &'static str,
    /// Why staff rejected it. If they gave only a code, its name in the language that
    /// `Accept-Language` prefers.
    #[schema(required = true)]
    pub(super) reason: Option<String>,
    #[schema(required = true, value_type = Option<RejectionReasonChoice>)]
    pub(super) reason_code: Option<String>,
    /// What staff ask the applicant to correct.
    #[schema(required = true)]
    pub(super) message: Option<String>,
    /// Names of the members to correct.
    #[schema(value_type = Vec<FactChoice>)]
    fields: Vec<&'static str>,
    /// When it was last submitted; of one that staff decided or asked to correct, when they did.
    #[schema(value_type = DateTime<Utc>)]
    pub(super) since: Timestamp,
}

impl ApplicationResponse {
    /// Returns the application of `account`, if it has one.
    pub(crate) fn of(account: &Account, language: Language) -> Option<Self> {
        let mut response = Self {
            state: account.approval_state()?.as_str(),
            reason: None,
            reason_code: None,
            message: None,
            fields: Vec::new(),
            since: Timestamp(account.approval_since()),
        };
        match account.approval.as_ref()? {
            Approval::Rejected(decision) => {
                response.reason = reason(decision, language);
                response.reason_code = decision.code.as_ref().map(|code| code.as_str().to_owned());
            }
            Approval::ChangesRequested(request) => {
                response.message = Some(request.message.as_str().to_owned());
                response.fields = request.fields.iter().copied().map(Fact::as_str).collect();
            }
            Approval::Pending | Approval::Approved(_) => {}
        }
        Some(response)
    }
}

/// Returns the reason of a rejection, or the name of its code.
fn reason(decision: &Decision, language: Language) -> Option<String> {
    if let Some(reason) = &decision.reason {
        return Some(reason.as_str().to_owned());
    }
    let code = decision.code.as_ref()?.as_str();
    // A code of a later release has no name here.
    let entry = RejectionReason::entries().iter().find(|entry| entry.code == code)?;
    let Labels { ar, fr, en } = entry.labels;
    let name = match language {
        Language::English => en,
        Language::French => fr,
        Language::Arabic => ar,
    };
    Some(name.to_owned())
}
