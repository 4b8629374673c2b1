//! No module imports, directly or through others, the module that imports it.
//!
//! A module is a file. An import is a path, in a `use` or inline, that names an item which another
//! file of the crate defines. A re-export is followed to that file. A `pub use` of a child's item
//! only gives the item another path, so it is no import. Test modules are left out.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, Macro, Meta, UseTree, Visibility};

use super::workspace;

/// The path of a module from the root of its crate.
type ModulePath = Vec<String>;

/// What a name stands for in a module.
enum Name {
    Item,
    Module,
    /// A `use` of this path.
    Use(Vec<String>),
}

/// One module, in a file or inline in one.
struct Module {
    file: PathBuf,
    names: HashMap<String, Name>,
    globs: Vec<Vec<String>>,
    items: Vec<Item>,
}

struct Crate(BTreeMap<ModulePath, Module>);

impl Crate {
    fn read(root: &Path) -> Self {
        let mut modules = Self(BTreeMap::new());
        modules.read_file(Vec::new(), root, root.parent().expect("a folder"));
        modules
    }

    /// Reads a module from `file`; the files of its children are in `folder`.
    fn read_file(&mut self, path: ModulePath, file: &Path, folder: &Path) {
        let text =
            std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let items =
            syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display())).items;
        self.add(path, file, folder, items);
    }

    fn add(&mut self, path: ModulePath, file: &Path, folder: &Path, items: Vec<Item>) {
        let mut module =
            Module { file: file.to_owned(), names: HashMap::new(), globs: Vec::new(), items: Vec::new() };
        for item in items {
            match item {
                item if attributes(&item).iter().any(is_test) => {}
                Item::Mod(ItemMod { ident, content, .. }) => {
                    let name = ident.to_string();
                    module.names.insert(name.clone(), Name::Module);
                    let child = [&path[..], std::slice::from_ref(&name)].concat();
                    let inner = folder.join(&name);
                    if let Some((_, items)) = content {
                        self.add(child, file, &inner, items);
                    } else {
                        let beside = folder.join(format!("{name}.rs"));
                        let file = if beside.exists() { beside } else { inner.join("mod.rs") };
                        self.read_file(child, &file, &inner);
                    }
                }
                item => {
                    if let Item::Use(item) = &item {
                        for (alias, path) in uses(&item.tree) {
                            match alias {
                                Some(alias) => drop(module.names.insert(alias, Name::Use(path))),
                                None => module.globs.push(path),
                            }
                        }
                    } else if let Some(name) = defined_name(&item) {
                        module.names.insert(name, Name::Item);
                    }
                    module.items.push(item);
                }
            }
        }
        self.0.insert(path, module);
    }

    /// Returns the module that defines the item which `path` names in the module `from`. `None` if
    /// the path leaves the crate or names a module.
    fn defining(&self, from: &ModulePath, path: &[String]) -> Option<ModulePath> {
        match self.resolve(from, path, 0)? {
            (module, true) => Some(module),
            (_, false) => None,
        }
    }

    /// Returns the module that `path` leads to, and whether it names an item in it.
    fn resolve(&self, from: &ModulePath, path: &[String], depth: u8) -> Option<(ModulePath, bool)> {
        // Two globs may name each other.
        if depth == 16 {
            return None;
        }
        let mut module = from.clone();
        for name in path {
            match name.as_str() {
                "crate" => module.clear(),
                "self" => {}
                "super" => drop(module.pop()?),
                name => match self.look_up(&module, name, depth)? {
                    (found, true) => return Some((found, true)),
                    (found, false) => module = found,
                },
            }
        }
        Some((module, false))
    }

    fn look_up(&self, module: &ModulePath, name: &str, depth: u8) -> Option<(ModulePath, bool)> {
        let scope = self.0.get(module)?;
        match scope.names.get(name) {
            Some(Name::Item) => Some((module.clone(), true)),
            Some(Name::Module) => Some(([&module[..], &[name.to_owned()]].concat(), false)),
            // `use name::…` of another crate with that name would be found here again.
            Some(Name::Use(path)) if path[0] == name && path.len() == 1 => None,
            Some(Name::Use(path)) => self.resolve(module, path, depth + 1),
            None => scope.globs.iter().find_map(|glob| {
                let (target, is_item) = self.resolve(module, glob, depth + 1)?;
                if is_item { None } else { self.look_up(&target, name, depth + 1) }
            }),
        }
    }

    /// Returns the files that each file imports from.
    fn imports(&self) -> BTreeMap<&Path, BTreeSet<&Path>> {
        let mut imports: BTreeMap<&Path, BTreeSet<&Path>> = BTreeMap::new();
        for (path, module) in &self.0 {
            let mut paths = Paths::default();
            module.items.iter().for_each(|item| paths.visit_item(item));
            let used = paths.used.iter().filter_map(|used| self.defining(path, used));
            let exported = paths.exported.iter().filter_map(|used| self.defining(path, used));
            let imported = used.chain(exported.filter(|target| !target.starts_with(path)));
            let files = imported.map(|target| self.0[&target].file.as_path());
            imports.entry(&module.file).or_default().extend(files.filter(|file| *file != module.file));
        }
        imports
    }
}

/// The paths in a module's items.
#[derive(Default)]
struct Paths {
    used: Vec<Vec<String>>,
    exported: Vec<Vec<String>>,
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item(&mut self, item: &'ast Item) {
        if !attributes(item).iter().any(is_test) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let paths = uses(&item.tree).into_iter().map(|(_, path)| path);
        match item.vis {
            Visibility::Inherited => self.used.extend(paths),
            _ => self.exported.extend(paths),
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            self.used.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        self.used.extend(paths_in(call.tokens.clone()));
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.used.extend(paths_in(list.tokens.clone()));
        }
    }
}

/// Returns the paths of at least two names in the tokens of a macro. A single name may be anything
/// there.
fn paths_in(tokens: TokenStream) -> Vec<Vec<String>> {
    let (mut found, mut path, mut colons) = (Vec::new(), Vec::<String>::new(), 0);
    for token in tokens {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            TokenTree::Ident(name) => {
                if colons != 2 {
                    found.push(std::mem::take(&mut path));
                }
                path.push(name.to_string());
                colons = 0;
            }
            other => {
                found.push(std::mem::take(&mut path));
                colons = 0;
                if let TokenTree::Group(group) = other {
                    found.extend(paths_in(group.stream()));
                }
            }
        }
    }
    found.push(path);
    found.retain(|path| path.len() > 1);
    found
}

/// Returns what a `use` names: the alias of each path, or `None` for a glob.
fn uses(tree: &UseTree) -> Vec<(Option<String>, Vec<String>)> {
    let beneath = |name: String, tree: &UseTree| {
        let prefixed = uses(tree).into_iter().map(|(alias, path)| {
            let is_self = path == ["self"];
            let alias = if is_self && alias.as_deref() == Some("self") { Some(name.clone()) } else { alias };
            let path = if is_self { Vec::new() } else { path };
            (alias, [vec![name.clone()], path].concat())
        });
        prefixed.collect()
    };
    match tree {
        UseTree::Path(path) => beneath(path.ident.to_string(), &path.tree),
        UseTree::Name(name) => vec![(Some(name.ident.to_string()), vec![name.ident.to_string()])],
        UseTree::Rename(rename) => vec![(Some(rename.rename.to_string()), vec![rename.ident.to_string()])],
        UseTree::Glob(_) => vec![(None, Vec::new())],
        UseTree::Group(group) => group.items.iter().flat_map(uses).collect(),
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Returns whether this is `#[cfg(test)]`.
fn is_test(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
}

fn defined_name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

/// Returns the shortest cycle through each import that is part of one, each once, as `a → b → a`.
fn cycles(crate_root: &Path) -> BTreeSet<String> {
    let modules = Crate::read(crate_root);
    let imports = modules.imports();
    let folder = crate_root.parent().expect("a folder");
    let mut found = BTreeSet::new();
    for (from, targets) in &imports {
        for target in targets {
            let Some(mut cycle) = way(&imports, target, from) else { continue };
            // Each cycle is written from its first file in alphabetical order.
            let first = (0..cycle.len()).min_by_key(|index| cycle[*index]).expect("not empty");
            cycle.rotate_left(first);
            cycle.push(cycle[0]);
            let names =
                cycle.iter().map(|file| file.strip_prefix(folder).expect("below it").display().to_string());
            found.insert(names.collect::<Vec<_>>().join(" → "));
        }
    }
    found
}

/// Returns the shortest way from one file to another along imports.
fn way<'a>(
    imports: &BTreeMap<&'a Path, BTreeSet<&'a Path>>,
    from: &'a Path,
    to: &Path,
) -> Option<Vec<&'a Path>> {
    let mut ways = VecDeque::from([vec![from]]);
    let mut seen = BTreeSet::from([from]);
    while let Some(way) = ways.pop_front() {
        let last = way[way.len() - 1];
        if last == to {
            return Some(way);
        }
        let next = imports.get(last).into_iter().flatten().filter(|next| seen.insert(next));
        ways.extend(next.map(|next| [&way[..], &[*next]].concat()));
    }
    None
}

#[test]
fn no_module_imports_itself_through_others() {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(workspace().join("crates")).unwrap() {
        let entry = entry.unwrap();
        let cycles = cycles(&entry.path().join("src/lib.rs"));
        let name = entry.file_name().into_string().unwrap();
        found.extend(cycles.into_iter().map(|cycle| format!("{name}: {cycle}")));
    }
    assert!(found.is_empty(), "{} cycles:\n{}", found.len(), found.join("\n"));
}

/// Writes the files of a crate and returns the cycles in it.
fn cycles_of(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    cycles(&folder.path().join("lib.rs")).into_iter().collect()
}

#[test]
fn a_cycle_is_found_through_re_exports_globs_macros_and_inline_paths() {
    let lib = ("lib.rs", "pub mod a; mod b; mod c;");
    let a = ("a/mod.rs", "mod inner; pub use inner::Thing;");
    for b in [
        "use crate::a::Thing; pub struct B;",
        "pub struct B(super::a::Thing);",
        "use crate::a; pub struct B(a::Thing);",
        "use crate::a::*; pub struct B(Thing);",
        "pub struct B; fn f() { format!(\"{}\", crate::a::Thing) }",
        "use {crate::{a::{self as other}}}; pub struct B; impl B { fn f(&self) -> other::Thing { todo!() } }",
    ] {
        let files = [
            lib,
            a,
            ("a/inner.rs", "use crate::c::C; pub struct Thing;"),
            ("b.rs", b),
            ("c.rs", "pub type C = super::b::B;"),
        ];
        assert_eq!(cycles_of(&files), ["a/inner.rs → c.rs → b.rs → a/inner.rs"], "{b}");
    }
}

#[test]
fn re_exports_tests_and_other_crates_make_no_cycle() {
    let files = [
        ("lib.rs", "mod a; pub mod b; pub use a::A;"),
        (
            "a.rs",
            "mod child; pub use child::C; use b::Other; pub struct A; #[cfg(test)] mod tests { use crate::b::B; }",
        ),
        ("a/child.rs", "use super::A; pub struct C(A);"),
        ("b.rs", "use crate::{a::C, A}; pub struct B(C, A);"),
    ];
    assert_eq!(cycles_of(&files), Vec::<String>::new());
}
