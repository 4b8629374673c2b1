//! The disk of the database is full.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use nix::sys::signal::Signal;
use nix::unistd::geteuid;

use super::load::{compare, under_load, unlimited};
use crate::process::Sihha;

/// Enough for a new cluster and its first log segments.
const SIZE: &str = "size=160m,mode=711";

/// A small disk in memory. Unmounted when dropped.
struct Disk(PathBuf);

impl Disk {
    /// Mounts it on a folder. Only root can.
    fn mount(folder: PathBuf) -> Self {
        fs::create_dir(&folder).unwrap();
        assert!(as_root(&["mount", "-t", "tmpfs", "-o", SIZE, "sihha-test"], &folder), "mount");
        Self(folder)
    }

    /// Fills it. Returns the file that does.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("ballast");
        let mut file = File::create(&path).unwrap();
        for length in [1 << 20, 1 << 12] {
            while file.write_all(&vec![1; length]).is_ok() {}
        }
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: after a failure Postgres still uses it.
        as_root(&["umount", "-l"], &self.0);
    }
}

fn as_root(command: &[&str], folder: &PathBuf) -> bool {
    let sudo: &[&str] = if geteuid().is_root() { &[] } else { &["sudo", "-n"] };
    let words = [sudo, command].concat();
    Command::new(words[0]).args(&words[1..]).arg(folder).status().is_ok_and(|status| status.success())
}

#[test]
fn a_full_disk_loses_no_registration() {
    if !geteuid().is_root()
        && !Command::new("sudo").args(["-n", "true"]).status().is_ok_and(|it| it.success())
    {
        println!("not tried: only root can mount a small disk");
        return;
    }
    let sihha = unlimited(Sihha::fresh());
    let disk = Disk::mount(sihha.data_dir());
    let service = sihha.serve();
    let ledger = under_load(&service, |load| {
        let ballast = disk.fill();
        load.wait_for_refusals();
        fs::remove_file(ballast).unwrap();
        load.assert_recovery();
    });
    compare(ledger, &service, |sql| sihha.number(sql));
    service.stop(Signal::SIGTERM).succeeded();
}
