//! SessionIssuer: logging in, the tokens that show it, their refreshment, and their end.

mod authenticate;
mod client;
mod issue;
mod legacy;
mod login;
mod logout;
mod manage;
mod model;
mod ports;
mod purge;
mod refresh;
mod restored;
mod token;
mod verify_refresh_token;

pub use authenticate::Authenticate;
pub use client::{ClientAddress, ClientInfo, UserAgent};
pub(crate) use issue::NewSession;
pub use issue::{PerRole, SessionIssuer, SessionLifetimes, SessionOwner};
pub use legacy::{LEGACY_TOKEN_AGE, LegacySessions, LegacyToken, LegacyTokenReader};
pub use login::{LoggedIn, Login, LoginAttempt, RefusedLogin};
pub use logout::Logout;
pub use manage::OwnSessions;
pub use model::{
    EndReason, EndedSession, LockedAccount, RecordedEndReason, Rotation, RotationOutcome, Session, TokenGrant,
};
pub use ports::{SessionRepository, TokenError, TokenIssuer};
pub use purge::PurgeSessions;
pub use refresh::Refresh;
pub use restored::MarkRestoredSessions;
pub use token::{Claims, Token, TokenPair, TokenType};
pub use verify_refresh_token::{PresentedToken, RefreshToken, VerifyRefreshToken};
