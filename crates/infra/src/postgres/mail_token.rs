use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use sihha_domain::account::EmailAddress;
use sihha_domain::ids::ProfileId;
use sihha_domain::mail::{MailTokenDigest, MailTokenRepository, StoredMailToken, TokenEnd, TokenPurpose};
use sihha_domain::store::StoreError;
use uuid::Uuid;

use super::errors::inconsistent;
use super::schema::mail_tokens as tokens;
use super::store_connection::StoreConnection;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = tokens, check_for_backend(Pg), treat_none_as_default_value = false)]
pub(super) struct MailTokenRow {
    profile_id: Uuid,
    digest: Vec<u8>,
    purpose: String,
    address: String,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    end_reason: Option<String>,
}

impl MailTokenRow {
    pub(super) fn new(token: &StoredMailToken) -> Self {
        let (ended_at, end_reason) = token.ended.unzip();
        Self {
            profile_id: token.profile_id.as_uuid(),
            digest: token.digest.as_bytes().to_vec(),
            purpose: token.purpose.as_str().to_owned(),
            address: token.address.as_str().to_owned(),
            created_at: token.created_at,
            expires_at: token.expires_at,
            ended_at,
            end_reason: end_reason.map(|reason| reason.as_str().to_owned()),
        }
    }

    fn token(self) -> Result<StoredMailToken, StoreError> {
        let wrong = |column| move || inconsistent("mail_tokens", column);
        let end = |word: String| TokenEnd::parse(&word).ok_or_else(wrong("end_reason"));
        let reason = self.end_reason.map(end).transpose()?;
        let digest = self.digest.try_into().map_err(|_| inconsistent("mail_tokens", "digest"))?;
        Ok(StoredMailToken {
            profile_id: ProfileId::from_uuid(self.profile_id),
            digest: MailTokenDigest::on_record(digest),
            purpose: TokenPurpose::parse(&self.purpose).ok_or_else(wrong("purpose"))?,
            address: EmailAddress::on_record(self.address),
            created_at: self.created_at,
            expires_at: self.expires_at,
            ended: self.ended_at.zip(reason),
        })
    }
}

/// The repository on a connection.
pub(super) struct PgMailTokens<'a>(pub(super) &'a mut StoreConnection);

impl MailTokenRepository for PgMailTokens<'_> {
    fn add(&mut self, token: &StoredMailToken) -> Result<(), StoreError> {
        if token.purpose.replaces_earlier() {
            self.end_all(token.profile_id, token.purpose, token.created_at)?;
        }
        let insert = diesel::insert_into(tokens::table).values(MailTokenRow::new(token));
        self.0.run(|pg| insert.execute(pg)).map(|_| ())
    }

    fn find(
        &mut self,
        profile_id: ProfileId,
        digest: MailTokenDigest,
    ) -> Result<Option<StoredMailToken>, StoreError> {
        let query = tokens::table
            .filter(tokens::profile_id.eq(profile_id.as_uuid()))
            .filter(tokens::digest.eq(&digest.as_bytes()[..]))
            .select(MailTokenRow::as_select());
        self.0.run(|pg| query.first(pg).optional())?.map(MailTokenRow::token).transpose()
    }

    fn newest(
        &mut self,
        profile_id: ProfileId,
        purpose: TokenPurpose,
    ) -> Result<Option<StoredMailToken>, StoreError> {
        let query = tokens::table
            .filter(tokens::profile_id.eq(profile_id.as_uuid()))
            .filter(tokens::purpose.eq(purpose.as_str()))
            .order(tokens::created_at.desc())
            .select(MailTokenRow::as_select());
        self.0.run(|pg| query.first(pg).optional())?.map(MailTokenRow::token).transpose()
    }

    fn end(
        &mut self,
        profile_id: ProfileId,
        digest: MailTokenDigest,
        at: DateTime<Utc>,
        end: TokenEnd,
    ) -> Result<bool, StoreError> {
        let open = tokens::table
            .filter(tokens::profile_id.eq(profile_id.as_uuid()))
            .filter(tokens::digest.eq(&digest.as_bytes()[..]))
            .filter(tokens::ended_at.is_null());
        let ended = (tokens::ended_at.eq(at), tokens::end_reason.eq(end.as_str()));
        Ok(self.0.run(|pg| diesel::update(open).set(ended).execute(pg))? == 1)
    }

    fn end_all(
        &mut self,
        profile_id: ProfileId,
        purpose: TokenPurpose,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let open = tokens::table
            .filter(tokens::profile_id.eq(profile_id.as_uuid()))
            .filter(tokens::purpose.eq(purpose.as_str()))
            .filter(tokens::ended_at.is_null());
        let ended = (tokens::ended_at.eq(at), tokens::end_reason.eq(TokenEnd::Replaced.as_str()));
        self.0.run(|pg| diesel::update(open).set(ended).execute(pg)).map(|_| ())
    }

    fn end_later(&mut self, token: &StoredMailToken, at: DateTime<Utc>) -> Result<(), StoreError> {
        let open = tokens::table
            .filter(tokens::profile_id.eq(token.profile_id.as_uuid()))
            .filter(tokens::purpose.eq(token.purpose.as_str()))
            .filter(tokens::created_at.gt(token.created_at))
            .filter(tokens::ended_at.is_null());
        let ended = (tokens::ended_at.eq(at), tokens::end_reason.eq(TokenEnd::Replaced.as_str()));
        self.0.run(|pg| diesel::update(open).set(ended).execute(pg)).map(|_| ())
    }

    fn expired(
        &mut self,
        purpose: TokenPurpose,
        moment: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<StoredMailToken>, StoreError> {
        let query = tokens::table
            .filter(tokens::purpose.eq(purpose.as_str()))
            .filter(tokens::expires_at.lt(moment))
            .order(tokens::expires_at)
            .limit(i64::from(limit))
            .select(MailTokenRow::as_select());
        let rows = self.0.run(|pg| query.load(pg))?;
        rows.into_iter().map(MailTokenRow::token).collect()
    }

    fn remove(&mut self, profile_id: ProfileId, digest: MailTokenDigest) -> Result<(), StoreError> {
        let token = tokens::table
            .filter(tokens::profile_id.eq(profile_id.as_uuid()))
            .filter(tokens::digest.eq(digest.as_bytes().to_vec()));
        self.0.run(|pg| diesel::delete(token).execute(pg)).map(|_| ())
    }
}
