//! Randomness, as a port.

/// A source of unpredictable bytes. Use cases never ask the system, so tests can predict them.
pub trait Randomness: Send + Sync {
    /// Fills `bytes`. An adapter MUST use a cryptographically secure source.
    fn fill(&self, bytes: &mut [u8]);
}
