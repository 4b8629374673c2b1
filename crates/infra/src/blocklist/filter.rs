//! A compact set of passwords. Also part of the build script, so it uses nothing of this crate.

use std::io::{self, Read, Write};

use sha1::Sha1;
use sha2::{Digest, Sha256};
use xorf::{BinaryFuse16, Descriptor, DmaSerializable, Filter};

/// First bytes of a file with a filter. No text begins with them.
pub(crate) const MAGIC: [u8; 8] = *b"\x93sihhapw";
const VERSION: u32 = 1;
/// Magic, version, number of passwords, descriptor; then come the checksum and the fingerprints.
const HEADER: usize = 8 + 4 + 8 + DESCRIPTOR;
const DESCRIPTOR: usize = BinaryFuse16::DESCRIPTOR_LEN;
/// Maximum number of passwords, so that `xorf` can count the fingerprints.
const MAX_PASSWORDS: usize = 3_000_000_000;
/// Number of bytes that are read at a time.
const CHUNK: usize = 1 << 16;

/// Why a filter cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    /// No password to put in.
    #[error("has no password that could be chosen")]
    Empty,
    /// The file is neither a list nor a filter.
    #[error("is neither a list of passwords, one on each line, nor a filter")]
    NotAList,
    /// Too many passwords.
    #[error("has more passwords than a filter can hold")]
    TooMany,
    /// The file has another version.
    #[error("is a filter of version {0}; make it again with this release")]
    Version(u32),
    /// The file ends too early, or its checksum is another.
    #[error("is a damaged filter; make it again")]
    Damaged,
    /// The file cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A set of passwords as a binary fuse filter with 16 bits for each, 18 with its overhead. Finds each
/// password that was put in, and one of 65,536 others by mistake.
pub struct PasswordFilter {
    filter: BinaryFuse16,
    count: u64,
}

/// Returns the key of a password: the first 64 bits of the digest that breach lists have.
pub(crate) fn key(password: &str) -> u64 {
    let mut half = [0; 8];
    half.copy_from_slice(&Sha1::digest(password.as_bytes())[..8]);
    u64::from_be_bytes(half)
}

impl PasswordFilter {
    /// Makes a filter of these keys. Takes up to 37 bytes of memory for each.
    pub(crate) fn build(mut keys: Vec<u64>) -> Result<Self, FilterError> {
        keys.sort_unstable();
        keys.dedup();
        if keys.is_empty() {
            return Err(FilterError::Empty);
        }
        if keys.len() > MAX_PASSWORDS {
            return Err(FilterError::TooMany);
        }
        let filter = BinaryFuse16::try_from(&keys).map_err(|_| FilterError::TooMany)?;
        Ok(Self { filter, count: keys.len() as u64 })
    }

    /// Returns whether the filter has the key.
    pub(crate) fn has(&self, key: u64) -> bool {
        self.filter.contains(&key)
    }

    /// Returns the number of passwords.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Writes the filter as a file has it.
    pub(crate) fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut header = [0; HEADER];
        header[..8].copy_from_slice(&MAGIC);
        header[8..12].copy_from_slice(&VERSION.to_le_bytes());
        header[12..20].copy_from_slice(&self.count.to_le_bytes());
        self.filter.dma_copy_descriptor_to(&mut header[20..]);
        let chunks = || self.filter.fingerprints.chunks(CHUNK / 2).map(little_endian);
        let mut checksum = Sha256::new_with_prefix(header);
        chunks().for_each(|chunk| checksum.update(chunk));
        out.write_all(&header)?;
        out.write_all(&checksum.finalize())?;
        chunks().try_for_each(|chunk| out.write_all(&chunk))
    }

    /// Reads a filter that [`Self::write_to`] wrote.
    pub(crate) fn read_from(file: &mut dyn Read) -> Result<Self, FilterError> {
        let (mut header, mut expected) = ([0; HEADER], [0; 32]);
        read(file, &mut header)?;
        read(file, &mut expected)?;
        let number =
            |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let long = |at: usize| u64::from(number(at)) | u64::from(number(at + 4)) << 32;
        if header[..8] != MAGIC {
            return Err(FilterError::Damaged);
        }
        if number(8) != VERSION {
            return Err(FilterError::Version(number(8)));
        }
        let (length, segments) = (number(28), number(36));
        let descriptor = Descriptor {
            seed: long(20),
            segment_length: length,
            segment_length_mask: number(32),
            segment_count_length: segments,
        };
        // Else a lookup would leave the fingerprints.
        let is_sound = length.is_power_of_two()
            && descriptor.segment_length_mask == length - 1
            && segments.is_multiple_of(length);
        if !is_sound {
            return Err(FilterError::Damaged);
        }
        let mut missing = 2 * (u64::from(segments) + 2 * u64::from(length));
        let mut checksum = Sha256::new_with_prefix(header);
        // Grows with what is there, whatever a damaged header says.
        let (mut fingerprints, mut chunk) = (Vec::new(), vec![0; CHUNK]);
        while missing > 0 {
            let size = usize::try_from(missing).map_or(CHUNK, |missing| missing.min(CHUNK));
            read(file, &mut chunk[..size])?;
            checksum.update(&chunk[..size]);
            fingerprints
                .extend(chunk[..size].chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])));
            missing -= size as u64;
        }
        if checksum.finalize()[..] != expected || file.read(&mut chunk)? > 0 {
            return Err(FilterError::Damaged);
        }
        let filter = BinaryFuse16 { descriptor, fingerprints: fingerprints.into_boxed_slice() };
        Ok(Self { filter, count: long(12) })
    }
}

fn little_endian(fingerprints: &[u16]) -> Vec<u8> {
    fingerprints.iter().flat_map(|fingerprint| fingerprint.to_le_bytes()).collect()
}

fn read(file: &mut dyn Read, into: &mut [u8]) -> Result<(), FilterError> {
    file.read_exact(into).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => FilterError::Damaged,
        _ => error.into(),
    })
}
