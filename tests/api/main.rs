//! Sihha over HTTP, as its clients see it. Files mirror the URLs.

mod account {
    mod change;
    mod conditions;
    mod idempotency;
    mod identifiers;
    mod language;
    mod me;
    mod on_record;
    mod password;
    mod place;
    mod sessions;
    mod suspension;
    mod vetted;
    mod register {
        mod accepted;
        mod hidden;
        mod invalid;
        mod mail;
        mod password;
        mod taken;
    }
}
mod application {
    mod resubmit;
    mod status;
}
mod authorization;
mod body_encodings;
mod caching;
mod concurrency;
mod contract;
mod cross_origin;
mod database_unavailable;
mod djoser {
    mod activation;
    mod password;
}
mod docs;
mod email {
    mod change;
    mod revert;
    mod verify;
}
mod forwarded;
mod gateways;
mod guesses;
mod health;
mod jwks;
mod language;
mod links;
mod locks;
mod long_urls;
mod network_limits;
mod openapi;
mod openapi_schemas;
mod outages;
mod overload;
mod pages {
    mod browser;
    mod reset_password;
    mod revert_email;
    mod security;
    pub(crate) mod support;
    mod unavailable;
    mod verify_email;
}
mod password {
    mod forgot;
    mod policy;
    mod reset;
}
mod problem;
mod reference;
mod request_bodies;
mod request_id;
mod security_headers;
mod security_txt;
mod session {
    mod any_role;
    mod login;
    mod new_device;
    mod token;
    mod unverified;
}
mod specialite;
mod staff {
    mod accounts;
    mod bulk;
    mod claims;
    mod decisions;
    pub(crate) mod desk;
    mod held;
    mod idempotency;
    mod login;
    mod members;
    mod notices;
    mod queue;
    mod scope;
}
mod support;
mod token {
    mod attacks;
    mod blacklist;
    mod legacy;
    mod refresh;
    mod verify;
}
mod verifying_tokens {
    mod consumer;
    mod envoy;
    mod example;
    mod libraries;
}
