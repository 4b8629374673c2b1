//! One-time passwords, recovery codes, and the URI from which an authenticator app reads its secret.

use chrono::DateTime;
use secrecy::ExposeSecret;
use sihha_domain::account::EmailAddress;
use sihha_domain::staff::{OneTimeCodes, OtpSecret, read_code};
use sihha_infra::totp::TotpCodes;
use totp_rs::Totp;

const SECRET: &[u8] = b"12345678901234567890";

/// The codes around this time (RFC 6238, appendix B).
const TIME: i64 = 1_111_111_109;

pub(crate) fn run(data: &[u8]) {
    let input = String::from_utf8_lossy(data);
    let secret = OtpSecret::on_record(SECRET.to_vec().into());
    let now = DateTime::from_timestamp(TIME, 0).expect("a time");
    match read_code(&input) {
        Some(Ok(digits)) => {
            assert!(digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit()), "{digits:?}");
            assert_eq!(read_code(&digits), Some(Ok(digits)));
        }
        Some(Err(digest)) => assert_eq!(read_code(&input.to_lowercase()), Some(Err(digest))),
        None => {}
    }
    if let Some(step) = TotpCodes.verify(&secret, &input, now) {
        assert!((step - TIME / 30).abs() <= 1, "step {step}");
        let time = u64::try_from(step * 30).expect("a time after 1970");
        let uri = TotpCodes.uri(&secret, &EmailAddress::on_record("leila@example.com".to_owned()));
        let code = totp(uri.expose_secret()).generate(time);
        assert_eq!(code.to_string(), *input, "another code than that of the step");
    }
    if let Ok(email) = EmailAddress::parse(&input) {
        let uri = TotpCodes.uri(&secret, &email);
        let totp = totp(uri.expose_secret());
        assert_eq!((totp.account_name(), totp.issuer()), (email.as_str(), Some("Sihha")));
    }
}

fn totp(uri: &str) -> Totp {
    Totp::from_url(uri).unwrap_or_else(|error| panic!("no app reads {uri}: {error}"))
}
