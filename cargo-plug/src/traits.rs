//! The interfaces in the source of a crate: their traits, and the methods that a plugin has to have;
//! and the names of its plugins.
//! It reads the files of the crate, and runs nothing.

use std::path::{Path, PathBuf};

use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{Attribute, FnArg, Item, ItemTrait, Pat, ReturnType, TraitItem, UseTree, Visibility};

/// An interface.
#[derive(Debug)]
pub(crate) struct Interface {
    pub name: String,
    /// The path of the trait, from the crate's name.
    pub path: String,
    pub methods: Vec<Method>,
    /// The associated types, which a plugin has to choose.
    pub types: Vec<String>,
    /// Whether the trait has parameters.
    pub is_generic: bool,
    /// The imports that the methods need.
    pub imports: Vec<String>,
}

/// A method without a body.
#[derive(Debug)]
pub(crate) struct Method {
    pub name: String,
    /// The whole signature, whose arguments begin with `_`.
    pub signature: String,
    pub result: Kind,
    /// A value for each argument, if all of them have an obvious one.
    pub examples: Option<Vec<String>>,
    /// Whether it takes `&mut self`.
    pub is_mutable: bool,
    /// Whether it is an `async fn`.
    pub is_async: bool,
}

/// The result of a method, which decides how it can say that it does nothing yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `Result<T, plug::Error>`
    Error,
    /// Anything else, also a result with another error, which may not be made from a text.
    Other,
}

/// The interfaces of a crate, whose root is this file.
pub(crate) fn interfaces(root: &Path, crate_name: &str) -> Result<Vec<Interface>, String> {
    let mut modules = Vec::new();
    read(root, &root.with_file_name(""), &mut Vec::new(), true, &mut modules)?;
    let exports: Vec<_> = modules.first().map(|module: &Module| exports(&module.items)).unwrap_or_default();
    let mut interfaces = Vec::new();
    for module in &modules {
        for item in &module.items {
            let Item::Trait(item) = item else { continue };
            let is_public = matches!(item.vis, Visibility::Public(_));
            if !is_public || !item.attrs.iter().any(is_interface) {
                continue;
            }
            let name = item.ident.to_string();
            let is_exported = |export: &Vec<String>| {
                let (last, path) = export.split_last().map_or(("", &[][..]), |(last, path)| (last, path));
                path == module.path && (last == name || last == "*")
            };
            let path = if exports.iter().any(is_exported) { &[][..] } else { &module.path[..] };
            let path = [&[crate_name.to_owned()], path, std::slice::from_ref(&name)].concat().join("::");
            interfaces.push(interface(item, path, module, crate_name));
        }
    }
    Ok(interfaces)
}

/// The names in `#[plug("…")]` in the source of a crate.
pub(crate) fn plugins(folder: &Path) -> Vec<String> {
    let (mut names, mut open) = (Vec::new(), vec![folder.join("src")]);
    while let Some(folder) = open.pop() {
        for path in std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let lines = text.lines().map(str::trim_start);
            let name = |line: &str| {
                let rest = line.strip_prefix("#[plug(\"").or_else(|| line.strip_prefix("#[plug::plug(\""))?;
                Some(rest.split_once('"')?.0.to_owned())
            };
            names.extend(lines.filter_map(name));
        }
    }
    names.sort();
    names.dedup();
    names
}

struct Module {
    path: Vec<String>,
    text: String,
    items: Vec<Item>,
}

/// Reads a file, and those of its modules.
fn read(
    file: &Path,
    folder: &Path,
    path: &mut Vec<String>,
    is_root: bool,
    modules: &mut Vec<Module>,
) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("cannot read `{}`: {error}", file.display()))?;
    let parsed = syn::parse_file(&text).map_err(|error| {
        let start = error.span().start();
        format!("{}:{}:{}: {error}", file.display(), start.line, start.column + 1)
    })?;
    let below = if is_root || file.ends_with("mod.rs") { folder.to_owned() } else { file.with_extension("") };
    let own = path.clone();
    // The root comes first, since it exports what is below.
    modules.push(Module { path: own, text: text.clone(), items: Vec::new() });
    let at = modules.len() - 1;
    take(parsed.items, &below, &text, at, path, modules)
}

/// Takes the items of a module, and those of the modules in it.
fn take(
    items: Vec<Item>,
    folder: &Path,
    text: &str,
    at: usize,
    path: &mut Vec<String>,
    modules: &mut Vec<Module>,
) -> Result<(), String> {
    for item in &items {
        let Item::Mod(module) = item else { continue };
        let name = module.ident.to_string();
        path.push(name.clone());
        match &module.content {
            Some((_, items)) => {
                modules.push(Module { path: path.clone(), text: text.to_owned(), items: Vec::new() });
                let at = modules.len() - 1;
                take(items.clone(), &folder.join(&name), text, at, path, modules)?;
            }
            None => {
                let files: [PathBuf; 2] = [folder.join(format!("{name}.rs")), folder.join(&name).join("mod.rs")];
                // A file that a macro or an attribute names is not followed.
                if let Some(file) = files.iter().find(|file| file.is_file()) {
                    read(file, &folder.join(&name), path, false, modules)?;
                }
            }
        }
        path.pop();
    }
    modules[at].items = items;
    Ok(())
}

/// Each path that `pub use` exports, from the root.
fn exports(items: &[Item]) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    for item in items {
        if let Item::Use(item) = item
            && matches!(item.vis, Visibility::Public(_))
        {
            tree(&item.tree, &mut Vec::new(), &mut paths);
        }
    }
    for path in &mut paths {
        path.retain(|part| part != "crate" && part != "self");
    }
    paths
}

fn tree(tree_: &UseTree, before: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    match tree_ {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            tree(&path.tree, before, paths);
            before.pop();
        }
        UseTree::Name(name) => paths.push([&before[..], &[name.ident.to_string()]].concat()),
        UseTree::Rename(_) => {}
        UseTree::Glob(_) => paths.push([&before[..], &["*".to_owned()]].concat()),
        UseTree::Group(group) => group.items.iter().for_each(|item| tree(item, before, paths)),
    }
}

/// Whether it is `#[interface]` or `#[plug::interface(portable)]`.
fn is_interface(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|segment| segment.ident == "interface")
}

fn interface(item: &ItemTrait, path: String, module: &Module, crate_name: &str) -> Interface {
    let (mut methods, mut types, mut names) = (Vec::new(), Vec::new(), Names::default());
    let is_error = |import: &String| import == "plug::Error";
    let has_error = imports(module, &["Error".to_owned()], crate_name).iter().any(is_error);
    for item in &item.items {
        match item {
            TraitItem::Fn(method) if method.default.is_none() => {
                names.visit_signature(&method.sig);
                methods.push(Method::new(&method.sig, &module.text, has_error));
            }
            TraitItem::Type(item) if item.default.is_none() => types.push(item.ident.to_string()),
            _ => {}
        }
    }
    let imports = imports(module, &names.0, crate_name);
    let is_generic = !item.generics.params.is_empty();
    Interface { name: item.ident.to_string(), path, methods, types, is_generic, imports }
}

impl Method {
    fn new(signature: &syn::Signature, text: &str, has_error: bool) -> Self {
        let mut edits = Vec::new();
        let mut examples = Some(Vec::new());
        for input in &signature.inputs {
            let FnArg::Typed(argument) = input else { continue };
            if let Pat::Ident(name) = &*argument.pat
                && !name.ident.to_string().starts_with('_')
            {
                edits.push(name.ident.span().byte_range().start);
            }
            match (example(&slice(text, argument.ty.span().byte_range())), &mut examples) {
                (Some(example), Some(examples)) => examples.push(example),
                _ => examples = None,
            }
        }
        let range = signature.span().byte_range();
        let mut written = slice(text, range.clone());
        for edit in edits.into_iter().rev() {
            if let Some(at) = edit.checked_sub(range.start).filter(|at| written.is_char_boundary(*at)) {
                written.insert(at, '_');
            }
        }
        let result = match &signature.output {
            ReturnType::Type(_, ty) => kind(&slice(text, ty.span().byte_range()), has_error),
            ReturnType::Default => Kind::Other,
        };
        let is_mutable = signature
            .receiver()
            .is_some_and(|receiver| matches!(receiver.kind, syn::ReceiverKind::Reference(_, _, Some(_))));
        let is_async = signature.asyncness.is_some();
        Self { name: signature.ident.to_string(), signature: written, result, examples, is_mutable, is_async }
    }
}

fn slice(text: &str, range: std::ops::Range<usize>) -> String {
    // A file with a byte order mark has other places.
    text.get(range).unwrap_or_default().to_owned()
}

/// `has_error` says that `Error` is `plug::Error` there.
fn kind(result: &str, has_error: bool) -> Kind {
    let result: String = result.chars().filter(|c| !c.is_whitespace()).collect();
    let Some(arguments) = result.strip_prefix("Result<").and_then(|rest| rest.strip_suffix('>')) else {
        return Kind::Other;
    };
    let own = if has_error { ",Error" } else { ",plug::Error" };
    let is_error = [",plug::Error", ",::plug::Error", own].iter().any(|error| arguments.ends_with(error));
    if is_error { Kind::Error } else { Kind::Other }
}

/// A value of a type, for a test.
fn example(ty: &str) -> Option<String> {
    let ty: String = ty.chars().filter(|c| !c.is_whitespace()).collect();
    let value = match &*ty {
        "&str" => "\"x\"",
        "String" => "String::new()",
        "bool" => "false",
        "char" => "'x'",
        "f32" | "f64" => "0.0",
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" | "isize" => "0",
        _ if ty.starts_with("&[") => "&[]",
        _ if ty.starts_with("Vec<") => "Vec::new()",
        _ if ty.starts_with("Option<") => "None",
        _ => return None,
    };
    Some(value.to_owned())
}

/// The first names of all paths in a signature.
#[derive(Default)]
struct Names(Vec<String>);

impl<'a> Visit<'a> for Names {
    fn visit_path(&mut self, path: &'a syn::Path) {
        self.0.extend(path.segments.first().map(|segment| segment.ident.to_string()));
        syn::visit::visit_path(self, path);
    }
}

/// The imports and the items of the module that have these names.
fn imports(module: &Module, names: &[String], crate_name: &str) -> Vec<String> {
    let mut imports = Vec::new();
    let here = [&[crate_name.to_owned()], &module.path[..]].concat();
    for item in &module.items {
        let mut paths = Vec::new();
        let own = match item {
            Item::Use(item) => {
                tree(&item.tree, &mut Vec::new(), &mut paths);
                None
            }
            Item::Struct(item) => Some(item.ident.to_string()),
            Item::Enum(item) => Some(item.ident.to_string()),
            Item::Type(item) => Some(item.ident.to_string()),
            Item::Trait(item) => Some(item.ident.to_string()),
            _ => None,
        };
        paths.extend(own.map(|name| [&here[..], &[name]].concat()));
        for path in paths.into_iter().filter(|path| path.last().is_some_and(|last| names.contains(last))) {
            let path = match path.first().map(String::as_str) {
                Some("crate") => [&here[..1], &path[1..]].concat(),
                Some("self") => [&here[..], &path[1..]].concat(),
                Some("super") => [&here[..here.len() - 1], &path[1..]].concat(),
                _ => path,
            };
            imports.push(path.join("::"));
        }
    }
    imports.sort();
    imports.dedup();
    imports
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)]) -> Vec<Interface> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = folder.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        interfaces(&folder.path().join("lib.rs"), "api").unwrap()
    }

    #[test]
    fn a_trait_with_its_methods() {
        let interfaces = of(&[(
            "lib.rs",
            "use std::collections::HashMap;\npub struct Page;\n/// Größe.\n#[plug::interface(portable)]\npub trait Plug: Send + Sync {\n    \
             fn say(&self, name: &str, of: HashMap<String, Page>) -> Result<String, plug::Error>;\n    \
             fn other(&mut self) -> Result<u8, Oops> { Ok(1) }\n    fn plain(&mut self, n: u32);\n    async fn late(&self) -> Result<u8, plug::Error>;\n}\npub trait Not {}\n",
        )]);
        let [plug] = &interfaces[..] else { panic!("{interfaces:?}") };
        assert_eq!((&*plug.name, &*plug.path, plug.is_generic), ("Plug", "api::Plug", false));
        assert_eq!(plug.imports, ["api::Page", "std::collections::HashMap"]);
        let [say, plain, late] = &plug.methods[..] else { panic!("{plug:?}") };
        assert_eq!((&*late.signature, late.is_async), ("async fn late(&self) -> Result<u8, plug::Error>", true));
        assert_eq!(
            say.signature,
            "fn say(&self, _name: &str, _of: HashMap<String, Page>) -> Result<String, plug::Error>"
        );
        assert_eq!((say.result, &say.examples, say.is_mutable, say.is_async), (Kind::Error, &None, false, false));
        assert_eq!(
            (plain.result, plain.examples.as_deref(), plain.is_mutable),
            (Kind::Other, Some(&["0".to_owned()][..]), true)
        );
    }

    #[test]
    fn a_trait_in_a_module_is_found_by_its_public_path() {
        let interfaces = of(&[
            ("lib.rs", "mod deep;\npub mod open;\npub use deep::Hidden;\n"),
            (
                "deep.rs",
                "use super::open::Page;\n#[interface]\npub trait Hidden<T> { type Item; fn at(&self) -> Page; }\n",
            ),
            ("open/mod.rs", "pub mod inner;\npub struct Page;\n"),
            ("open/inner.rs", "#[plug::interface]\npub trait Inner {}\n#[plug::interface]\ntrait Private {}\n"),
        ]);
        let paths: Vec<_> = interfaces.iter().map(|interface| &*interface.path).collect();
        assert_eq!(paths, ["api::Hidden", "api::open::inner::Inner"]);
        assert_eq!((&interfaces[0].types[..], interfaces[0].is_generic), (&["Item".to_owned()][..], true));
        assert_eq!(interfaces[0].imports, ["api::open::Page"]);
    }

    #[test]
    fn kinds_of_results() {
        for (result, expected) in [
            ("Result<String, plug::Error>", Kind::Error),
            ("Result<Vec<(u8, u8)>,\n    ::plug::Error>", Kind::Error),
            ("Result<(), MyError>", Kind::Other),
            ("io::Result<()>", Kind::Other),
            ("Result<()>", Kind::Other),
            ("String", Kind::Other),
        ] {
            assert_eq!(kind(result, false), expected, "{result}");
        }
        assert_eq!(kind("Result<u8, Error>", true), Kind::Error);
        assert_eq!(kind("Result<u8, Error>", false), Kind::Other);
    }
}
