//! Facts for the log line of a request, apart from the response.

use std::cell::RefCell;
use std::net::IpAddr;

use sihha_domain::ids::{ProfileId, StaffId};
use tracing::Span;

tokio::task_local! {
    static CONTEXT: Context;
}

struct Context {
    request_id: String,
    notes: RefCell<Notes>,
}

/// Facts noted while the request is processed.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// Account that the request is about.
    pub(super) account: Option<ProfileId>,
    /// Address of the client; noted only for requests with a password, a registration or a refresh
    /// token.
    pub(super) client: Option<IpAddr>,
    /// Member of staff who sent the request.
    pub(super) staff: Option<StaffId>,
    /// Why a member of staff read an account.
    pub(super) access_reason: Option<String>,
}

/// Runs `answer` for the request with that id. Also returns the facts that were noted meanwhile.
pub(super) async fn scope<T>(request_id: String, answer: impl Future<Output = T>) -> (T, Notes) {
    let context = Context { request_id, notes: RefCell::default() };
    let noting = async {
        let answer = answer.await;
        (answer, CONTEXT.with(|context| context.notes.take()))
    };
    CONTEXT.scope(context, noting).await
}

/// Notes the account that the request is about, if it is known, for the log.
pub(crate) fn note_account(id: impl Into<Option<ProfileId>>) {
    note(|notes| notes.account = id.into());
}

/// Notes the client's address, which is logged if the request is refused.
pub(crate) fn note_client(address: Option<IpAddr>) {
    note(|notes| notes.client = address);
}

/// Notes the member of staff who sent the request, for the log.
pub(crate) fn note_staff(id: StaffId) {
    note(|notes| notes.staff = Some(id));
}

/// Notes why a member of staff reads an account, for the log.
pub(crate) fn note_access_reason(reason: &str) {
    note(|notes| notes.access_reason = Some(reason.to_owned()));
}

fn note(change: impl FnOnce(&mut Notes)) {
    // Unit tests call handlers outside a request.
    let _ = CONTEXT.try_with(|context| change(&mut context.notes.borrow_mut()));
}

/// Returns a span with the current request's id, or no span outside a request. Created on demand:
/// most requests log only their own line, which has the id.
#[must_use]
pub fn request_span() -> Span {
    let span = |context: &Context| tracing::info_span!("request", request_id = context.request_id);
    CONTEXT.try_with(span).unwrap_or_else(|_| Span::none())
}

/// Returns the current request's id; empty outside a request.
pub(crate) fn current_request_id() -> String {
    CONTEXT.try_with(|context| context.request_id.clone()).unwrap_or_default()
}
