//! Makes the filter of common passwords that the binary contains.

#[path = "src/blocklist/filter.rs"]
#[expect(dead_code, unreachable_pub, reason = "a module of the crate, of which this needs a part")]
mod filter;

use std::fs::{self, File};
use std::path::Path;

const LIST: &str = "data/common-passwords.txt";

fn main() {
    println!("cargo:rerun-if-changed={LIST}");
    println!("cargo:rerun-if-changed=src/blocklist/filter.rs");
    let list = fs::read_to_string(LIST).expect("the list");
    let filter = filter::PasswordFilter::build(list.lines().map(filter::key).collect()).expect("a filter");
    let folder = std::env::var_os("OUT_DIR").expect("OUT_DIR");
    let mut file = File::create(Path::new(&folder).join("common-passwords.filter")).expect("a file");
    filter.write_to(&mut file).expect("written");
}
