use secrecy::ExposeSecret;

use super::{StaffCaller, StaffError, StaffPassword, StaffRef};
use crate::clock::Clock;
use crate::idempotency::{IdempotencyKey, IdempotentRequest, KeyReused, Outcome, Repeat};
use crate::ids::StaffId;
use crate::password::{PasswordHasher, VerifyOutcome};
use crate::secret_box::{SecretBox, SecretBoxError};
use crate::store::{Repositories, Store, in_transaction};

/// A request to create or change a member of staff. Its result is a `T`.
pub struct ManagementRequest<'a, T> {
    /// The person who sends it.
    pub caller: &'a StaffCaller,
    /// The request's key, if it has one. A person at the terminal has none.
    pub repeat: Option<Repeat<'a, T>>,
}

impl<'a, T> ManagementRequest<'a, T> {
    /// Returns a request that is not repeated.
    #[must_use]
    pub const fn once(caller: &'a StaffCaller) -> Self {
        Self { caller, repeat: None }
    }

    /// Runs `change` in a transaction, unless the same request was done before. Records the answer,
    /// encrypted by the `secret_box` if it contains secrets.
    pub(super) fn run(
        &self,
        store: &dyn Store,
        clock: &dyn Clock,
        secret_box: Option<&dyn SecretBox>,
        mut change: impl FnMut(&mut dyn Repositories) -> Result<T, StaffError>,
    ) -> Result<Outcome<T>, StaffError> {
        let Some((repeat, caller)) = self.repeat.as_ref().zip(self.caller.actor.id) else {
            return in_transaction(store, |transaction| change(transaction).map(Outcome::Done));
        };
        let request = &repeat.request;
        in_transaction(store, |transaction| {
            // A simultaneous repetition waits here, and then finds the answer.
            transaction.staff().lock(&StaffRef::Id(caller))?.ok_or(StaffError::UnknownMember)?;
            let now = clock.now();
            let since = now - IdempotentRequest::KEPT;
            if let Some(recorded) = transaction.idempotency().find_of_staff(caller, &request.key, since)? {
                if recorded.content != request.content {
                    return Err(KeyReused.into());
                }
                let answer = open(secret_box, &context(caller, &request.key), recorded.answer)?;
                return Ok(Outcome::Repeated(answer));
            }
            let result = change(transaction)?;
            let mut answer = (repeat.answer)(&result).into_bytes();
            if let Some(secret_box) = secret_box {
                answer = secret_box.seal(&context(caller, &request.key), &answer)?;
            }
            transaction.idempotency().record_of_staff(caller, request, now, &answer)?;
            Ok(Outcome::Done(result))
        })
    }
}

/// Names the record in which an answer is encrypted.
fn context(caller: StaffId, key: &IdempotencyKey) -> String {
    format!("staff_requests.answer {caller} {:02x?}", key.as_bytes())
}

/// The same request is of the same use case, so its answer is encrypted exactly if there is a
/// `secret_box` now.
fn open(
    secret_box: Option<&dyn SecretBox>,
    context: &str,
    answer: Vec<u8>,
) -> Result<String, SecretBoxError> {
    let answer = match secret_box {
        Some(secret_box) => secret_box.open(context, &answer)?.expose_secret().to_vec(),
        None => answer,
    };
    String::from_utf8(answer).map_err(|_| SecretBoxError::NotAuthentic)
}

/// Checks the password of a repeated request, whose recorded content has none: it must be the
/// member's.
pub(super) fn check_password(
    store: &dyn Store,
    hasher: &dyn PasswordHasher,
    member: &StaffRef,
    password: &StaffPassword,
) -> Result<(), StaffError> {
    let mut repositories = store.autocommit()?;
    let member = repositories.staff().find(member)?.ok_or(StaffError::UnknownMember)?;
    let credentials = repositories.staff().credentials(&member.email)?.ok_or(StaffError::UnknownMember)?;
    // Verifying takes long: no connection waits for it.
    drop(repositories);
    match hasher.verify(password.password(), Some(&credentials.password))? {
        VerifyOutcome::Wrong => Err(KeyReused.into()),
        VerifyOutcome::Right | VerifyOutcome::Outdated => Ok(()),
    }
}
