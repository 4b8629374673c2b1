//! Mail: messages to the owners of accounts, the outbox that they wait in, and their delivery.
//!
//! A message is added in the transaction of what it is about, and sent by a background job. So no
//! message is lost, and none is sent about something that did not happen.

mod addressee;
mod answer_requests;
mod bounce;
mod content;
mod deliver;
mod manage;
mod message;
mod outbox;
mod ports;
mod purge;
mod read_link;
mod request;
mod send_link;
mod token;

pub use addressee::Addressee;
pub use answer_requests::AnswerMailRequests;
pub use bounce::Bounce;
pub use content::{Content, Template};
pub use deliver::{DeliverMail, Unrecorded};
pub use manage::{ListMail, RetryMail, ShowMail};
pub use message::{DeliveryState, MailRecord, Message};
pub use outbox::Outbox;
pub use ports::{
    DeliveryError, DeliveryOutcome, Lease, LeasedMessage, MailRequest, MailRequestRepository,
    MailTokenRepository, Mailer, NoMailer, OutboxRepository, OutgoingMail,
};
pub use purge::PurgeMail;
pub use read_link::ReadMailLink;
pub use request::RequestMail;
pub(crate) use send_link::{AccountLink, is_recent};
pub use token::{MailToken, MailTokenDigest, MailTokenError, StoredMailToken, TokenEnd, TokenPurpose};
