//! Mail: the outbox and its delivery, and the tokens of links.

mod content;
mod deliver;
mod notices;
mod purge;
mod token;
