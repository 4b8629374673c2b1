use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;
use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand};
use sihha_domain::account::EmailAddress;
use sihha_domain::ids::MessageId;
use sihha_domain::language::Language;
use sihha_domain::mail::{DeliveryState, Template};
use sihha_mail::{LinkBase, Sender, SmtpServer};

use super::DatabaseOptions;
use super::accounts::email;
use super::values::duration_in;

/// How mail is sent.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Mail")]
pub struct MailOptions {
    /// Server that takes mail: `smtps://USER@HOST`, `smtp://USER@HOST?tls=required` for STARTTLS, or
    /// `smtp://localhost`, in clear. Without it, mail goes into a folder
    // A text, because an error about a value shows it, and a wrong one may have a password.
    #[arg(long, env = "SIHHA_SMTP_URL", hide_env_values = true, value_name = "URL")]
    pub smtp_url: Option<String>,
    /// Sender of mail, such as `Sihha <no-reply@example.dz>`; required with `--smtp-url`.
    /// Without it, mail in a folder is from `Sihha <no-reply@localhost>`
    #[arg(long, env = "SIHHA_MAIL_FROM", value_name = "ADDRESS")]
    pub mail_from: Option<Sender>,
    /// File with the password of the user in `--smtp-url`. The variable `SIHHA_SMTP_PASSWORD` may
    /// hold the password itself
    #[arg(long, env = "SIHHA_SMTP_PASSWORD_FILE", value_name = "FILE")]
    pub smtp_password_file: Option<PathBuf>,
    /// Let mail leave this machine in clear, so that everyone on its way can use the links
    #[arg(long, env = "SIHHA_SMTP_ALLOW_PLAIN", value_parser = BoolishValueParser::new())]
    pub smtp_allow_plain: bool,
    /// Maximum time of each step of a delivery by SMTP
    #[arg(long, env = "SIHHA_SMTP_TIMEOUT", default_value = "10s", value_parser = smtp_timeout,
          value_name = "TIME")]
    pub smtp_timeout: Duration,
    /// File with the certificates of authorities, in PEM, that are trusted for `--smtp-url` instead of
    /// the system's
    #[arg(long, env = "SIHHA_SMTP_CA_FILE", value_name = "FILE")]
    pub smtp_ca_file: Option<PathBuf>,
    /// The folder that gets mail.
    #[command(flatten)]
    pub folder: MailFolderOptions,
    /// What mail says.
    #[command(flatten)]
    pub templates: MailTemplateOptions,
}

impl MailOptions {
    /// Returns the time after which another instance may deliver a message that this one tries to
    /// deliver: longer than an attempt can take.
    pub(crate) fn lease(&self) -> anyhow::Result<TimeDelta> {
        Ok(TimeDelta::from_std(self.smtp_timeout * SmtpServer::MAX_STEPS)?)
    }
}

/// The folder that gets mail.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Mail")]
pub struct MailFolderOptions {
    /// Folder that gets each mail as a file, for development, if there is no `--smtp-url` [default:
    /// mail in the data directory]
    #[arg(long, env = "SIHHA_MAIL_FOLDER", value_name = "DIR")]
    pub mail_folder: Option<PathBuf>,
}

/// What mail says, and where its links lead.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Mail")]
pub struct MailTemplateOptions {
    /// Folder with templates that replace ours: `fr/mail.ftl`, `ar/mail.ftl`, `en/mail.ftl`,
    /// `layout.html` and `layout.txt`
    #[arg(long, env = "SIHHA_MAIL_TEMPLATES", value_name = "DIR")]
    pub mail_templates: Option<PathBuf>,
    /// Address of the front end that links in mails open, such as `https://app.example.dz` [default:
    /// the public URL, whose pages are the service's own]
    #[arg(long, env = "SIHHA_LINK_BASE_URL", value_name = "URL")]
    pub link_base_url: Option<LinkBase>,
    /// Address at which people reach this service, such as `https://sihha.example.dz` [default: the
    /// address that it listens on]
    #[arg(long, env = "SIHHA_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<LinkBase>,
}

impl MailTemplateOptions {
    /// Returns where links lead, if the operator has said it.
    pub(crate) fn link_base(&self) -> Option<&LinkBase> {
        self.link_base_url.as_ref().or(self.public_url.as_ref())
    }
}

/// A command about mail.
#[derive(Debug, Subcommand)]
pub enum MailCommand {
    /// Send a test message immediately, and say whether it was accepted
    Test(Box<TestMailOptions>),
    /// List the messages of the outbox, newest first
    List(ListMailOptions),
    /// Show a message of the outbox, with its text if it is in the folder that gets mail
    Show(ShowMailOptions),
    /// Let the service try again now to deliver messages that are queued or dead
    Retry(RetryMailOptions),
    /// Print a message with sample values, in HTML or as text
    Preview(PreviewMailOptions),
}

/// Where to send a test message.
#[derive(Debug, Args)]
pub struct TestMailOptions {
    /// Address that gets the message
    #[arg(long, value_name = "EMAIL", value_parser = email)]
    pub to: EmailAddress,
    /// Language of the message: en, fr or ar
    #[arg(long, default_value = "fr", value_parser = language)]
    pub language: Language,
    /// How mail is sent.
    #[command(flatten)]
    pub mail: MailOptions,
    /// Whose data directory has the folder that gets mail.
    #[command(flatten)]
    pub database: DatabaseOptions,
}

/// Which messages to list.
#[derive(Debug, Args)]
pub struct ListMailOptions {
    /// Only messages in this state.
    #[arg(long, value_parser = state, help = format!("Only this state: {}", states()))]
    pub state: Option<DeliveryState>,
    /// Maximum number of messages to list
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,
    /// Id of the last message of the page before
    #[arg(long, value_name = "UUID", value_parser = id)]
    pub before: Option<MessageId>,
    /// Print one JSON object per line, for scripts
    #[arg(long)]
    pub json: bool,
    /// Which database to use.
    #[command(flatten)]
    pub database: DatabaseOptions,
}

/// Which message to show.
#[derive(Debug, Args)]
pub struct ShowMailOptions {
    /// Id of the message, as `sihha mail list` shows it
    #[arg(value_name = "UUID", value_parser = id)]
    pub id: MessageId,
    /// Print a JSON object, for scripts
    #[arg(long)]
    pub json: bool,
    /// The folder that gets mail.
    #[command(flatten)]
    pub folder: MailFolderOptions,
    /// Which database to use.
    #[command(flatten)]
    pub database: DatabaseOptions,
}

/// Which messages to try again.
#[derive(Debug, Args)]
pub struct RetryMailOptions {
    /// Id of the message, as `sihha mail list` shows it [default: all that are queued or dead]
    #[arg(value_name = "UUID", value_parser = id)]
    pub id: Option<MessageId>,
    /// Which database to use.
    #[command(flatten)]
    pub database: DatabaseOptions,
}

/// What to preview.
#[derive(Debug, Args)]
pub struct PreviewMailOptions {
    /// Template of the message.
    #[arg(value_parser = template, help = format!("One of {}", templates()))]
    pub template: Template,
    /// Language of the message: en, fr or ar
    #[arg(long, default_value = "fr", value_parser = language)]
    pub language: Language,
    /// Print the subject and the plain text instead of the HTML
    #[arg(long)]
    pub text: bool,
    /// What mail says.
    #[command(flatten)]
    pub templates: MailTemplateOptions,
}

/// Parses a time of at most 10 minutes, the longest that RFC 5321 §4.5.3.2 asks of a client.
fn smtp_timeout(text: &str) -> Result<Duration, String> {
    duration_in(text, Duration::from_secs(1)..=Duration::from_mins(10))
}

fn language(text: &str) -> Result<Language, String> {
    Language::parse(text).map_err(|_| format!("must be one of {}", Language::TAGS.join(", ")))
}

fn state(text: &str) -> Result<DeliveryState, String> {
    DeliveryState::parse(text).ok_or_else(|| format!("must be one of {}", states()))
}

fn states() -> String {
    DeliveryState::ALL.iter().map(|state| state.as_str()).collect::<Vec<_>>().join(", ")
}

fn template(text: &str) -> Result<Template, String> {
    Template::parse(text).ok_or_else(|| format!("must be one of {}", templates()))
}

fn templates() -> String {
    Template::ALL.iter().map(|template| template.as_str()).collect::<Vec<_>>().join(", ")
}

fn id(text: &str) -> Result<MessageId, String> {
    let uuid = text.trim().parse().map(MessageId::from_uuid);
    uuid.map_err(|_| "must be a UUID, as `sihha mail list` shows it".to_owned())
}
