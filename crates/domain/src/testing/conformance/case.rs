//! Cases, and the tests that they become.

/// A case's name, and what it does with an adapter. It panics if the adapter is wrong.
pub type Case<Port> = (&'static str, fn(&Port));

/// A case for one adapter, to run as a test.
pub struct Test {
    /// The adapter's and the case's names.
    pub name: String,
    /// Panics if the adapter is wrong.
    pub run: Box<dyn FnOnce() + Send>,
}

/// Returns a test of each case. `with` makes an adapter that no other test uses, and passes it to
/// the case.
pub fn tests<Port: ?Sized + 'static>(adapter: &str, cases: &[Case<Port>], with: fn(fn(&Port))) -> Vec<Test> {
    let test = |&(case, run): &Case<Port>| Test {
        name: format!("{adapter}::{case}"),
        run: Box::new(move || with(run)),
    };
    cases.iter().map(test).collect()
}
