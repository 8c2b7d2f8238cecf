//! The programs of the reference document: a host and a plugin on go-plugin, which speak net/rpc.
//!
//! The document is not part of this repository. If it lies beside it, its programs are compiled.
//! The only change is the name `plug` for the import of a package that calls itself `hashi`.
//! Without it they do not compile.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use plug_tests::{app_with, go_command, leave_out, process, root, run, scratch, succeed, texts};

/// The host and the plugin of the document.
fn programs() -> Option<[PathBuf; 2]> {
    go_command()?;
    let Ok(document) = fs::read_to_string(root().join("../shared/reference/plugins-in-go.md")) else {
        leave_out("document", "the reference document does not lie beside the repository");
        return None;
    };
    let part = document.split("#### ").find(|part| part.starts_with("_github.com/hashicorp/go-plugin_")).unwrap();
    let programs: Vec<_> = part.split("```go\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let folder = scratch("go-document");
    let places = ["src/example.com/plug/plug.go", "src/example.com/plug/a/a.go", "src/example.com/main.go"];
    assert_eq!(programs.len(), places.len(), "the document has these programs");
    for (program, place) in programs.iter().zip(places) {
        let path = folder.join(place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, program.replace(" \"example.com/plug\"", " plug \"example.com/plug\"")).unwrap();
    }
    let path = std::env::join_paths([folder.clone(), PathBuf::from("/usr/share/gocode")]).unwrap();
    let built = [("main", "src/example.com/main.go"), ("a", "src/example.com/plug/a/a.go")].map(|(name, place)| {
        let built = folder.join(name);
        let mut go = go_command().unwrap();
        succeed(go.env("GOPATH", &path).args(["build", "-o"]).arg(&built).arg(folder.join(place)));
        built
    });
    Some(built)
}

#[test]
fn its_host_runs_our_plugin_and_our_app_its_plugin() {
    let Some([host, plugin]) = programs() else { return };
    // The document runs `./a`.
    let folder = scratch("go-document-run");
    let start = |a: &PathBuf| {
        fs::copy(a, folder.join("a")).unwrap();
        let output = run(Command::new(&host).current_dir(&folder));
        let (stdout, stderr) = texts(&output);
        assert!(output.status.success(), "{stdout}\n{stderr}");
        stdout
    };
    assert_eq!(start(&process("plugin-a")), "hello, a <nil>\n");
    assert_eq!(start(&plugin), "hello, a <nil>\n");
    let mut hello = Command::new(app_with(&["process"], "dev"));
    hello.args(["hello", "--plugin", "process:./a", "--name", "x"]).current_dir(&folder);
    assert_eq!(succeed(&mut hello), "hello, x\n");
}
