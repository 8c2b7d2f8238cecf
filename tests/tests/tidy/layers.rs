//! Reads the imports between the files of `plug/core/src` from their tokens.
//! It sees `use` and paths in the code, and follows `pub use`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use plug_tests::{entries, root};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The path of a module, without `crate`. The root is empty.
type Module = Vec<String>;

/// The modules of a crate, each of one file.
pub struct Crate {
    /// By module: its file, the paths it uses, and its re-exports.
    files: BTreeMap<Module, File>,
    /// The modules of the root, in the order of `lib.rs`.
    pub rooms: Vec<String>,
}

struct File {
    name: String,
    /// Each path that the code names, from the root.
    paths: Vec<Module>,
    /// The paths that `pub use` re-exports, by name.
    exports: BTreeMap<String, Module>,
    /// The names of its own items.
    items: BTreeSet<String>,
}

impl Crate {
    /// Reads all files below the folder.
    pub fn read(folder: &Path) -> Self {
        let mut files = BTreeMap::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(next) = folders.pop() {
            for path in entries(&next) {
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let name = path.strip_prefix(folder).expect("it is below").display().to_string().replace('\\', "/");
                let module = match &name[..] {
                    "lib.rs" => Vec::new(),
                    "private.rs" => vec!["__private".to_owned()],
                    _ => name.trim_end_matches(".rs").split('/').map(str::to_owned).collect(),
                };
                // Tests may import everything.
                if module.last().is_some_and(|last| last == "tests") {
                    continue;
                }
                let text = fs::read_to_string(&path).expect("Rust is text");
                let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{name}: {error}"));
                let mut file = File { name, paths: vec![], exports: BTreeMap::new(), items: BTreeSet::new() };
                file.walk(&without_tests(tokens), &module, true);
                files.insert(module, file);
            }
        }
        let root: TokenStream = fs::read_to_string(folder.join("lib.rs")).expect("there is one").parse().expect("Rust");
        let tokens: Vec<_> = root.into_iter().collect();
        let is = |at: usize, word: &str| matches!(tokens.get(at), Some(TokenTree::Ident(ident)) if ident == word);
        let rooms =
            (0..tokens.len()).filter(|at| is(*at, "mod")).filter_map(|at| match (&tokens[at + 1], &tokens[at + 2]) {
                (TokenTree::Ident(name), TokenTree::Punct(_)) => Some(name.to_string()),
                _ => None,
            });
        Self { rooms: rooms.collect(), files }
    }

    /// The imports between the files, by module.
    pub fn edges(&self) -> BTreeSet<(Module, Module)> {
        let mut edges = BTreeSet::new();
        for (module, file) in &self.files {
            for path in &file.paths {
                let to = self.resolve(path, 0);
                if to != *module && !to.is_empty() {
                    edges.insert((module.clone(), to));
                }
            }
        }
        edges
    }

    pub fn name(&self, module: &Module) -> &str {
        &self.files[module].name
    }

    /// The module that a path from the root leads to.
    fn resolve(&self, path: &[String], depth: usize) -> Module {
        let len = (0..=path.len()).rev().find(|len| self.files.contains_key(&path[..*len])).unwrap_or_default();
        let (module, rest) = path.split_at(len);
        let file = &self.files[module];
        match rest.first() {
            Some(name) if depth < 8 && !file.items.contains(name) => match file.exports.get(name) {
                Some(export) => self.resolve(export, depth + 1),
                None => module.to_vec(),
            },
            _ => module.to_vec(),
        }
    }
}

impl File {
    fn walk(&mut self, tokens: &[TokenTree], module: &Module, is_top: bool) {
        let ident = |at: usize| match tokens.get(at) {
            Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
            _ => None,
        };
        let colons = |at: usize| {
            matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == ':')
                && matches!(tokens.get(at + 1), Some(TokenTree::Punct(punct)) if punct.as_char() == ':')
        };
        if is_top {
            const ITEMS: [&str; 9] = ["struct", "enum", "trait", "fn", "const", "static", "type", "union", "mod"];
            let is_item = |at: &usize| ident(*at).is_some_and(|word| ITEMS.contains(&&*word));
            self.items = (0..tokens.len()).filter(is_item).filter_map(|at| ident(at + 1)).collect();
        }
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Ident(word) if word == "use" => {
                    let end = (at..tokens.len())
                        .find(|end| matches!(&tokens[*end], TokenTree::Punct(punct) if punct.as_char() == ';'))
                        .unwrap_or(tokens.len());
                    let is_public =
                        is_top && (0..at).rev().take(2).any(|at| ident(at).is_some_and(|word| word == "pub"));
                    for (path, name) in tree(&tokens[at + 1..end], vec![]) {
                        let Some(path) = absolute(&path, module, &self.items) else { continue };
                        if is_public {
                            self.exports.insert(name, path.clone());
                        }
                        self.paths.push(path);
                    }
                    at = end;
                }
                TokenTree::Ident(word) if word == "crate" || word == "super" => {
                    let is_start = at < 2 || !colons(at - 2);
                    let mut path = vec![word.to_string()];
                    let mut next = at + 1;
                    while colons(next) {
                        let Some(word) = ident(next + 2) else { break };
                        path.push(word);
                        next += 3;
                    }
                    // `pub(crate) use` is not a re-export.
                    if is_start && path.len() > 1 {
                        self.paths.extend(absolute(&path, module, &self.items));
                    }
                    at = next - 1;
                }
                TokenTree::Group(group) => {
                    let inner: Vec<_> = group.stream().into_iter().collect();
                    let is_module = group.delimiter() == Delimiter::Brace
                        && at >= 2
                        && ident(at - 2).is_some_and(|word| word == "mod");
                    self.nested(&inner, module, is_module);
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// Reads the tokens in brackets. In an inline module, `super` is this file.
    fn nested(&mut self, tokens: &[TokenTree], module: &Module, is_module: bool) {
        let mut inner = Self { name: String::new(), paths: vec![], exports: BTreeMap::new(), items: BTreeSet::new() };
        let within = if is_module { [&module[..], &["_".to_owned()]].concat() } else { module.clone() };
        inner.walk(tokens, &within, false);
        self.paths.append(&mut inner.paths);
    }
}

/// The paths of a `use`, and the name that each gets.
fn tree(tokens: &[TokenTree], before: Vec<String>) -> Vec<(Vec<String>, String)> {
    let mut path = before;
    let mut found = Vec::new();
    let mut alias = None;
    let mut tokens = tokens.iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(word) if word == "as" => alias = tokens.next().map(ToString::to_string),
            TokenTree::Ident(word) if word == "self" && !path.is_empty() => {}
            TokenTree::Ident(word) => path.push(word.to_string()),
            TokenTree::Group(group) => {
                let inner: Vec<_> = group.stream().into_iter().collect();
                for part in inner.split(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',')) {
                    if !part.is_empty() {
                        found.extend(tree(part, path.clone()));
                    }
                }
                return found;
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    let name = alias.or_else(|| path.last().cloned()).unwrap_or_default();
    found.push((path, name));
    found
}

/// Resolves a path from the root. `None` for a path of another crate.
/// `items` are the items of the module.
fn absolute(path: &[String], module: &[String], items: &BTreeSet<String>) -> Option<Module> {
    match &path[0][..] {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some([module, &path[1..]].concat()),
        "super" => {
            let ups = path.iter().take_while(|word| *word == "super").count();
            Some([&module[..module.len().checked_sub(ups)?], &path[ups..]].concat())
        }
        child if items.contains(child) => Some([module, path].concat()),
        _ => None,
    }
}

/// The tokens without the items below a `#[cfg(test)]` or `#[cfg(all(test, …))]`.
fn without_tests(tokens: TokenStream) -> Vec<TokenTree> {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let is_test = match (&tokens[at], tokens.get(at + 1)) {
            (TokenTree::Punct(hash), Some(TokenTree::Group(attribute))) if hash.as_char() == '#' => {
                let text = attribute.stream().to_string().replace(' ', "");
                text == "cfg(test)" || text.starts_with("cfg(all(test,")
            }
            _ => false,
        };
        if is_test {
            // To the end of the item: its braces, or a semicolon.
            at += 2;
            while at < tokens.len() {
                at += 1;
                match &tokens[at - 1] {
                    TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => break,
                    TokenTree::Punct(punct) if punct.as_char() == ';' => break,
                    _ => {}
                }
            }
            continue;
        }
        kept.push(tokens[at].clone());
        at += 1;
    }
    kept
}

/// The cycles of more than one file, each in order.
pub fn circles(edges: &BTreeSet<(Module, Module)>) -> Vec<BTreeSet<Module>> {
    let mut next: BTreeMap<&Module, Vec<&Module>> = BTreeMap::new();
    for (from, to) in edges {
        next.entry(from).or_default().push(to);
    }
    let reach = |from: &Module| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(module) = open.pop() {
            for to in next.get(&module).into_iter().flatten() {
                if seen.insert((*to).clone()) {
                    open.push((*to).clone());
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&Module, BTreeSet<Module>> = next.keys().map(|from| (*from, reach(from))).collect();
    let mut circles = BTreeSet::new();
    for (from, to) in &reached {
        if to.contains(*from) {
            let circle = to.iter().filter(|other| reached.get(other).is_some_and(|back| back.contains(*from)));
            circles.insert(circle.cloned().collect::<BTreeSet<_>>());
        }
    }
    circles.into_iter().filter(|circle| circle.len() > 1).collect()
}

/// The library of the workspace.
pub fn core() -> Crate {
    Crate::read(&root().join("plug/core/src"))
}
