//! One control group for all that is measured, as in a container or a unit of systemd.
//!
//! Without, the kernel's autogroups (sched(7)) give each session a share of the cores of its own, and each process of
//! Postgres is a session: threads that hash at the lowest priority then keep them waiting for tens of milliseconds.

use std::fs;
use std::path::{Path, PathBuf};

use crate::report::note;

/// The hierarchies of the processor's controller: cgroup v1, and v2.
const HIERARCHIES: [&str; 2] = ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup"];

/// Microseconds of each second that the watchers of pauses may take of a core: they take less than a tenth of it.
const WATCHERS_TIME: &str = "100000";

/// The group that this process and those that it starts are in. Left, and removed, with the value.
pub(crate) struct ControlGroup {
    folder: PathBuf,
}

impl ControlGroup {
    /// Enters a new one, if autogroups count and this process may.
    pub(crate) fn enter() -> anyhow::Result<Option<Self>> {
        let autogroups = fs::read_to_string("/proc/sys/kernel/sched_autogroup_enabled").unwrap_or_default();
        if autogroups.trim() != "1" || is_in_group() {
            return Ok(None);
        }
        let group = HIERARCHIES.iter().find_map(|hierarchy| Self::make(Path::new(hierarchy)));
        if group.is_none() {
            note("the kernel's autogroups cannot be left: reads in the storm will be slower than need be")?;
        }
        Ok(group)
    }

    fn make(hierarchy: &Path) -> Option<Self> {
        let folder = hierarchy.join(format!("sihha-bench-{}", std::process::id()));
        fs::create_dir(&folder).ok()?;
        let group = Self { folder };
        // Without the controller, a group of v2 leaves everybody in the autogroups.
        let controls = ["cpu.shares", "cpu.weight"].iter().any(|file| group.folder.join(file).exists());
        // A new group of v1 has no time for threads of the highest precedence; where there is no such bound, there is no file.
        let _ = fs::write(group.folder.join("cpu.rt_runtime_us"), WATCHERS_TIME);
        (controls && move_to(&group.folder).is_ok()).then_some(group)
    }
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        // An empty group that stays behind does no harm.
        let _ = self.folder.parent().map(move_to);
        let _ = fs::remove_dir(&self.folder);
    }
}

fn move_to(folder: &Path) -> std::io::Result<()> {
    fs::write(folder.join("cgroup.procs"), std::process::id().to_string())
}

/// Whether another group than the topmost has this process already: `4:cpu,cpuacct:/a/group` in v1. In v2 the path says
/// nothing of the controller.
fn is_in_group() -> bool {
    let text = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    text.lines().any(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let controllers = parts.next().unwrap_or_default();
        controllers.split(',').any(|name| name == "cpu") && parts.next() != Some("/")
    })
}
