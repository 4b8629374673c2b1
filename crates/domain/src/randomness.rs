//! Randomness, as a port.

/// A source of unpredictable bytes. Use cases never ask the system themselves, so tests can fix them.
pub trait Randomness: Send + Sync {
    /// Fills `bytes`. An adapter MUST draw from a cryptographically secure source.
    fn fill(&self, bytes: &mut [u8]);
}
