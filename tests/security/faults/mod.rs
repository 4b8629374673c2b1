//! Faults of the database, the network and the machine, while clients register accounts.
//!
//! Each request is answered within three seconds, by 503 where it is not carried out. After the fault
//! the service works again without help. No account whose registration was acknowledged is lost.

mod clock;
mod database;
mod disk;
mod load;
mod network;
mod proxy;
mod stop;
