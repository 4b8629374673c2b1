use chrono::{DateTime, Utc};
use diesel::prelude::*;
use sihha_domain::account::EmailAddress;
use sihha_domain::mail::{MailRequest, MailRequestRepository, TokenPurpose};
use sihha_domain::store::StoreError;

use super::errors::inconsistent;
use super::schema::mail_requests as requests;
use super::store_connection::StoreConnection;

/// The repository on a connection.
pub(super) struct PgMailRequests<'a>(pub(super) &'a mut StoreConnection);

impl MailRequestRepository for PgMailRequests<'_> {
    fn add(&mut self, request: &MailRequest) -> Result<(), StoreError> {
        let row = (
            requests::key.eq(key(request)),
            requests::purpose.eq(request.purpose.as_str()),
            requests::email.eq(request.email.as_str()),
            requests::requested_at.eq(request.requested_at),
        );
        let insert = diesel::insert_into(requests::table).values(row);
        // A request that waits is written as well: else the time would tell that it waits, and so how
        // long it is answered, which takes longer if there is an account.
        let insert = insert.on_conflict(requests::key).do_update();
        let insert = insert.set(requests::requested_at.eq(requests::requested_at));
        self.0.run(|pg| insert.execute(pg)).map(|_| ())
    }

    fn page(&mut self, limit: u32) -> Result<Vec<MailRequest>, StoreError> {
        let query = requests::table.order(requests::requested_at).limit(i64::from(limit)).select((
            requests::purpose,
            requests::email,
            requests::requested_at,
        ));
        let rows: Vec<(String, String, DateTime<Utc>)> = self.0.run(|pg| query.load(pg))?;
        let request = |(purpose, email, requested_at): (String, _, _)| {
            let purpose =
                TokenPurpose::parse(&purpose).ok_or_else(|| inconsistent("mail_requests", "purpose"))?;
            Ok(MailRequest { purpose, email: EmailAddress::on_record(email), requested_at })
        };
        rows.into_iter().map(request).collect()
    }

    fn remove(&mut self, request: &MailRequest) -> Result<(), StoreError> {
        let answered = requests::table
            .filter(requests::key.eq(key(request)))
            .filter(requests::requested_at.eq(request.requested_at));
        self.0.run(|pg| diesel::delete(answered).execute(pg)).map(|_| ())
    }
}

fn key(request: &MailRequest) -> String {
    format!("{} {}", request.purpose.as_str(), request.email.canonical())
}
