//! `--log`, and colours.

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

use nix::pty::{Winsize, openpty};
use nix::sys::signal::Signal;
use sihha_tests::TestDatabase;

use crate::process::Sihha;

#[test]
fn an_unknown_level_or_directive_is_rejected_in_one_line() {
    let sihha = Sihha::bare();
    for log in
        ["warning", "sihha", "info,debugg", "sihha=loud", "sihha=", "=info", "info;sihha=debug", "[span]"]
    {
        for refused in
            [sihha.run(["openapi", "--log", log]), Sihha::bare().with("SIHHA_LOG", log).run(["openapi"])]
        {
            let line = refused.refusal();
            assert!(line.contains("--log") && line.contains("SIHHA_LOG"), "{line}");
            assert!(line.contains(log) && line.contains("write error, warn, info"), "{line}");
        }
    }
}

#[test]
fn levels_and_directives_select_the_lines() {
    let database = TestDatabase::new();
    for (log, is_logged) in [
        ("info", true),
        ("INFO", true),
        (" warn , sihha_api=info ", true),
        ("sihha_api::middleware=info", true),
        ("", true),
        ("error,nobody=debug", false),
        ("off", false),
    ] {
        let service = Sihha::on(&database).with("SIHHA_LOG", log);
        let service = service.serve();
        assert_eq!(service.get("/api/me").status, 401);
        let stopped = service.stop(Signal::SIGTERM);
        assert_eq!(stopped.stderr.contains("\"status\":401"), is_logged, "{log:?}: {}", stopped.stderr);
    }
}

/// Returns what a service writes to a terminal.
fn on_a_terminal(variables: &[(&str, &str)]) -> String {
    let database = TestDatabase::new();
    let sihha = variables.iter().fold(Sihha::on(&database), |sihha, (name, value)| sihha.with(name, value));
    let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    let terminal = openpty(&size, None).unwrap();
    let mut command: Command = sihha.command(["serve"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(terminal.slave);
    let mut child = command.spawn().unwrap();
    // Closes our copy of the terminal, so that reading ends with the service.
    drop(command);
    let mut announcement = [0; 1];
    child.stdout.as_mut().unwrap().read_exact(&mut announcement).unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(child.id().cast_signed()), Signal::SIGTERM).unwrap();
    let mut seen = Vec::new();
    // Reading a terminal without writers ends with an error.
    let _ = File::from(terminal.master).read_to_end(&mut seen);
    assert!(child.wait().unwrap().success());
    String::from_utf8(seen).unwrap()
}

#[test]
fn colours_are_only_for_terminals_that_support_them() {
    for (variables, has_colours) in [
        (&[("TERM", "xterm")][..], true),
        (&[], true),
        (&[("TERM", "xterm"), ("NO_COLOR", "")], true),
        (&[("TERM", "xterm"), ("NO_COLOR", "1")], false),
        (&[("TERM", "dumb")], false),
        (&[("TERM", "dumb"), ("SIHHA_LOG_FORMAT", "text")], false),
    ] {
        let seen = on_a_terminal(variables);
        assert!(seen.contains("INFO") && seen.contains("stopped"), "{variables:?}: {seen}");
        assert_eq!(seen.contains('\u{1b}'), has_colours, "{variables:?}: {seen}");
    }
}
