use std::fmt;

/// An error code of Postgres: five digits or letters, of which the first two are the class
/// (PostgreSQL manual, appendix A).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::postgres) struct SqlState([u8; 5]);

impl SqlState {
    pub(in crate::postgres) const CACHED_PLAN_IS_STALE: Self = Self(*b"0A000");
    pub(in crate::postgres) const READ_ONLY: Self = Self(*b"25006");
    pub(in crate::postgres) const UNKNOWN_STATEMENT: Self = Self(*b"26000");
    pub(in crate::postgres) const SERIALIZATION_FAILURE: Self = Self(*b"40001");
    pub(in crate::postgres) const DEADLOCK: Self = Self(*b"40P01");
    pub(in crate::postgres) const INSUFFICIENT_PRIVILEGE: Self = Self(*b"42501");
    pub(in crate::postgres) const LOCK_NOT_AVAILABLE: Self = Self(*b"55P03");
    pub(in crate::postgres) const QUERY_CANCELED: Self = Self(*b"57014");

    /// Parses a code.
    pub(in crate::postgres) fn parse(text: &str) -> Option<Self> {
        let code: [u8; 5] = text.as_bytes().try_into().ok()?;
        let is_code = code.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
        is_code.then_some(Self(code))
    }

    pub(in crate::postgres) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("?????")
    }

    /// Returns the class, which is the first two characters.
    pub(in crate::postgres) fn class(&self) -> &str {
        self.as_str().get(..2).unwrap_or("??")
    }
}

impl fmt::Display for SqlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for SqlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
