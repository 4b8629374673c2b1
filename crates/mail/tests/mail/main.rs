//! Mail as its reader sees it, and its delivery.

mod context;
mod folder;
mod headers;
mod hostile;
mod links;
mod overrides;
mod rendering;
mod sender;
mod smtp;
