use std::time::SystemTime;

use lettre::Message;
use lettre::address::Envelope;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use sihha_domain::ids::MessageId;
use sihha_domain::mail::{DeliveryError, OutgoingMail};

use crate::render::Rendered;
use crate::sender::{Sender, ascii_address};

/// A message in the format of RFC 5322.
#[derive(Debug, Clone)]
pub struct Composed {
    /// The message's id in the outbox.
    pub id: MessageId,
    /// Who it is from and to, for the server.
    pub(crate) envelope: Envelope,
    /// The message, in ASCII.
    pub bytes: Vec<u8>,
}

/// Says that a program wrote the message (RFC 3834), so that no program answers it.
#[derive(Debug, Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Puts the message together. It has no `List-Unsubscribe`: nobody subscribes to such messages, and nobody
/// may lose them.
///
/// # Errors
///
/// [`DeliveryError::Permanent`] if the address is not one of SMTP: accounts from before today's rules may
/// have such.
pub fn compose(sender: &Sender, mail: &OutgoingMail, rendered: &Rendered) -> Result<Composed, DeliveryError> {
    let refused = |problem: &str| DeliveryError::Permanent(problem.to_owned());
    let to = ascii_address(mail.to.as_str()).ok_or_else(|| refused("the address is not one of SMTP"))?;
    let message = Message::builder()
        .from(sender.mailbox().clone())
        .to(Mailbox::new(None, to))
        .subject(&*rendered.subject)
        .date(SystemTime::from(mail.written_at))
        .message_id(Some(format!("<{}@{}>", mail.id, sender.domain())))
        .header(AutoSubmitted)
        .multipart(MultiPart::alternative_plain_html(rendered.text.clone(), rendered.html.clone()))
        .map_err(|error| refused(&format!("the message cannot be written: {error}")))?;
    Ok(Composed { id: mail.id, envelope: message.envelope().clone(), bytes: message.formatted() })
}
