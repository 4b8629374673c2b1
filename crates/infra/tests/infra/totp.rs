//! One-time passwords.

use chrono::DateTime;
use secrecy::ExposeSecret;
use sihha_domain::staff::{OneTimeCodes, OtpSecret};
use sihha_domain::testing::email;
use sihha_infra::totp::TotpCodes;
use sihha_tests::staff::otp;

/// RFC 6238, appendix B: the time, and the last six digits of the code for SHA-1.
const VECTORS: [(i64, &str); 6] = [
    (59, "287082"),
    (1_111_111_109, "081804"),
    (1_111_111_111, "050471"),
    (1_234_567_890, "005924"),
    (2_000_000_000, "279037"),
    (20_000_000_000, "353130"),
];

fn secret() -> OtpSecret {
    OtpSecret::on_record(b"12345678901234567890".to_vec().into())
}

#[test]
fn codes_are_those_of_the_rfc_with_a_drift_of_one_step() {
    for (time, code) in VECTORS {
        for (drift, is_accepted) in [(-60, false), (-30, true), (0, true), (30, true), (60, false)] {
            let now = DateTime::from_timestamp(time + drift, 0).unwrap();
            let step = TotpCodes.verify(&secret(), code, now);
            assert_eq!(step, is_accepted.then_some(time / 30), "{code} at {now}");
        }
    }
    let now = DateTime::from_timestamp(59, 0).unwrap();
    for other in ["", "28708", "2870820", "94287082", "28708a", "٢٨٧٠٨٢"] {
        assert_eq!(TotpCodes.verify(&secret(), other, now), None, "{other}");
    }
}

#[test]
fn an_app_computes_the_codes_from_the_uri() {
    let uri = TotpCodes.uri(&secret(), &email("leila+1@dsp-oran.dz"));
    let uri = uri.expose_secret();
    let shared = "secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    assert!(uri.starts_with("otpauth://totp/Sihha:leila") && uri.contains(shared), "{uri}");
    assert!(uri.contains("issuer=Sihha"), "{uri}");
    for (time, code) in VECTORS {
        assert_eq!(otp(uri, DateTime::from_timestamp(time, 0).unwrap()), code);
    }
}
