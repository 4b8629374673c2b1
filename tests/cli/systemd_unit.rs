//! The systemd unit in `docs/operations.md`. The tests do not run systemd; they read the unit by
//! systemd.unit(5) and systemd.service(5).

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::process::Sihha;

/// Returns the unit, which stands in a code block after its path.
fn unit() -> String {
    let document = include_str!("../../docs/operations.md");
    let (_, rest) = document.split_once("`/etc/systemd/system/sihha.service`:").unwrap();
    let (_, rest) = rest.split_once("```ini\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

/// Returns the settings by section and name. Asserts that no name is given twice.
fn settings(unit: &str) -> BTreeMap<(String, String), String> {
    let (mut settings, mut section) = (BTreeMap::new(), "");
    for line in unit.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
            continue;
        }
        let (name, value) = line.split_once('=').unwrap();
        let before = settings.insert((section.to_owned(), name.to_owned()), value.to_owned());
        assert_eq!(before, None, "{line}");
    }
    settings
}

#[test]
fn the_unit_restarts_until_the_database_is_back() {
    let settings = settings(&unit());
    let value = |section: &str, name: &str| {
        settings.get(&(section.to_owned(), name.to_owned())).unwrap_or_else(|| panic!("no {name}")).as_str()
    };
    // The number of failed starts is not limited, and they are far enough apart to do no harm.
    assert_eq!(value("Unit", "StartLimitIntervalSec"), "0");
    assert_eq!(value("Service", "Restart"), "always");
    let pause: u64 = value("Service", "RestartSec").parse().unwrap();
    assert!((1..=10).contains(&pause), "{pause}");
    // A migration may take any time.
    assert_eq!(value("Service", "TimeoutStartSec"), "infinity");
}

#[test]
fn the_unit_allows_the_time_that_a_stop_takes() {
    let settings = settings(&unit());
    let stop = &settings[&("Service".to_owned(), "TimeoutStopSec".to_owned())];
    let help = Sihha::bare().run(["serve", "--help"]).succeeded();
    let default = |option: &str| {
        let (_, text) = help.split_once(option).unwrap();
        let (_, text) = text.split_once("[default: ").unwrap();
        humantime::parse_duration(text.split([' ', ']']).next().unwrap()).unwrap()
    };
    let (drain, shutdown) = (default("--drain <TIME>"), default("--shutdown-timeout <TIME>"));
    let stop = Duration::from_secs(stop.parse().unwrap());
    assert!(stop > drain + shutdown + Duration::from_secs(10), "{stop:?} {drain:?} {shutdown:?}");
}

#[test]
fn systemd_accepts_the_unit() {
    let sihha = Sihha::bare();
    let program = sihha.path().join("program");
    fs::write(&program, "#!/bin/sh\n").unwrap();
    assert!(Command::new("chmod").arg("755").arg(&program).status().unwrap().success());
    // The tests do not install the program or the user, and systemd looks both up.
    let unit =
        unit().replace("/usr/local/bin/sihha", program.to_str().unwrap()).replace("User=sihha", "User=root");
    let file = sihha.path().join("sihha.service");
    fs::write(&file, unit).unwrap();
    let verified = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&file).output();
    let verified = verified.expect("`scripts/setup systemd-analyze` installs it");
    // It also reports other units of the machine.
    let said = String::from_utf8_lossy(&verified.stderr);
    let own: Vec<&str> = said.lines().filter(|line| line.contains("sihha")).collect();
    assert!(own.is_empty(), "{own:?}");
}
