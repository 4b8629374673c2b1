/// The type of a token: `typ` in its header (RFC 7515 §4.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenTyp {
    /// A token of either kind.
    Jwt,
    /// An access token by RFC 9068.
    Access,
    /// A refresh token, which no consumer may take for an access token.
    Refresh,
}

impl TokenTyp {
    pub(super) const ALL: [Self; 3] = [Self::Jwt, Self::Access, Self::Refresh];

    /// Returns its name in the header.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jwt => "JWT",
            Self::Access => "at+jwt",
            Self::Refresh => "rt+jwt",
        }
    }
}
