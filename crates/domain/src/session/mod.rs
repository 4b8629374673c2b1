//! Sessions: logging in, refreshing tokens, listing and revoking sessions, and purging expired
//! ones.

mod authenticate;
mod block_legacy;
mod caller;
mod client;
mod device;
mod email_policy;
mod error;
mod issue;
mod legacy;
mod lifetimes;
mod login;
mod logout;
mod manage;
mod model;
mod no_tokens;
mod password_check;
mod ports;
mod purge;
mod refresh;
mod restored;
mod token;
mod verify_refresh_token;

pub use authenticate::Authenticate;
pub use block_legacy::BlockLegacyTokens;
pub use caller::{AuthenticationMethod, Caller};
pub use client::{ClientAddress, ClientInfo, UserAgent};
pub use device::{Device, DeviceDigest, DeviceRepository, DeviceSighting, IPV6_SITE_PREFIX};
pub use email_policy::EmailPolicy;
pub use error::{SessionError, SigningError, TokenError};
pub(crate) use issue::NewSession;
pub use issue::{SessionIssuer, SessionOwner};
pub use legacy::{LEGACY_TOKEN_AGE, LegacySessions, LegacyToken, LegacyTokenReader};
pub use lifetimes::SessionLifetimes;
pub use login::{LoggedIn, Login};
pub use logout::Logout;
pub use manage::{ListSessions, RevokeSession};
pub use model::{
    EndReason, EndedSession, LockedAccount, RecordedEndReason, Rotation, RotationOutcome, Session, TokenGrant,
};
pub use no_tokens::NoTokens;
pub use password_check::{LoginAttempt, PasswordChecker, RefusedLogin};
pub use ports::{LegacyTokenRepository, SessionRepository, TokenIssuer};
pub use purge::PurgeSessions;
pub use refresh::Refresh;
pub(crate) use refresh::grace_window;
pub use restored::MarkRestoredSessions;
pub use token::{
    AccessClaims, Claims, PresentedToken, RefreshClaims, Token, TokenClaims, TokenPair, TokenScope,
};
pub use verify_refresh_token::{RefreshToken, VerifyRefreshToken};
