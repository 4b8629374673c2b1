use super::{ApplicationEvent, ApplicationEventKind, Approval, ApprovalRepository};
use crate::account::Account;
use crate::ids::RecordId;
use crate::staff::Actor;
use crate::store::StoreError;

/// Returns the history of an application, oldest first, with the decision that is in force: the previous
/// release replaces a decision without appending an event.
pub(crate) fn history(
    approvals: &mut dyn ApprovalRepository,
    account: &Account,
) -> Result<Vec<ApplicationEvent>, StoreError> {
    let mut events = approvals.events(account.id)?;
    if let Some(missing) = missing_decision(account, &events) {
        let position = events.partition_point(|event| event.at <= missing.at);
        events.insert(position, missing);
    }
    Ok(events)
}

/// Returns the event of the decision in force if `events` does not have it.
pub(super) fn missing_decision(account: &Account, events: &[ApplicationEvent]) -> Option<ApplicationEvent> {
    let approval = account.approval.as_ref()?;
    let decision = approval.decision()?;
    if events.iter().any(|event| event.at == decision.at && event.kind.state() == Some(approval.state())) {
        return None;
    }
    let reason = decision.reason.clone();
    let kind = match approval {
        Approval::Approved(_) => ApplicationEventKind::Approved { note: reason },
        _ => ApplicationEventKind::Rejected { code: decision.code.clone(), reason },
    };
    let by = Actor { id: None, name: decision.by.clone(), directorate: None };
    let (id, at) = (RecordId::of_time(decision.at), decision.at);
    Some(ApplicationEvent { id, at, by: Some(by), effective_at: None, kind })
}
