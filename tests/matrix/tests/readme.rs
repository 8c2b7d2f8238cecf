//! The README, run: every console block in order, in a copy of the workspace, and the section on adding a plugin typed in.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use plug_tests::{clean, copy_of_workspace, root, run, texts};

/// A fenced block: its language, the words before it, its lines without the indentation of a list.
struct Block {
    section: String,
    lead: String,
    language: String,
    lines: Vec<String>,
}

fn blocks() -> Vec<Block> {
    let readme = fs::read_to_string(root().join("README.md")).expect("there is a README");
    let (mut blocks, mut section, mut lead, mut open) = (Vec::<Block>::new(), String::new(), String::new(), false);
    for line in readme.lines() {
        let text = line.trim_start();
        if let Some(language) = text.strip_prefix("```") {
            open = !open;
            if open {
                let (section, lead, language) = (section.clone(), lead.clone(), language.to_owned());
                blocks.push(Block { section, lead, language, lines: Vec::new() });
            }
        } else if let (true, Some(block)) = (open, blocks.last_mut()) {
            let is_in_list = block.lead.starts_with('*') && line.starts_with("  ");
            block.lines.push(if is_in_list { line[2..].to_owned() } else { line.to_owned() });
        } else if let Some(title) = line.strip_prefix("## ") {
            section = title.to_owned();
        } else if !text.is_empty() {
            lead = text.to_owned();
        }
    }
    blocks
}

/// `$ command`, and what it prints on both streams; `[exit status N]` where that is not 0. A command with `&` behind it is told to end when
/// the block does, and has printed its lines then.
fn check_console(block: &Block, folder: &Path) {
    let mut background = Vec::new();
    assert!(block.lines[0].starts_with("$ "), "{:?}", block.lines);
    let mut expected = BTreeMap::<usize, (String, String)>::new();
    for line in &block.lines {
        if let Some(command) = line.strip_prefix("$ ") {
            expected.insert(expected.len(), (command.to_owned(), String::new()));
        } else if let Some((_, (_, output))) = expected.iter_mut().next_back() {
            output.push_str(line);
            output.push('\n');
        }
    }
    for (command, expected) in expected.into_values() {
        let mut shell = Command::new("bash");
        clean(&mut shell).current_dir(folder);
        if let Some(command) = command.strip_suffix(" &") {
            // So that it is the command itself that is told to end.
            shell.args(["-c", &format!("exec {command}")]).stdout(Stdio::piped()).stderr(Stdio::piped());
            background.push((shell.spawn().expect("there is bash"), command.to_owned(), expected));
            continue;
        }
        shell.args(["-c", &command]);
        let output = run(&mut shell);
        let (stdout, stderr) = texts(&output);
        // Cargo's own words of progress, where the README does not silence them.
        let is_progress = |line: &&str| line.starts_with("    ") || line.starts_with("   Compiling");
        let stderr: String = stderr.lines().filter(|line| !is_progress(line)).map(|line| format!("{line}\n")).collect();
        let status = match output.status.code() {
            Some(0) => String::new(),
            code => format!("[exit status {}]\n", code.unwrap_or(-1)),
        };
        let trimmed: String = stdout.lines().map(|line| format!("{}\n", line.trim_end())).collect();
        assert_eq!(format!("{trimmed}{stderr}{status}"), expected, "$ {command}");
    }
    for (child, command, expected) in background {
        plug_tests::succeed(Command::new("kill").arg(child.id().to_string()));
        let output = child.wait_with_output().expect("it ends");
        let (stdout, stderr) = texts(&output);
        assert_eq!((format!("{stdout}{stderr}"), output.status.code()), (expected, Some(0)), "$ {command} &");
    }
}

/// One copy for all three, in this order: each adds to it, and most of what is built for one is there for the next.
#[test]
fn in_a_copy_of_the_workspace() {
    let folder = copy_of_workspace("readme");
    console_blocks_run(&folder);
    adding_a_plugin(&folder);
    adding_a_plugin_from_outside(&folder);
}

fn console_blocks_run(folder: &Path) {
    let blocks = blocks();
    let run = blocks.iter().filter(|block| block.language == "console" && block.section != "Adding a plugin");
    let count = run.inspect(|block| check_console(block, folder)).count();
    assert!(count >= 4, "only {count} console blocks");
}

fn adding_a_plugin(folder: &Path) {
    let before = rust_files(folder);
    let blocks: Vec<_> = blocks().into_iter().filter(|block| block.section == "Adding a plugin").collect();
    let (run, typed) = blocks.split_last().expect("the section has blocks");
    let lines: usize = typed.iter().map(|block| block.lines.len()).sum();
    assert!(lines <= 10, "{lines} lines to type");
    for block in typed {
        // In `FILE`, below `LINE`:
        let mut quoted = block.lead.split('`').skip(1).step_by(2);
        match (&*block.language, quoted.next(), quoted.next()) {
            ("console", ..) => check_console(block, folder),
            ("rust,ignore", Some(file), None) => write(&folder.join(file), &block.lines),
            ("toml", Some(file), Some(table)) => insert_below(&folder.join(file), table, &block.lines),
            _ => panic!("what to do with {:?} is not said: {}", block.lines, block.lead),
        }
    }
    check_console(run, folder);
    let mut after = rust_files(folder);
    after.retain(|file, text| before.get(file) != Some(text));
    let changed: Vec<_> = after.keys().map(|file| file.replace('\\', "/")).collect();
    assert_eq!(changed, ["plugins/loud/src/lib.rs"], "Rust was written outside the new crate");
}

/// A plugin crate that lies outside the workspace is added by its path.
fn adding_a_plugin_from_outside(folder: &Path) {
    let outside = plug_tests::scratch("outside/quiet");
    fs::create_dir_all(outside.join("src")).expect("a folder can be made");
    let path = |to: &str| folder.join(to).display().to_string();
    let manifest = format!(
        "[package]\nname = \"plugin-quiet\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         app-interface = {{ path = '{}' }}\nplug = {{ path = '{}' }}\n",
        path("app/interface"),
        path("plug"),
    );
    fs::write(outside.join("Cargo.toml"), manifest).expect("a manifest can be written");
    let plugin = "#[derive(Default)]\nstruct Quiet;\n\n/// Whispers.\n#[plug::plug(\"quiet\")]\nimpl app_interface::Plug for Quiet {\n    \
         fn say_hello(&self, name: &str) -> Result<String, plug::Error> {\n        Ok(format!(\"(hello, {name})\"))\n    }\n}\n";
    fs::write(outside.join("src/lib.rs"), plugin).expect("a file can be written");
    let dependency = format!("plugin-quiet = {{ path = '{}' }}", outside.display());
    insert_below(&folder.join("Cargo.toml"), "[workspace.dependencies]", &[dependency]);
    insert_below(&folder.join("app/Cargo.toml"), "[features]", &["quiet = [\"dep:plugin-quiet\"]".to_owned()]);
    let dependency = "plugin-quiet = { workspace = true, optional = true }".to_owned();
    insert_below(&folder.join("app/Cargo.toml"), "[dependencies]", &[dependency]);
    let mut cargo = plug_tests::cargo();
    cargo.current_dir(folder).args([
        "run",
        "-q",
        "--features",
        "quiet",
        "--",
        "hello",
        "--plugin",
        "quiet",
        "--name",
        "x",
    ]);
    assert_eq!(plug_tests::succeed(&mut cargo), "(hello, x)\n");
}

fn write(file: &Path, lines: &[String]) {
    fs::write(file, lines.join("\n") + "\n").unwrap_or_else(|error| panic!("{}: {error}", file.display()));
}

fn insert_below(file: &Path, table: &str, lines: &[String]) {
    let text = fs::read_to_string(file).expect("the manifest can be read");
    let at = text.lines().position(|line| line == table).unwrap_or_else(|| panic!("there is no {table}"));
    let mut all: Vec<_> = text.lines().map(str::to_owned).collect();
    all.splice(at + 1..at + 1, lines.iter().cloned());
    write(file, &all);
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
