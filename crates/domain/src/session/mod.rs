//! Sessions: logging in, and the tokens that show it.

mod authenticate;
mod login;
mod open;
mod ports;
mod token;

pub use authenticate::Authenticate;
pub use login::{LoggedIn, Login, LoginAttempt};
pub use open::{Sessions, TokenLifetimes};
pub use ports::{TokenError, TokenIssuer};
pub use token::{Claims, Token, TokenPair, TokenType};
