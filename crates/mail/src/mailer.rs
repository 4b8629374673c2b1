use std::sync::Arc;

use sihha_domain::mail::{DeliveryError, Mailer, OutgoingMail};

use crate::compose::{Composed, compose};
use crate::render::Renderer;
use crate::sender::Sender;

/// Takes messages to their next station.
pub trait Transport: Send + Sync {
    /// Delivers a message. MUST fulfil what [`Mailer::deliver`] says.
    ///
    /// # Errors
    ///
    /// As [`Mailer::deliver`].
    fn deliver(&self, message: &Composed) -> Result<(), DeliveryError>;
}

/// Renders messages, and delivers them by a [`Transport`]. Logs every attempt, without the address and the
/// link.
pub struct TemplateMailer {
    /// Renders messages.
    pub renderer: Renderer,
    /// Who they are from.
    pub sender: Sender,
    /// Delivers them.
    pub transport: Arc<dyn Transport>,
}

impl TemplateMailer {
    fn try_deliver(&self, mail: &OutgoingMail) -> Result<(), DeliveryError> {
        let rendered = self.renderer.render(mail.language, &mail.content);
        // The operator can repair a template.
        let rendered = rendered.map_err(|error| DeliveryError::Temporary(error.to_string()))?;
        self.transport.deliver(&compose(&self.sender, mail, &rendered)?)
    }
}

impl Mailer for TemplateMailer {
    fn deliver(&self, mail: &OutgoingMail) -> Result<(), DeliveryError> {
        let (message_id, template) = (mail.id, mail.content.template().as_str());
        let outcome = self.try_deliver(mail);
        match &outcome {
            Ok(()) => tracing::info!(%message_id, template, "mail delivered"),
            Err(DeliveryError::Temporary(error)) => {
                tracing::warn!(%message_id, template, error, "mail not delivered; it is tried again");
            }
            Err(DeliveryError::Permanent(error)) => {
                tracing::warn!(%message_id, template, error, "mail refused");
            }
        }
        outcome
    }
}
