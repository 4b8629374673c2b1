//! Runs the target that the environment variable `FUZZ_TARGET` names, on inputs of libFuzzer.
#![no_main]

use std::sync::LazyLock;

use sihha_fuzz::Target;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").expect("FUZZ_TARGET names a target");
    Target::named(&name).expect("there is a target with this name")
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| (TARGET.run)(data));
