//! Keys of the advisory locks that instances and commands use in the database.

/// Key of the lock that the migrating process holds: "sihha" in ASCII.
pub(super) const MIGRATE: i64 = 0x0073_6968_6861;

/// Key of the lock that a process holds while it grants rights.
pub(super) const GRANT: i64 = MIGRATE + 1;

/// Key of the lock that a purging transaction holds: "sweep" in ASCII, which earlier releases use
/// as well.
pub(super) const PURGE: i64 = 0x0073_7765_6570;
