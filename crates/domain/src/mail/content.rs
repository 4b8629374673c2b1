use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use strum::{IntoStaticStr, VariantArray};

use super::{MailToken, TokenPurpose};
use crate::account::{EmailAddress, Fact};
use crate::approval::RejectionReason;
use crate::reason::Reason;

/// What a message is about. Each has a template in every language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Template {
    /// Asks the owner to confirm the address of the account.
    VerifyEmail,
    /// Asks the owner of an address to confirm that an account changes to it.
    ConfirmEmail,
    /// Tells the owner of an account that somebody wants its address for another account.
    EmailTaken,
    /// Lets the owner set a new password.
    ResetPassword,
    /// Tells the former address that the account has another one, and lets its owner take that back.
    EmailChanged,
    /// The password was changed.
    PasswordChanged,
    /// Somebody logged in from a device that is not known.
    NewDevice,
    /// Staff approved the application.
    Approved,
    /// Staff rejected the application.
    Rejected,
    /// Staff ask for corrections of the application.
    ChangesRequested,
    /// Staff accepted changes to vetted facts.
    ChangesAccepted,
    /// Staff refused changes to vetted facts.
    ChangesRefused,
    /// Staff suspended the account.
    Suspended,
    /// Staff ended a suspension.
    Reinstated,
    /// Replaces notices beyond the limit of an hour.
    ManyNotices,
    /// Shows that mail works.
    Test,
}

impl Template {
    /// Every template.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Returns the template's name, in the outbox, the names of files and the terminal.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns the template with that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|template| template.as_str() == name)
    }

    /// Returns the purpose of the token in the message's link, if it has one.
    #[must_use]
    pub const fn purpose(self) -> Option<TokenPurpose> {
        match self {
            Self::VerifyEmail => Some(TokenPurpose::VerifyEmail),
            Self::ConfirmEmail => Some(TokenPurpose::ConfirmEmail),
            Self::ResetPassword => Some(TokenPurpose::ResetPassword),
            Self::EmailChanged => Some(TokenPurpose::RevertEmail),
            _ => None,
        }
    }

    /// Returns whether the message is a notice, which has a limit of its own: nobody can suppress
    /// notices by asking for other mails.
    ///
    /// The notice of a changed address has no limit. Its link is the only way back, and a thief could
    /// reach the limit of the other notices first.
    #[must_use]
    pub const fn is_notice(self) -> bool {
        !matches!(
            self,
            Self::VerifyEmail
                | Self::ConfirmEmail
                | Self::EmailTaken
                | Self::ResetPassword
                | Self::EmailChanged
                | Self::ManyNotices
                | Self::Test
        )
    }
}

/// The content of a message: a template with its values.
#[derive(Debug, Clone)]
pub struct Content {
    template: Template,
    params: BTreeMap<String, String>,
    token: Option<MailToken>,
}

impl Content {
    /// Asks to confirm the address of the account.
    #[must_use]
    pub fn verify_email(token: MailToken) -> Self {
        Self::plain(Template::VerifyEmail).with_token(token)
    }

    /// Asks the new address to confirm a change.
    #[must_use]
    pub fn confirm_email(token: MailToken) -> Self {
        Self::plain(Template::ConfirmEmail).with_token(token)
    }

    /// Somebody wants the address of the account for another one.
    #[must_use]
    pub fn email_taken() -> Self {
        Self::plain(Template::EmailTaken)
    }

    /// Lets the owner set a new password.
    #[must_use]
    pub fn reset_password(token: MailToken) -> Self {
        Self::plain(Template::ResetPassword).with_token(token)
    }

    /// The account has the address `new` since `at`; `token` takes that back.
    #[must_use]
    pub fn email_changed(new: &EmailAddress, at: DateTime<Utc>, token: MailToken) -> Self {
        Self::plain(Template::EmailChanged).with("new_email", new.as_str()).at(at).with_token(token)
    }

    /// The password was changed at `at`.
    #[must_use]
    pub fn password_changed(at: DateTime<Utc>) -> Self {
        Self::plain(Template::PasswordChanged).at(at)
    }

    /// Somebody logged in at `at` from an unknown device: the family of its user agent, and its address.
    #[must_use]
    pub fn new_device(device: Option<&str>, address: Option<&str>, at: DateTime<Utc>) -> Self {
        let content = Self::plain(Template::NewDevice).at(at);
        content.with_some("device", device).with_some("address", address)
    }

    /// Staff approved the application.
    #[must_use]
    pub fn approved() -> Self {
        Self::plain(Template::Approved)
    }

    /// Staff rejected the application.
    #[must_use]
    pub fn rejected(code: Option<&RejectionReason>, reason: Option<&Reason>) -> Self {
        Self::plain(Template::Rejected).with_reason(code, reason)
    }

    /// Staff ask for corrections of these facts.
    #[must_use]
    pub fn changes_requested(message: &Reason, fields: &[Fact]) -> Self {
        let fields: Vec<_> = fields.iter().map(|fact| fact.as_str()).collect();
        Self::plain(Template::ChangesRequested)
            .with("message", message.as_str())
            .with("fields", &fields.join(","))
    }

    /// Staff accepted changes to vetted facts.
    #[must_use]
    pub fn changes_accepted() -> Self {
        Self::plain(Template::ChangesAccepted)
    }

    /// Staff refused changes to vetted facts.
    #[must_use]
    pub fn changes_refused(code: Option<&RejectionReason>, reason: Option<&Reason>) -> Self {
        Self::plain(Template::ChangesRefused).with_reason(code, reason)
    }

    /// Staff suspended the account. The reason is for staff.
    #[must_use]
    pub fn suspended(at: DateTime<Utc>) -> Self {
        Self::plain(Template::Suspended).at(at)
    }

    /// Staff ended a suspension.
    #[must_use]
    pub fn reinstated() -> Self {
        Self::plain(Template::Reinstated)
    }

    /// Replaces further notices.
    #[must_use]
    pub fn many_notices() -> Self {
        Self::plain(Template::ManyNotices)
    }

    /// Shows that mail works.
    #[must_use]
    pub fn test() -> Self {
        Self::plain(Template::Test)
    }

    /// Returns the content that a store kept.
    #[must_use]
    pub const fn on_record(
        template: Template,
        params: BTreeMap<String, String>,
        token: Option<MailToken>,
    ) -> Self {
        Self { template, params, token }
    }

    /// Returns the template.
    #[must_use]
    pub const fn template(&self) -> Template {
        self.template
    }

    /// Returns the values by name. Times are in the format of RFC 3339; `code` is that of a rejection
    /// reason, and `fields` are the names of facts with commas between them.
    #[must_use]
    pub const fn params(&self) -> &BTreeMap<String, String> {
        &self.params
    }

    /// Returns the token of the link, if the message has one.
    #[must_use]
    pub const fn token(&self) -> Option<&MailToken> {
        self.token.as_ref()
    }

    const fn plain(template: Template) -> Self {
        Self { template, params: BTreeMap::new(), token: None }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.params.insert(name.to_owned(), value.to_owned());
        self
    }

    fn with_some(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    fn with_reason(self, code: Option<&RejectionReason>, reason: Option<&Reason>) -> Self {
        self.with_some("code", code.map(RejectionReason::as_str))
            .with_some("reason", reason.map(Reason::as_str))
    }

    fn at(self, at: DateTime<Utc>) -> Self {
        self.with("at", &at.to_rfc3339_opts(SecondsFormat::Secs, true))
    }

    fn with_token(self, token: MailToken) -> Self {
        Self { token: Some(token), ..self }
    }
}
