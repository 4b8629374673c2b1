/// The parts of a token, still encoded (RFC 7515 §3.1).
pub(super) struct CompactJws<'a> {
    pub(super) header: &'a str,
    pub(super) claims: &'a str,
    /// Header and claims, which the signature covers.
    pub(super) message: &'a str,
    pub(super) signature: &'a str,
}

impl<'a> CompactJws<'a> {
    /// Splits a token into its parts.
    pub(super) fn parse(token: &'a str) -> Option<Self> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        Some(Self { header, claims, message, signature })
    }
}
