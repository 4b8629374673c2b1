//! Members of staff.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sihha_domain::account::EmailAddress;
use sihha_domain::ids::StaffId;
use sihha_domain::secret_box::SecretBox;
use sihha_domain::staff::{
    ManagementRequest, NewStaff, RecoveryCode, Scope, StaffCaller, StaffDetails, StaffPassword, StaffRole,
};
use sihha_domain::staff_name::StaffName;
use sihha_infra::secret_box::ChaChaBox;
use sihha_infra::system::SystemRandomness;
use totp_rs::Totp;

use crate::TestApp;

/// The password of all members.
pub const PASSWORD: &str = "كلمة سر طويلة du DSP";

/// The key of every test server's secret box, in hexadecimal.
pub(crate) const SECRET_KEY: &[u8] = b"fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";

/// What a member of staff logs in with, besides [`PASSWORD`].
#[derive(Debug, Clone)]
pub struct StaffSample {
    /// The member's id.
    pub id: StaffId,
    /// The login name.
    pub email: String,
    /// The URI with the secret of the one-time passwords.
    pub otpauth_uri: String,
    /// The recovery codes, none of which is used.
    pub recovery_codes: Vec<String>,
}

impl StaffSample {
    /// Returns the request to log in at `now`. Its code is accepted once, so a second login of the
    /// member needs a time 30 seconds later.
    #[must_use]
    pub fn login(&self, now: DateTime<Utc>) -> Value {
        json!({ "email": self.email, "password": PASSWORD, "otp": otp(&self.otpauth_uri, now) })
    }
}

/// Returns the one-time password at `now` that an authenticator app shows for an `otpauth://` URI.
///
/// # Panics
///
/// If it is no such URI.
#[must_use]
pub fn otp(otpauth_uri: &str, now: DateTime<Utc>) -> String {
    let totp = Totp::from_url(otpauth_uri).expect("an otpauth URI");
    totp.generate(u64::try_from(now.timestamp()).expect("after 1970")).to_string()
}

/// Returns the secret box of every test server.
pub(crate) fn secret_box() -> Arc<dyn SecretBox> {
    Arc::new(ChaChaBox::new(SECRET_KEY, Arc::new(SystemRandomness)).expect("a key"))
}

impl TestApp {
    /// Creates a member of staff with [`PASSWORD`], as `sihha staff create` does.
    ///
    /// # Panics
    ///
    /// If another member has the e-mail.
    #[must_use]
    pub fn staff(&self, email: &str, role: StaffRole, scope: Scope) -> StaffSample {
        let name = StaffName::parse("Leïla Amrani").expect("a name");
        let new = NewStaff {
            email: EmailAddress::parse(email).expect("an e-mail"),
            details: StaffDetails { name, directorate: StaffName::parse("DSP d'Oran").ok(), role, scope },
            password: StaffPassword::parse(PASSWORD).expect("a password"),
        };
        let terminal = StaffCaller::at_terminal(StaffName::parse("root").expect("a name"));
        let request = ManagementRequest::once(&terminal);
        let created = self.use_cases().create_staff.run(&request, &new).expect("created");
        let created = created.done().expect("done now");
        let codes = created.second_factor.recovery_codes.iter();
        StaffSample {
            id: created.member.id,
            email: email.to_owned(),
            otpauth_uri: created.second_factor.otpauth_uri.expose_secret().to_owned(),
            recovery_codes: codes.map(RecoveryCode::expose).map(ToOwned::to_owned).collect(),
        }
    }
}
