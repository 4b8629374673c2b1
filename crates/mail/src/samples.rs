use chrono::DateTime;
use sihha_domain::account::{EmailAddress, Fact};
use sihha_domain::approval::RejectionReason;
use sihha_domain::ids::ProfileId;
use sihha_domain::mail::{Content, MailToken, Template};
use sihha_domain::reason::Reason;
use uuid::Uuid;

/// Returns a content of the template with invented values. Its link does not work.
#[must_use]
pub fn sample(template: Template) -> Content {
    // 23 November 2026 at 10:30, in Algeria.
    let at = DateTime::from_timestamp(1_795_426_200, 0).unwrap_or_default();
    let profile_id = ProfileId::from_uuid(Uuid::from_u128(0x019a_0000_0000_7000_8000_0000_0000_0000));
    let token = || MailToken::of_parts(profile_id, &"0123456789abcdef".repeat(4));
    let code = RejectionReason::on_record("card_mismatch".to_owned());
    let reason = Reason::on_record("Le numéro saisi n’est pas celui de la copie jointe.".to_owned());
    let content = match template {
        Template::VerifyEmail => token().map(Content::verify_email),
        Template::ConfirmEmail => token().map(Content::confirm_email),
        Template::EmailTaken => Some(Content::email_taken()),
        Template::ResetPassword => token().map(Content::reset_password),
        Template::EmailChanged => {
            let new = EmailAddress::on_record("amina.haddad@example.com".to_owned());
            token().map(|token| Content::email_changed(&new, at, token))
        }
        Template::PasswordChanged => Some(Content::password_changed(at)),
        Template::NewDevice => Some(Content::new_device(Some("Firefox, Linux"), Some("105.96.0.0/16"), at)),
        Template::Approved => Some(Content::approved()),
        Template::Rejected => Some(Content::rejected(Some(&code), Some(&reason))),
        Template::ChangesRequested => {
            Some(Content::changes_requested(&reason, &[Fact::CarteId, Fact::BirthDate]))
        }
        Template::ChangesAccepted => Some(Content::changes_accepted()),
        Template::ChangesRefused => Some(Content::changes_refused(Some(&code), Some(&reason))),
        Template::Suspended => Some(Content::suspended(at)),
        Template::Reinstated => Some(Content::reinstated()),
        Template::ManyNotices => Some(Content::many_notices()),
        Template::Test => Some(Content::test()),
    };
    content.unwrap_or_else(Content::test)
}
