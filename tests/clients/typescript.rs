//! Types by `openapi-typescript`.

use crate::generators::{prepare, run};
use crate::process::Sihha;

#[test]
fn typescript_finds_no_error_in_the_types_and_in_a_program_that_uses_them() {
    let sihha = Sihha::bare();
    prepare(&sihha, ["account.ts"]);
    let printed = run(&sihha, "openapi-typescript openapi.json --output sihha.ts");
    // A warning would be another line.
    let [title, done] = &printed[..] else { panic!("{printed:#?}") };
    assert!(title.contains("openapi-typescript") && done.contains("sihha.ts"), "{printed:#?}");

    let strict = "--strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --noUnusedLocals";
    let printed = run(&sihha, &format!("tsc --noEmit --target es2022 {strict} account.ts"));
    assert_eq!(printed, [""; 0]);
}
