//! Signed tokens and the tokens of mails. The input is a text, or edits of tokens that were issued.

use std::sync::{Arc, LazyLock};

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretSlice;
use sihha_domain::account::Role;
use sihha_domain::clock::Clock;
use sihha_domain::ids::{ProfileId, SessionId, StaffId, TokenId};
use sihha_domain::mail::MailToken;
use sihha_domain::session::{
    AccessClaims, Claims, LegacyTokenReader, RefreshClaims, TokenClaims, TokenIssuer, TokenScope,
};
use sihha_domain::staff::{StaffClaims, StaffRole, StaffTokenIssuer, StaffTokenKind};
use sihha_domain::testing::{FixedClock, SequenceRandomness};
use sihha_infra::jwt::{JwtIssuer, KeyRing, KeySources, StaffJwtIssuer};
use sihha_infra::legacy_jwt::LegacyJwtReader;

const NOW: &str = "2026-11-23T09:30:00Z";

/// A refresh token of simplejwt, signed with the secret of [`Verifiers`].
const LEGACY: &str = include_str!("legacy-token.txt");

static VERIFIERS: LazyLock<Verifiers> = LazyLock::new(Verifiers::new);

struct Verifiers {
    accounts: JwtIssuer,
    staff: StaffJwtIssuer,
    legacy: LegacyJwtReader,
    mail: MailToken,
    issued: Vec<String>,
}

pub(crate) fn run(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let verifiers = &*VERIFIERS;
    let text = match usize::from(*choice).checked_rem(verifiers.issued.len() + 1) {
        Some(index) if index > 0 => edited(&verifiers.issued[index - 1], rest),
        _ => String::from_utf8_lossy(rest).into_owned(),
    };
    verifiers.check(&text);
}

/// Returns `token` with a few edits of four bytes each: a place, a kind and a byte.
fn edited(token: &str, edits: &[u8]) -> String {
    let mut bytes = token.as_bytes().to_vec();
    for edit in edits.chunks_exact(4).take(8) {
        let at = usize::from(u16::from_be_bytes([edit[0], edit[1]])) % (bytes.len() + 1);
        match edit[2] % 4 {
            0 => bytes.insert(at, edit[3]),
            1 => bytes.truncate(at),
            2 if at < bytes.len() => _ = bytes.remove(at),
            _ if at < bytes.len() => bytes[at] = edit[3],
            _ => bytes.push(edit[3]),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Verifiers {
    fn new() -> Self {
        let secret = || SecretSlice::from(b"0123456789abcdef0123456789abcdef".to_vec());
        let (clock, randomness) = (FixedClock::at(NOW), SequenceRandomness::default());
        let now = clock.now();
        let sources =
            KeySources { secret: Some(secret()), key_store: None, longest_token: TimeDelta::hours(24) };
        let keys = Arc::new(KeyRing::open(sources, Arc::new(clock)).expect("a key ring"));
        let accounts = JwtIssuer::new("sihha", &[], Arc::clone(&keys));
        let staff = StaffJwtIssuer::new("sihha", keys);
        let id = ProfileId::generate(now, &randomness);
        let claims = |scope: Option<TokenScope>| TokenClaims {
            id: TokenId::generate(&randomness),
            profile_id: id,
            session: SessionId::generate(now, &randomness),
            role: Role::Doctor,
            is_approved: scope.is_none(),
            is_email_verified: true,
            scope,
            issued_at: now,
            expires_at: now + TimeDelta::minutes(5),
        };
        let of_accounts = [
            Claims::Access(AccessClaims(claims(None))),
            Claims::Refresh(RefreshClaims(claims(None))),
            Claims::Access(AccessClaims(claims(Some(TokenScope::Application)))),
        ];
        let of_staff = [StaffTokenKind::Access, StaffTokenKind::Refresh].map(|kind| StaffClaims {
            kind,
            id: TokenId::generate(&randomness),
            staff_id: StaffId::generate(now, &randomness),
            session: SessionId::generate(now, &randomness),
            role: StaffRole::Admin,
            issued_at: now,
            expires_at: now + TimeDelta::minutes(5),
        });
        let mail = MailToken::generate(id, &randomness);
        let mut issued: Vec<_> = of_accounts.iter().map(|claims| accounts.issue(claims)).collect();
        issued.extend(of_staff.iter().map(|claims| staff.issue(claims)));
        let mut issued: Vec<_> =
            issued.into_iter().map(|token| token.expect("a token").expose().to_owned()).collect();
        issued.extend([LEGACY.trim().to_owned(), mail.expose()]);
        let legacy = LegacyJwtReader::new(&secret()).expect("a secret that is long enough");
        let verifiers = Self { accounts, staff, legacy, mail, issued };
        for token in &verifiers.issued {
            assert_eq!(verifiers.accepting(token), 1, "{token}");
        }
        verifiers
    }

    fn now() -> DateTime<Utc> {
        FixedClock::at(NOW).now()
    }

    /// Returns how many of the verifiers accept the text.
    fn accepting(&self, text: &str) -> usize {
        let mail = MailToken::parse(text);
        let is_of_mail = mail.is_some_and(|token| token.digest() == self.mail.digest());
        let accepts = [
            self.accounts.verify(text, Self::now()).is_ok(),
            self.staff.verify(text, Self::now()).is_ok(),
            self.legacy.read(text).is_some(),
            is_of_mail,
        ];
        accepts.into_iter().filter(|is_accepted| *is_accepted).count()
    }

    /// Checks that a text is accepted only if it is a token that was issued.
    fn check(&self, text: &str) {
        if self.issued.iter().any(|token| token == text) {
            assert_eq!(self.accepting(text), 1, "{text}");
        } else if let Some(token) =
            MailToken::parse(text).filter(|token| token.digest() == self.mail.digest())
        {
            // Blanks around it, other spellings of the id, and other ids: the store looks for both.
            assert_eq!(token.expose_secret(), self.mail.expose_secret());
        } else {
            assert_eq!(self.accepting(text), 0, "{text}");
        }
    }
}
