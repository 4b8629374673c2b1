//! Long texts. The input is repeated up to the length of the longest body, so that a parser whose time
//! grows with the square of the length takes seconds.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

use crate::{bodies, codes, cursors, forwarded, patches, rows, search, values};

/// Maximum length of a body.
const LENGTH: usize = 64 * 1024;

/// Maximum processor time of all parsers of a target. With a time that grows with the length they take
/// a twentieth of it.
const MAX_TIME: Duration = Duration::from_secs(2);

pub(crate) fn run(data: &[u8]) {
    let Some((choice, unit)) = data.split_first() else { return };
    if unit.is_empty() {
        return;
    }
    let text: Vec<u8> = unit.iter().copied().cycle().take(LENGTH).collect();
    let json = || [br#"{"name":""#, &text[..], br#"","profile":{"email":""#, &text, br#""}}"#].concat();
    let nested = || [br#"{"profile":"#, &text[..]].concat();
    match choice % 10 {
        0 => timed("bodies", || bodies::run(&json())),
        1 => timed("nested bodies", || bodies::run(&nested())),
        2 => timed("codes", || codes::run(&text)),
        3 => timed("cursors", || cursors::run(&text)),
        4 => timed("forwarded", || forwarded::run(&text)),
        5 => timed("patches", || patches::run(&[&[*choice][..], &json()].concat())),
        6 => timed("rows", || rows::run(&text)),
        7 => timed("search", || search::run(&text)),
        _ => timed("values", || values::run(&text)),
    }
}

fn timed(what: &str, run: impl FnOnce()) {
    let used = || {
        clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map(Duration::from).expect("the time of this thread")
    };
    let before = used();
    run();
    let time = used().saturating_sub(before);
    assert!(time < MAX_TIME, "{what} took {time:?}");
}
