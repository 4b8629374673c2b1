//! The size of the server's page cache.

use std::fs;
use std::path::{Path, PathBuf};

/// Divisor of the available memory. On a dedicated machine it would be 4 (PostgreSQL manual, 20.4.1
/// `shared_buffers`).
const DIVISOR: u64 = 8;
/// The default of Postgres.
const MIN_MIB: u64 = 128;
/// Above this the kernel's own cache is as good.
const MAX_MIB: u64 = 8 * 1024;

/// Returns the size of the server's cache in MiB. The system provides only the part that is in use.
pub(crate) fn shared_buffers_mib() -> u64 {
    share(available_mib(Path::new("/")))
}

fn share(available_mib: u64) -> u64 {
    (available_mib / DIVISOR).clamp(MIN_MIB, MAX_MIB)
}

/// Returns the machine's memory in MiB, or the smallest limit of this process's control groups if
/// that is less.
fn available_mib(root: &Path) -> u64 {
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
    let total = machine_mib(&read("proc/meminfo"));
    let (groups, mounts) = (read("proc/self/cgroup"), read("proc/self/mountinfo"));
    let limits = mounts.lines().filter_map(Mount::parse).filter_map(|mount| mount.limit(root, &groups));
    limits.map(|bytes| bytes / 1024 / 1024).fold(total, u64::min)
}

fn machine_mib(meminfo: &str) -> u64 {
    let total = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix("kB"));
    total.and_then(|kib| kib.trim().parse::<u64>().ok()).map_or(0, |kib| kib / 1024)
}

/// A mounted hierarchy of control groups that can limit memory: `proc_pid_mountinfo(5)`,
/// `cgroups(7)`.
struct Mount<'a> {
    is_v2: bool,
    /// The group at the mount point.
    group: &'a str,
    point: &'a str,
}

impl<'a> Mount<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (place, kind) = line.split_once(" - ")?;
        let mut place = place.split(' ').skip(3);
        let (group, point) = (place.next()?, place.next()?);
        let mut kind = kind.split(' ');
        let is_v2 = match kind.next()? {
            "cgroup2" => true,
            "cgroup" if kind.nth(1)?.split(',').any(|option| option == "memory") => false,
            _ => return None,
        };
        Some(Self { is_v2, group, point })
    }

    /// Returns the smallest limit of this process's group and its parents, in bytes.
    fn limit(&self, root: &Path, groups: &str) -> Option<u64> {
        let own = groups.lines().find_map(|line| {
            let mut fields = line.splitn(3, ':');
            let (_, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
            let is_it = if self.is_v2 {
                controllers.is_empty()
            } else {
                controllers.split(',').any(|name| name == "memory")
            };
            is_it.then_some(path)
        })?;
        // In a container, its own group may be at the mount point, although its name is the one
        // outside.
        let below = Path::new(own).strip_prefix(self.group).unwrap_or(Path::new(""));
        let point = root.join(self.point.trim_start_matches('/'));
        let files: &[&str] =
            if self.is_v2 { &["memory.max", "memory.high"] } else { &["memory.limit_in_bytes"] };
        let levels: Vec<PathBuf> = below.ancestors().map(|level| point.join(level)).collect();
        let files = levels.iter().flat_map(|level| files.iter().map(|file| level.join(file)));
        // Without a limit, the file has `max` or a number above all memory.
        files.filter_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok()).min()
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const GIB: u64 = 1024 * 1024 * 1024;
    const V2: &str = "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
    const HYBRID: &str = "30 24 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n\
                          31 24 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n\
                          32 24 0:28 / /sys/fs/cgroup/memory rw shared:3 - cgroup cgroup rw,memory\n";

    /// Creates the files of a machine with 24,000 MiB, whose process is in these groups with these
    /// limits.
    fn machine(groups: &str, mounts: &str, limits: &[(&str, String)]) -> TempDir {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("proc/meminfo", "MemTotal:       24576000 kB\nMemFree:        21000000 kB\n");
        write("proc/self/cgroup", groups);
        write("proc/self/mountinfo", mounts);
        for (path, limit) in limits {
            write(&format!("sys/fs/cgroup/{path}"), limit);
        }
        root
    }

    fn available(groups: &str, mounts: &str, limits: &[(&str, String)]) -> u64 {
        available_mib(machine(groups, mounts, limits).path())
    }

    fn gib(count: u64) -> String {
        format!("{}\n", count * GIB)
    }

    #[test]
    fn without_a_limit_the_machines_memory_counts() {
        assert_eq!(available("", "", &[]), 24_000);
        let none = ("system.slice/memory.max", "max\n".to_owned());
        assert_eq!(available("0::/system.slice/clinic.service\n", V2, &[none]), 24_000);
        let none = ("memory/memory.limit_in_bytes", "9223372036854771712\n".to_owned());
        assert_eq!(available("4:memory:/\n0::/\n", HYBRID, &[none]), 24_000);
        assert_eq!(available_mib(Path::new("/nowhere")), 0);
    }

    #[test]
    fn the_smallest_limit_of_all_levels_counts() {
        let group = "0::/system.slice/clinic.service\n";
        for limited in ["system.slice/clinic.service/memory.max", "system.slice/memory.max", "memory.max"] {
            let limits = [(limited, gib(2)), ("system.slice/clinic.service/memory.high", gib(3))];
            assert_eq!(available(group, V2, &limits), 2048, "{limited}");
        }
        let limits =
            [("system.slice/memory.max", gib(4)), ("system.slice/clinic.service/memory.high", gib(3))];
        assert_eq!(available(group, V2, &limits), 3072);
        assert_eq!(available(group, V2, &[("user.slice/memory.max", gib(1))]), 24_000);
    }

    #[test]
    fn limits_of_cgroups_v1_count_too() {
        let groups = "5:cpu,cpuacct:/other\n4:memory:/docker/abc\n0::/docker/abc\n";
        for limited in ["memory/docker/abc", "memory/docker", "memory"] {
            let limits = [(&*format!("{limited}/memory.limit_in_bytes"), gib(2))];
            assert_eq!(available(groups, HYBRID, &limits), 2048, "{limited}");
        }
    }

    #[test]
    fn in_a_container_its_own_group_may_be_at_the_mount_point() {
        let limits = [("memory/memory.limit_in_bytes", gib(2)), ("memory.max", gib(2))];
        let mounts = "32 24 0:28 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";
        assert_eq!(available("4:memory:/docker/abc\n", mounts, &limits), 2048);
        assert_eq!(available("4:memory:/docker/abc/below\n", mounts, &limits), 2048);
        assert_eq!(available("0::/\n", V2, &limits), 2048);
        assert_eq!(available("0::/../other\n", V2, &limits), 2048);
    }

    #[test]
    fn the_cache_is_an_eighth_of_the_memory_within_bounds() {
        assert_eq!([0, 256, 24_000, 512 * 1024].map(share), [128, 128, 3000, 8192]);
    }
}
