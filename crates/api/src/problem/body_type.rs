/// The header that names the media types of patches (RFC 5789 §3.1), with its value.
pub(super) const ACCEPT_PATCH: (&str, &str) =
    ("accept-patch", "application/merge-patch+json, application/json");

/// What the body of an operation must be declared as.
#[derive(Debug, Clone, Copy, Default)]
pub enum BodyType {
    /// JSON.
    #[default]
    Json,
    /// A JSON merge patch, or JSON.
    MergePatch,
    /// The form of a page.
    Form,
    /// Not compressed.
    Uncompressed,
}

impl BodyType {
    /// Returns the header that declares it, its value, and the header of a response that refuses
    /// another value (RFC 9110 §15.5.16, RFC 5789 §2.2).
    pub(super) const fn headers(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Json => ("Content-Type", "application/json", "accept"),
            Self::MergePatch => ("Content-Type", ACCEPT_PATCH.1, ACCEPT_PATCH.0),
            Self::Form => ("Content-Type", "application/x-www-form-urlencoded", "accept"),
            Self::Uncompressed => ("Content-Encoding", "identity", "accept-encoding"),
        }
    }
}
