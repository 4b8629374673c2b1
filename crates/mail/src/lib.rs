//! Mail: renders the messages of the outbox in the language of their reader, and delivers them to an SMTP
//! server or into a folder.

mod compose;
mod folder;
mod layouts;
mod links;
mod mailer;
mod messages;
mod render;
mod samples;
mod sender;
mod smtp;
mod smtp_url;
mod template_error;
mod values;

pub use folder::MailFolder;
pub use links::{InvalidUrlError, LinkBase};
pub use mailer::{TemplateMailer, Transport};
pub use render::{Rendered, Renderer};
pub use samples::sample;
pub use sender::{InvalidSenderError, Sender};
pub use smtp::{SmtpOptions, SmtpServer, SmtpSettingsError};
pub use smtp_url::SmtpUrl;
pub use template_error::TemplateError;

pub use compose::{Composed, compose};
