//! The groups among which the kernel divides the cores: autogroups and control groups (sched(7),
//! cgroups(7)).

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::postgres::Postgres;
use crate::report::note;

/// The hierarchies of the CPU controller: cgroup v1 and v2.
const HIERARCHIES: [&str; 2] = ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup"];

/// Microseconds of a core per second that the watchers of pauses may use. They use less than a
/// tenth of it.
const WATCHERS_TIME: &str = "100000";

/// The arrangement of the processes of service, Postgres and load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrangement {
    /// All in one control group, such as one container. It is the best for reads, because only the
    /// priorities of the threads count.
    OneGroup,
    /// A group for each session: the default of most distributions. Each process of Postgres is a
    /// session.
    Autogroups,
    /// The service in one control group and Postgres in another, of equal weight, such as two
    /// containers.
    TwoGroups,
}

impl Arrangement {
    /// Returns the name of the arrangement, for people.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::OneGroup => "in one control group",
            Self::Autogroups => "in autogroups",
            Self::TwoGroups => "in two control groups",
        }
    }

    /// Runs `load` in this arrangement. `service` is the measured process. Returns `None` if the
    /// system or this process's privileges do not allow it.
    pub(crate) fn during<T>(
        self,
        postgres: &Postgres,
        service: u32,
        load: impl FnOnce() -> anyhow::Result<T>,
    ) -> anyhow::Result<Option<T>> {
        let groups = match self {
            Self::OneGroup => groups(&[("all", std::process::id())])?,
            Self::Autogroups => autogroups_count().then(Vec::new),
            Self::TwoGroups => groups(&[("service", service), ("postgres", postgres.id())])?,
        };
        // Removed at the end.
        let Some(_groups) = groups else { return Ok(None) };
        load().map(Some)
    }
}

/// Runs `load` in one control group if one can be created, otherwise in the group of this process.
pub(crate) fn in_one_group<T>(load: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let group = groups(&[("all", std::process::id())])?;
    if group.is_none() {
        note("no control group can be made: in autogroups, figures are worse than need be")?;
    }
    load()
}

/// Moves each process with its descendants to a separate new control group.
fn groups(members: &[(&str, u32)]) -> anyhow::Result<Option<Vec<ControlGroup>>> {
    let mut entered = Vec::new();
    for (name, root) in members {
        let Some(group) = ControlGroup::make(name) else { return Ok(None) };
        // Processes that a moved process starts are already in the group. Those that it started
        // before the move are found in the next pass.
        let mut moved = Vec::new();
        loop {
            let left: Vec<u32> = tree(*root)?.into_iter().filter(|member| !moved.contains(member)).collect();
            if left.is_empty() {
                break;
            }
            for member in &left {
                group.add(*member)?;
            }
            moved.extend(left);
        }
        entered.push(group);
    }
    Ok(Some(entered))
}

/// A control group of the CPU controller. When the value is dropped, its members are moved to the
/// parent, and the group is removed.
struct ControlGroup {
    folder: PathBuf,
}

impl ControlGroup {
    fn make(name: &str) -> Option<Self> {
        HIERARCHIES.iter().find_map(|hierarchy| Self::make_in(Path::new(hierarchy), name))
    }

    fn make_in(hierarchy: &Path, name: &str) -> Option<Self> {
        let folder = hierarchy.join(format!("sihha-bench-{}-{name}", std::process::id()));
        fs::create_dir(&folder).ok()?;
        let group = Self { folder };
        // Without the controller, the processes of a v2 group stay in the autogroups.
        let controls = ["cpu.shares", "cpu.weight"].iter().any(|file| group.folder.join(file).exists());
        // A new v1 group has no time for threads with the highest priority. The file exists only if
        // the kernel has this limit.
        let _ = fs::write(group.folder.join("cpu.rt_runtime_us"), WATCHERS_TIME);
        controls.then_some(group)
    }

    fn add(&self, process: u32) -> anyhow::Result<()> {
        let added = fs::write(self.folder.join("cgroup.procs"), process.to_string());
        // A connection's process may end meanwhile.
        if Path::new(&format!("/proc/{process}")).exists() {
            added.with_context(|| format!("cannot move a process to {}", self.folder.display()))?;
        }
        Ok(())
    }
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        let members = fs::read_to_string(self.folder.join("cgroup.procs")).unwrap_or_default();
        if let Some(parent) = self.folder.parent() {
            for member in members.lines() {
                // A process that has ended needs no group.
                let _ = fs::write(parent.join("cgroup.procs"), member);
            }
        }
        // An empty group that remains does no harm.
        let _ = fs::remove_dir(&self.folder);
    }
}

/// Returns whether autogroups are enabled and affect this process. In v1 they affect only the root
/// control group: `4:cpu,cpuacct:/a/group` is another group. In v2 the path does not show whether
/// the controller is enabled.
fn autogroups_count() -> bool {
    let on = fs::read_to_string("/proc/sys/kernel/sched_autogroup_enabled").unwrap_or_default();
    let text = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let in_group = text.lines().any(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let controllers = parts.next().unwrap_or_default();
        controllers.split(',').any(|name| name == "cpu") && parts.next() != Some("/")
    });
    on.trim() == "1" && !in_group
}

/// Returns a process and all of its descendants.
fn tree(root: u32) -> anyhow::Result<Vec<u32>> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(process) = found.get(next) {
        for task in fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten() {
            let children = fs::read_to_string(task?.path().join("children")).unwrap_or_default();
            found.extend(children.split_whitespace().filter_map(|id| id.parse::<u32>().ok()));
        }
        next += 1;
    }
    Ok(found)
}
