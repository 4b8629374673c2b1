use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use chrono::DateTime;
use sihha_domain::account::EmailAddress;
use sihha_domain::ids::MessageId;
use sihha_domain::language::Language;
use sihha_domain::mail::{Content, DeliveryError, Mailer, OutgoingMail, Template};
use sihha_mail::{Composed, Rendered, Renderer, TemplateMailer, Transport, sample};
use uuid::Uuid;

/// Returns a renderer with our templates.
pub(crate) fn renderer() -> Renderer {
    Renderer::new("https://sante.example.dz".parse().unwrap(), None).unwrap()
}

pub(crate) fn rendered(language: Language, content: &Content) -> Rendered {
    renderer().render(language, content).unwrap()
}

/// Returns every template in every language.
pub(crate) fn every_message() -> impl Iterator<Item = (Language, Template)> {
    Language::ALL.iter().flat_map(|language| Template::ALL.iter().map(move |template| (*language, *template)))
}

/// Returns a content with these values, which no parser has seen.
pub(crate) fn content(template: Template, values: &[(&str, &str)]) -> Content {
    let values: BTreeMap<_, _> =
        values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Content::on_record(template, values, sample(template).token().cloned())
}

/// Returns a message to `address`, of 23 November 2026.
pub(crate) fn mail_to(address: &str, content: Content) -> OutgoingMail {
    OutgoingMail {
        id: MessageId::from_uuid(Uuid::from_u128(0x019a_0000_0000_7000_8000_0000_0000_0001)),
        to: EmailAddress::on_record(address.to_owned()),
        language: Language::French,
        content,
        written_at: DateTime::from_timestamp(1_795_426_200, 0).unwrap(),
    }
}

/// Returns a message for deliveries that succeed or fail whatever it says.
pub(crate) fn test_mail() -> OutgoingMail {
    mail_to("amina@example.com", Content::test())
}

pub(crate) fn mailer(transport: Arc<dyn Transport>) -> TemplateMailer {
    let sender = "Sihha <no-reply@example.dz>".parse().unwrap();
    TemplateMailer { renderer: renderer(), sender, transport }
}

#[derive(Default)]
struct Recorder(Mutex<Vec<String>>);

impl Transport for Recorder {
    fn deliver(&self, message: &Composed) -> Result<(), DeliveryError> {
        self.0.lock().unwrap().push(String::from_utf8(message.bytes.clone()).unwrap());
        Ok(())
    }
}

/// Returns the message as a server gets it.
pub(crate) fn sent(mail: &OutgoingMail) -> Result<String, DeliveryError> {
    let recorder = Arc::new(Recorder::default());
    mailer(recorder.clone()).deliver(mail)?;
    Ok(recorder.0.lock().unwrap().remove(0))
}
