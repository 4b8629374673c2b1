use chrono::{DateTime, Utc};

use super::state::State;
use crate::key::{KeyUse, KeyUseRepository};
use crate::store::StoreError;

pub(super) struct MemoryKeyUses<'a>(pub(super) &'a mut State);

impl KeyUseRepository for MemoryKeyUses<'_> {
    fn record(&mut self, key_use: &KeyUse) -> Result<(), StoreError> {
        match self.0.key_uses.iter_mut().find(|known| known.key == key_use.key) {
            Some(known) => {
                known.signed_from = known.signed_from.min(key_use.signed_from);
                known.signed_until = known.signed_until.max(key_use.signed_until);
                known.tokens_until = known.tokens_until.max(key_use.tokens_until);
            }
            None => self.0.key_uses.push(key_use.clone()),
        }
        Ok(())
    }

    fn end(&mut self, recorded: &KeyUse, at: DateTime<Utc>) -> Result<(), StoreError> {
        let unchanged =
            |known: &&mut KeyUse| known.key == recorded.key && known.signed_until == recorded.signed_until;
        if let Some(known) = self.0.key_uses.iter_mut().find(unchanged) {
            known.signed_until = at;
        }
        Ok(())
    }

    fn unexpired(&mut self, now: DateTime<Utc>) -> Result<Vec<KeyUse>, StoreError> {
        let uses = self.0.key_uses.iter().filter(|known| known.tokens_until > now);
        let mut uses: Vec<_> = uses.cloned().collect();
        uses.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(uses)
    }

    fn has_live_sessions(&mut self, key_use: &KeyUse, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let signed = key_use.signed_from..=key_use.signed_until;
        let mut live = self.0.sessions.iter().filter(|row| row.is_live(now));
        Ok(live.any(|row| signed.contains(&row.session.used_at)))
    }
}
