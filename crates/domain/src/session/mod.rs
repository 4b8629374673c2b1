//! Sessions: logging in, the tokens that show it, their refreshment, and their end.

mod authenticate;
mod client;
mod former;
mod login;
mod logout;
mod model;
mod open;
mod own;
mod ports;
mod presented;
mod refresh;
mod restored;
mod sweep;
mod token;

pub use authenticate::Authenticate;
pub use client::{Client, ClientAddress, UserAgent};
pub use former::{FORMER_TOKEN_AGE, FormerSessions, FormerToken, FormerTokenReader};
pub use login::{LoggedIn, Login, LoginAttempt, RefusedLogin};
pub use logout::Logout;
pub use model::{
    AccountLock, EndReason, EndedSession, RecordedEndReason, Rotated, Rotation, RotationOutcome, Session,
};
pub(crate) use open::NewSession;
pub use open::{RoleTimes, SessionLifetimes, SessionOwner, Sessions};
pub use own::OwnSessions;
pub use ports::{SessionRepository, TokenError, TokenIssuer};
pub use presented::{Presented, RefreshToken, RefreshTokens};
pub use refresh::Refresh;
pub use restored::MarkRestoredSessions;
pub use sweep::SweepSessions;
pub use token::{Claims, Token, TokenPair, TokenType};
