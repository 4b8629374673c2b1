//! Time-based one-time passwords (RFC 6238), as authenticator apps compute them.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use sihha_domain::account::EmailAddress;
use sihha_domain::staff::{OneTimeCodes, OtpSecret};
use totp_rs::{Builder, Totp};

/// The name that an app shows for the code.
const ISSUER: &str = "Sihha";

/// The usual codes, which all apps know: six digits by HMAC-SHA-1, a new one every 30 seconds. One step
/// of drift is accepted either way (RFC 6238 §5.2).
#[derive(Debug, Clone, Copy)]
pub struct TotpCodes;

fn totp(secret: &OtpSecret, account: &str) -> Totp {
    let builder = Builder::new().with_secret(secret.expose().to_vec());
    builder.with_issuer(Some(ISSUER)).with_account_name(account).build_noncompliant()
}

impl OneTimeCodes for TotpCodes {
    fn uri(&self, secret: &OtpSecret, email: &EmailAddress) -> SecretString {
        totp(secret, email.as_str()).to_url().expect("an e-mail has no colon").into()
    }

    fn verify(&self, secret: &OtpSecret, code: &str, now: DateTime<Utc>) -> Option<i64> {
        let now = u64::try_from(now.timestamp()).ok()?;
        totp(secret, "").check(code, now).and_then(|step| i64::try_from(step).ok())
    }
}
