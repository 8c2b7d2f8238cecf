//! README.md, docs/*.md and the READMEs of two examples, run: each console block, and each file that
//! a reader types, in the order of the text.
//!
//! The line above a block gives its purpose:
//!
//! * ``In `FILE`:`` writes the file. Instead of the colon it may go on: ``, below `[TABLE]`:``,
//!   `, at the end:`, or ``, instead of `fn NAME`:``.
//! * ``From `FILE`:`` quotes the file, which has these lines in this order.
//!
//! Rust without `ignore` is a doctest (`tests/src/lib.rs`).
//! `toml,ignore`, `sh` and `text` are not run.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use plug_tests::{clean, copy_of_workspace, root, run, texts};

/// A fenced block of a document.
struct Block {
    section: String,
    /// The line of text above it.
    lead: String,
    language: String,
    lines: Vec<String>,
}

/// The action of a reader on a block.
enum Step<'b> {
    Run,
    Write { file: &'b str, place: Place<'b> },
    Compare { file: &'b str },
    Skip,
}

enum Place<'b> {
    Whole,
    Below(&'b str),
    End,
    InsteadOf(&'b str),
}

impl Block {
    fn step(&self) -> Step<'_> {
        let quoted: Vec<_> = self.lead.split('`').collect();
        let is_typed = matches!(&*self.language, "toml" | "rust,ignore");
        match (&*self.language, &quoted[..]) {
            ("console", _) => Step::Run,
            ("rust" | "rust,no_run" | "toml" | "rust,ignore", ["From ", file, ..]) => Step::Compare { file },
            (_, ["In ", file, ":"]) if is_typed => Step::Write { file, place: Place::Whole },
            (_, ["In ", file, ", at the end:"]) if is_typed => Step::Write { file, place: Place::End },
            (_, ["In ", file, ", below ", table, ":"]) if is_typed => Step::Write { file, place: Place::Below(table) },
            (_, ["In ", file, ", instead of ", item, ":"]) if is_typed => {
                Step::Write { file, place: Place::InsteadOf(item) }
            }
            ("rust" | "rust,no_run" | "rust,should_panic" | "toml,ignore" | "sh" | "text", _) => Step::Skip,
            (language, _) => panic!("no step for a block of `{language}` below `{}`: {:?}", self.lead, self.lines),
        }
    }
}

/// The blocks of a document.
/// Those of a list lose its indentation.
fn blocks(document: &Path) -> Vec<Block> {
    let text = fs::read_to_string(document).unwrap_or_else(|error| panic!("{}: {error}", document.display()));
    let (mut blocks, mut section, mut lead, mut is_open) = (Vec::<Block>::new(), String::new(), String::new(), false);
    for line in text.lines() {
        let trimmed = line.trim_start();
        if let Some(language) = trimmed.strip_prefix("```").filter(|rest| !rest.contains('`')) {
            is_open = !is_open;
            if is_open {
                let (section, lead, language) = (section.clone(), lead.clone(), language.to_owned());
                blocks.push(Block { section, lead, language, lines: Vec::new() });
            }
        } else if let (true, Some(block)) = (is_open, blocks.last_mut()) {
            let is_in_list = block.lead.starts_with('*') && line.starts_with("  ");
            block.lines.push(if is_in_list { line[2..].to_owned() } else { line.to_owned() });
        } else if let Some(title) = line.strip_prefix("## ") {
            section = title.to_owned();
        } else if !trimmed.is_empty() {
            lead = trimmed.to_owned();
        }
    }
    assert!(!is_open, "{} ends within a block", document.display());
    blocks
}

/// The guides, in order.
fn guides() -> Vec<PathBuf> {
    let guides = plug_tests::entries(&root().join("docs")).into_iter();
    let guides: Vec<_> = guides.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect();
    assert!(guides.len() >= 11, "{guides:?}");
    guides
}

/// A reader who follows a document.
struct Reader {
    folder: PathBuf,
}

impl Reader {
    fn read(&mut self, blocks: &[Block]) {
        for block in blocks {
            match block.step() {
                Step::Run => self.run(block),
                Step::Write { file, place } => write(&self.folder.join(file), &place, &typed(block)),
                Step::Compare { .. } | Step::Skip => (),
            }
        }
    }

    /// `$ command`, and its output on both streams; `[exit status N]` if that is not 0.
    /// A line `...` stands for any lines.
    /// A command with `&` at its end gets SIGTERM at the end of the block.
    fn run(&mut self, block: &Block) {
        let mut commands = Vec::<(&str, Vec<String>)>::new();
        let lines = at_a_free_port(&block.lines);
        for line in &lines {
            match (line.strip_prefix("$ "), commands.last_mut()) {
                (Some(command), _) => commands.push((command, Vec::new())),
                (None, Some((_, output))) => output.push(line.clone()),
                (None, None) => panic!("output before a command: {line}"),
            }
        }
        let mut background = Vec::new();
        for (command, expected) in commands {
            if let Some(folder) = command.strip_prefix("cd ") {
                self.enter(folder);
            } else if let Some(command) = command.strip_suffix(" &") {
                // With `exec`, the signal reaches the command and not a shell around it.
                let mut shell = self.shell(&format!("exec {command}"));
                let child = shell.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("there is bash");
                background.push((Background(Some(child)), command, expected));
            } else {
                let output = run(&mut self.shell(command));
                let (stdout, stderr) = texts(&output);
                let status = match output.status.code() {
                    Some(0) => String::new(),
                    code => format!("[exit status {}]", code.unwrap_or(-1)),
                };
                expect(command, &expected, &format!("{stdout}{}{status}", without_progress(&stderr)));
            }
        }
        for (child, command, expected) in background {
            let output = child.end();
            let (stdout, stderr) = texts(&output);
            assert_eq!(output.status.code(), Some(0), "$ {command} &\n{stderr}");
            expect(command, &expected, &format!("{stdout}{stderr}"));
        }
    }

    fn shell(&self, command: &str) -> Command {
        let mut shell = Command::new("bash");
        clean(&mut shell).current_dir(&self.folder).args(["-c", command]);
        share_builds(&mut shell);
        // `cargo plug`, as if it was installed, with a cache of its own.
        let plug = plug_tests::build("cargo-plug", &[], "cargo-plug");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = plug.parent().map(Path::to_owned).into_iter().chain(std::env::split_paths(&path));
        shell.env("PATH", std::env::join_paths(folders).expect("the paths are those of a PATH"));
        shell.env("CARGO_PLUG_CACHE", plug_tests::target().join("scratch/readme-cache"));
        shell
    }

    /// A new workspace takes the versions of ours, which are compiled already.
    fn enter(&mut self, folder: &str) {
        self.folder.push(folder);
        fs::copy(root().join("Cargo.lock"), self.folder.join("Cargo.lock")).expect("a file can be copied");
    }
}

/// A command that goes on, and ends with the test also if an assertion fails.
struct Background(Option<Child>);

impl Background {
    fn end(mut self) -> Output {
        let child = self.0.take().expect("it ends once");
        plug_tests::succeed(Command::new("kill").arg(child.id().to_string()));
        child.wait_with_output().expect("it ends")
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The lines of a block, with a free port instead of the one that the documents use.
fn at_a_free_port(lines: &[String]) -> Vec<String> {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port is free");
    lines.iter().map(|line| line.replace("127.0.0.1:8888", &free.to_string())).collect()
}

/// All builds share the folder of intermediate files, and each workspace has its own programs.
fn share_builds(command: &mut Command) {
    command.env("CARGO_BUILD_BUILD_DIR", plug_tests::target().join("build"));
    command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "0");
}

fn expect(command: &str, expected: &[String], output: &str) {
    let actual = lines(output.lines().map(str::to_owned));
    let expected = lines(expected.iter().cloned());
    assert!(
        is_like(&expected, &actual),
        "$ {command}\nprints\n{}\nand not\n{}",
        actual.join("\n"),
        expected.join("\n")
    );
}

/// Lines without the durations, and without empty lines at both ends.
fn lines(lines: impl Iterator<Item = String>) -> Vec<String> {
    let without_time = |line: String| match line.split_once("; finished in ") {
        Some((result, _)) => format!("{result}; finished in 0.00s"),
        None => line.trim_end().to_owned(),
    };
    let lines: Vec<_> = lines.map(without_time).collect();
    let is_text = |line: &String| !line.is_empty();
    match (lines.iter().position(is_text), lines.iter().rposition(is_text)) {
        (Some(first), Some(last)) => lines[first..=last].to_vec(),
        _ => Vec::new(),
    }
}

fn is_like(expected: &[String], actual: &[String]) -> bool {
    match (expected, actual) {
        ([], []) => true,
        ([any, rest @ ..], _) if any == "..." => (0..=actual.len()).any(|at| is_like(rest, &actual[at..])),
        ([one, expected @ ..], [other, actual @ ..]) => one == other && is_like(expected, actual),
        _ => false,
    }
}

/// Without Cargo's progress, for commands that do not silence it.
fn without_progress(stderr: &str) -> String {
    let is_progress = |line: &&str| line.starts_with("    ") || line.starts_with("   Compiling");
    stderr.lines().filter(|line| !is_progress(line)).map(|line| format!("{line}\n")).collect()
}

/// The lines of a block, for a checkout that is elsewhere.
fn typed(block: &Block) -> Vec<String> {
    let checkout = format!("\"{}/", root().display());
    block.lines.iter().map(|line| line.replace("\"../plug/", &checkout)).collect()
}

fn write(file: &Path, place: &Place<'_>, lines: &[String]) {
    let old = match place {
        Place::Whole => String::new(),
        _ => fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display())),
    };
    let mut all: Vec<_> = old.lines().map(str::to_owned).collect();
    let find = |text: &str| {
        let found = all.iter().position(|line| line.starts_with(text));
        found.unwrap_or_else(|| panic!("{} has no line `{text}`", file.display()))
    };
    let range = match place {
        Place::Whole | Place::End => all.len()..all.len(),
        Place::Below(table) => find(table) + 1..find(table) + 1,
        Place::InsteadOf(item) => {
            let start = find(item);
            let end = all[start..].iter().position(|line| line == "}").expect("an item ends");
            start..start + end + 1
        }
    };
    all.splice(range, lines.iter().cloned());
    fs::create_dir_all(file.parent().expect("a file is in a folder")).expect("a folder can be made");
    fs::write(file, all.join("\n") + "\n").unwrap_or_else(|error| panic!("{}: {error}", file.display()));
}

#[test]
fn files_have_the_lines_that_documents_quote() {
    let mut count = 0;
    for document in guides().into_iter().chain([root().join("README.md")]) {
        for block in blocks(&document) {
            let Step::Compare { file } = block.step() else { continue };
            let text = fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            let mut lines = text.lines();
            for quoted in block.lines.iter().filter(|line| !line.is_empty()) {
                assert!(lines.any(|line| line == quoted), "{file} has no line `{quoted}`, or not in this order");
            }
            count += 1;
        }
    }
    assert!(count >= 6, "{count} quotes");
}

/// One test, since all builds wait for one another anyway.
/// README.md comes last: it adds a plugin to the copy.
#[test]
fn every_document_does_what_it_says() {
    let mut workspace = Reader { folder: copy_of_workspace("readme") };
    let (mut commands, mut files) = (0, 0);
    for guide in guides() {
        let blocks = blocks(&guide);
        commands += blocks.iter().filter(|block| matches!(block.step(), Step::Run)).count();
        files += blocks.iter().filter(|block| matches!(block.step(), Step::Write { .. })).count();
        if guide.ends_with("tutorial.md") {
            follow_the_tutorial(&blocks);
        } else {
            workspace.read(&blocks);
        }
    }
    assert!(commands >= 10 && files >= 10, "{commands} console blocks, {files} files");
    for example in ["pipeline", "etl"] {
        workspace.read(&blocks(&root().join("examples").join(example).join("README.md")));
    }
    read_the_readme(&mut workspace);
    adding_a_plugin_from_outside(&workspace.folder);
}

/// In a folder that is in no workspace, as a reader's is: `cargo new` would add a member to ours.
fn follow_the_tutorial(blocks: &[Block]) {
    let checkout = root().display().to_string().replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
    let folder = std::env::temp_dir().join(format!("plug-tutorial{checkout}"));
    let remove = || fs::remove_dir_all(&folder);
    let _ = remove();
    fs::create_dir_all(&folder).expect("a folder can be made");
    Reader { folder: folder.clone() }.read(blocks);
    remove().expect("the folder can be removed");
}

fn read_the_readme(workspace: &mut Reader) {
    let blocks = blocks(&root().join("README.md"));
    let is_added = |block: &&Block| block.section == "Adding a plugin";
    let added: Vec<_> = blocks.iter().filter(is_added).collect();
    let (_, typed) = added.split_last().expect("the section has blocks");
    let lines: usize = typed.iter().map(|block| block.lines.len()).sum();
    assert!((6..=10).contains(&lines), "{lines} lines to type");

    let before = rust_files(&workspace.folder);
    workspace.read(&blocks);
    let mut after = rust_files(&workspace.folder);
    after.retain(|file, text| before.get(file) != Some(text));
    let changed: Vec<_> = after.keys().map(|file| file.replace('\\', "/")).collect();
    assert_eq!(changed, ["plugins/loud/src/lib.rs"], "Rust was written outside the new crate");
}

/// A plugin crate that lies outside the workspace is added by its path.
fn adding_a_plugin_from_outside(folder: &Path) {
    let outside = plug_tests::scratch("outside/quiet");
    let path = |to: &str| folder.join(to).display().to_string();
    let manifest = format!(
        "[package]\nname = \"plugin-quiet\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         app-interface = {{ path = '{}' }}\nplug = {{ path = '{}' }}",
        path("app/interface"),
        path("plug"),
    );
    write(&outside.join("Cargo.toml"), &Place::Whole, &[manifest]);
    let plugin = "#[derive(Default)]\nstruct Quiet;\n\n/// Whispers.\n#[plug::plug(\"quiet\")]\nimpl app_interface::Plug for Quiet {\n    \
         fn say_hello(&self, name: &str) -> Result<String, plug::Error> {\n        Ok(format!(\"(hello, {name})\"))\n    }\n}";
    write(&outside.join("src/lib.rs"), &Place::Whole, &[plugin.to_owned()]);
    let dependency = format!("plugin-quiet = {{ path = '{}', optional = true }}", outside.display());
    write(&folder.join("app/Cargo.toml"), &Place::Below("[dependencies]"), &[dependency]);
    let feature = "quiet = [\"dep:plugin-quiet\"]".to_owned();
    write(&folder.join("app/Cargo.toml"), &Place::Below("[features]"), &[feature]);
    let mut cargo = plug_tests::cargo();
    share_builds(cargo.current_dir(folder));
    cargo.args(["run", "-q", "--features", "quiet", "--", "hello", "--plugin", "quiet", "--name", "x"]);
    assert_eq!(plug_tests::succeed(&mut cargo), "(hello, x)\n");
}

fn rust_files(folder: &Path) -> BTreeMap<String, String> {
    let (mut files, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for path in plug_tests::entries(&next).into_iter().filter(|path| !path.ends_with("target")) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(folder).expect("it is below").display().to_string();
                files.insert(name, fs::read_to_string(&path).expect("Rust is text"));
            }
        }
    }
    files
}
