//! README.md: its commands run as they stand, and its table has the options of the binary.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::process::{DEADLINE, Sihha};

const README: &str = include_str!("../../README.md");
const TRANSLATIONS: [&str; 2] = [include_str!("../../README.fr.md"), include_str!("../../README.ar.md")];

/// The address in the README. Another process may listen on it.
const ADDRESS: &str = "127.0.0.1:8000";

/// Replaces `make run` of the README, which builds and starts the service.
const MAKE: &str = r#"#!/bin/sh
[ "$*" = run ] || exit 64
echo $$ >service.pid
exec target/release/sihha serve </dev/null
"#;

/// The line that a terminal prints after each block.
const END: &str = "the end of the block";

/// A code block for a shell, and the terminal that the text above it names.
struct Block {
    terminal: &'static str,
    commands: String,
}

fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut terminal = "first";
    let mut open: Option<String> = None;
    for line in markdown.lines() {
        if line == "```sh" {
            open = Some(String::new());
        } else if line == "```" {
            blocks.extend(open.take().map(|commands| Block { terminal, commands }));
        } else if let Some(commands) = &mut open {
            *commands += line;
            commands.push('\n');
        } else {
            for name in ["first", "second"] {
                if line.contains(&format!("**{name} terminal**")) {
                    terminal = name;
                }
            }
        }
    }
    blocks
}

/// A shell that keeps its variables from one block to the next, and prints commands that failed.
struct Terminal {
    shell: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    transcript: String,
}

impl Terminal {
    fn open(sihha: &Sihha) -> Self {
        let mut command = sihha.command_of("bash");
        let mut shell = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(shell.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut terminal =
            Self { input: shell.stdin.take().unwrap(), shell, lines, transcript: String::new() };
        terminal.paste("exec 2>&1; set -E; trap 'echo \"FAILED: $BASH_COMMAND\"' ERR\n");
        terminal
    }

    fn paste(&mut self, commands: &str) {
        writeln!(self.input, "{commands}echo '{END}'").unwrap();
    }

    /// Reads until a line has that text, and returns the line.
    fn wait_for(&mut self, text: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(DEADLINE).unwrap_or_else(|_| {
                panic!("the shell did not print {text:?}:\n{}", self.transcript);
            });
            self.transcript += &line;
            self.transcript.push('\n');
            if line.contains(text) {
                return line;
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

fn interrupt_service(sihha: &Sihha) {
    let pid = fs::read_to_string(sihha.path().join("service.pid")).unwrap();
    kill(Pid::from_raw(pid.trim().parse().unwrap()), Signal::SIGINT).unwrap();
}

/// Creates a checkout with a built binary and `make`.
fn checkout() -> Sihha {
    let sihha = Sihha::fresh();
    let folder = sihha.path().to_owned();
    fs::create_dir_all(folder.join("target/release")).unwrap();
    symlink(&sihha.program, folder.join("target/release/sihha")).unwrap();
    fs::create_dir(folder.join("bin")).unwrap();
    fs::write(folder.join("bin/make"), MAKE).unwrap();
    fs::set_permissions(folder.join("bin/make"), PermissionsExt::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.join("bin").display(), std::env::var("PATH").unwrap());
    sihha.with("PATH", path).with("HOME", &folder)
}

#[test]
fn the_commands_work_as_they_stand_in_the_terminals_that_the_text_names() {
    let sihha = checkout();
    let mut first = Terminal::open(&sihha);
    let mut second = Terminal::open(&sihha);
    first.wait_for(END);
    second.wait_for(END);
    let mut address = None;
    for Block { terminal, commands } in blocks(README) {
        if terminal == "first" {
            if address.is_some() {
                interrupt_service(&sihha);
                first.wait_for(END);
            }
            assert!(commands.ends_with("make run\n"), "the terminal stays with the service: {commands}");
            first.paste(&commands);
            let ready = first.wait_for("sihha is ready");
            let (_, rest) = ready.split_once("http://").unwrap();
            address = rest.split_once("/api").map(|(address, _)| address.to_owned());
        } else {
            second.paste(&commands.replace(ADDRESS, address.as_deref().expect("the service runs")));
            second.wait_for(END);
        }
    }
    interrupt_service(&sihha);
    first.wait_for(END);

    let shown = &second.transcript;
    assert!(!(shown.clone() + &first.transcript).contains("FAILED"), "{}{shown}", first.transcript);
    // The one after the logout, as the text says.
    assert_eq!(shown.matches(r#""status":"#).count(), 1, "{shown}");
    assert!(shown.contains(r#""status":401"#), "{shown}");
    assert!(!shown.contains("You are not approved yet"), "{shown}");
    assert_eq!(shown.lines().filter(|line| *line == "204").count(), 2, "{shown}");
    for part in [r#""isPatient":true"#, "approved: labo", r#""crv":"P-256""#, " signing ", " pending "] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn translations_have_commands_of_the_readme_only() {
    let known: Vec<_> = blocks(README).into_iter().map(|block| block.commands).collect();
    for translation in TRANSLATIONS {
        let commands: Vec<_> = blocks(translation).into_iter().map(|block| block.commands).collect();
        assert!(!commands.is_empty() && commands.iter().all(|block| known.contains(block)), "{commands:?}");
    }
}

/// The variables of an option, and its default or `none`.
type Facts = (Vec<String>, String);

fn documented() -> BTreeMap<String, Facts> {
    let rows = README.lines().filter(|line| line.starts_with("| `--"));
    rows.map(|row| {
        let row = row.replace('`', "");
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let variables = cells[2].split(", ").map(str::to_owned).collect();
        (cells[1].to_owned(), (variables, cells[3].to_owned()))
    })
    .collect()
}

fn offered(help: &str) -> BTreeMap<String, Facts> {
    let mut texts: Vec<(&str, String)> = Vec::new();
    for line in help.lines().map(str::trim) {
        let option = line.split_whitespace().next().filter(|word| word.starts_with("--"));
        match (option, texts.last_mut()) {
            (Some(option), _) => texts.push((option, String::new())),
            (None, Some((_, text))) => text.extend([" ", line]),
            (None, None) => {}
        }
    }
    let facts = |text: String| {
        let text = text.replace('`', "");
        let (prose, own) = text.split_once("[env: ").expect("a variable");
        let own = own.split(['=', ']']).next().unwrap_or_default();
        let others = prose.split_whitespace().filter(|word| word.starts_with("SIHHA_"));
        let default = text.split_once("[default: ").and_then(|(_, rest)| rest.split_once(']'));
        let variables = [own].into_iter().chain(others).map(str::to_owned).collect();
        (variables, default.map_or("none", |(default, _)| default).to_owned())
    };
    texts.into_iter().map(|(option, text)| (option.to_owned(), facts(text))).collect()
}

#[test]
fn the_table_of_options_is_what_help_says() {
    let help = Sihha::bare().run(["serve", "--help"]).succeeded();
    let (documented, offered) = (documented(), offered(&help));
    assert!(offered.len() > 20, "{help}");
    for (option, facts) in &offered {
        assert_eq!(documented.get(option), Some(facts), "{option} in README.md");
    }
    let unknown: Vec<_> = documented.keys().filter(|option| !offered.contains_key(*option)).collect();
    assert!(unknown.is_empty(), "README.md has {unknown:?}, which `sihha serve` has not");
}
