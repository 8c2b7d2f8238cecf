//! The documents as texts: their size, their columns, their links, and their modules in rustdoc.
//! `readme.rs` runs them.

use std::fs;
use std::path::PathBuf;

use plug_tests::{entries, root};

#[test]
fn the_readme_has_at_most_7_kilobytes() {
    let length = fs::metadata(root().join("README.md")).expect("there is a README").len();
    assert!(length <= 7 * 1024, "README.md has {length} bytes");
}

/// README.md, docs/ and its decisions, and the other documents at the root.
fn documents() -> Vec<PathBuf> {
    let folders = ["", "docs", "docs/decisions"].map(|folder| root().join(folder));
    let files = folders.iter().flat_map(|folder| entries(folder));
    files.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

#[test]
fn prose_has_at_most_100_columns() {
    for path in documents() {
        let text = fs::read_to_string(&path).expect("a document is text");
        let mut is_code = false;
        for (number, line) in text.lines().enumerate() {
            is_code ^= line.trim_start().starts_with("```");
            let is_prose = !is_code && !line.starts_with('|');
            let columns = line.chars().count();
            assert!(!is_prose || columns <= 100, "{}:{} has {columns} columns", path.display(), number + 1);
        }
    }
}

#[test]
fn links_between_documents_lead_to_files() {
    let mut count = 0;
    for path in documents() {
        let text = fs::read_to_string(&path).expect("a document is text");
        let folder = path.parent().expect("a file is in a folder");
        let inline = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let defined = text.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: ")).map(|(_, to)| to);
        for link in inline.chain(defined).filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let to = if file.is_empty() { path.clone() } else { folder.join(file) };
            assert!(to.exists(), "{} links to `{link}`", path.display());
            if !anchor.is_empty() {
                let text = fs::read_to_string(&to).expect("a document is text");
                let titles = text.lines().filter(|line| line.starts_with('#')).map(anchor_of);
                assert!(titles.into_iter().any(|title| title == anchor), "{} links to `{link}`", path.display());
            }
            count += 1;
        }
    }
    assert!(count > 20, "{count} links");
}

/// The anchor that a file browser gives to a title.
fn anchor_of(title: &str) -> String {
    let title = title.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
    title.chars().filter(|letter| letter.is_alphanumeric() || "-_".contains(*letter)).collect()
}

/// The guides that `plug/src/guide.rs` includes, by its own list.
#[test]
fn rustdoc_shows_every_guide() {
    let shown = fs::read_to_string(root().join("plug/src/guide.rs")).expect("Rust is text").replace("r#", "");
    let is_guide = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "md");
    let guides: Vec<_> = entries(&root().join("docs")).into_iter().filter(is_guide).collect();
    assert!(guides.len() >= 11, "{guides:?}");
    for guide in guides {
        let name = guide.file_stem().expect("a file has a name").display().to_string();
        assert!(shown.contains(&format!("    {name} \"../docs/{name}.md\"\n")), "plug::guide has no {name}");
        let text =
            fs::read_to_string(root().join("plug/docs").join(format!("{name}.md"))).expect("the link leads to docs");
        assert_eq!(Some(text), fs::read_to_string(&guide).ok());
    }
}
