//! Mail: the outbox and its delivery, and the tokens of links.

mod bounce;
mod content;
mod deliver;
mod notices;
mod purge;
mod token;
mod unreliable;
