//! Every target on its committed inputs.

use std::fs;
use std::path::Path;

use sihha_fuzz::Target;

#[test]
fn every_property_holds_for_the_seeds() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    for target in Target::ALL {
        let folder =
            fs::read_dir(seeds.join(target.name)).unwrap_or_else(|_| panic!("{} has seeds", target.name));
        let files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
        assert!(!files.is_empty(), "{} has seeds", target.name);
        for file in files {
            println!("{}", file.display());
            (target.run)(&fs::read(&file).unwrap());
        }
    }
    assert_eq!(fs::read_dir(seeds).unwrap().count(), Target::ALL.len(), "a folder of another target");
}
