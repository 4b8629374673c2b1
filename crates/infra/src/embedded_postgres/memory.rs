//! How much memory the server may keep pages in.

use std::fs;

/// The share of the machine's memory: half of what a machine of its own would give it
/// (PostgreSQL, 20.4.1 `shared_buffers`), for it shares this one.
const SHARE: u64 = 8;
/// The server's own default, which is little already.
const LEAST_MIB: u64 = 128;
/// Beyond this the kernel's cache does as well.
const MOST_MIB: u64 = 8 * 1024;

/// Size of the server's cache in MiB. Only what is used of it is taken.
pub(super) fn shared_buffers_mib() -> u64 {
    let [total, limit] = ["/proc/meminfo", "/sys/fs/cgroup/memory.max"]
        .map(|path| fs::read_to_string(path).unwrap_or_default());
    share(&total, &limit)
}

/// From the text of both files: the machine's memory, and a container's limit of it, which may be none.
fn share(meminfo: &str, limit: &str) -> u64 {
    let total = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix("kB"));
    let total = total.and_then(|kib| kib.trim().parse::<u64>().ok()).map_or(0, |kib| kib / 1024);
    let limit = limit.trim().parse::<u64>().map_or(u64::MAX, |bytes| bytes / 1024 / 1024);
    (total.min(limit) / SHARE).clamp(LEAST_MIB, MOST_MIB)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMINFO: &str = "MemTotal:       24684096 kB\nMemFree:        21000000 kB\n";

    #[test]
    fn the_cache_is_an_eighth_of_what_there_is() {
        assert_eq!(share(MEMINFO, ""), 3013);
        assert_eq!(share(MEMINFO, "max\n"), 3013);
        assert_eq!(share(MEMINFO, "4294967296\n"), 512);
    }

    #[test]
    fn the_cache_is_never_tiny_and_never_huge() {
        assert_eq!(share("", ""), 128);
        assert_eq!(share(MEMINFO, "268435456\n"), 128);
        assert_eq!(share("MemTotal: 536870912 kB\n", "max"), 8192);
    }
}
