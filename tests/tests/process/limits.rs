//! Hosts and plugins that may have few processes and threads: the error names that limit.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

use plug_tests::{Sockets, leave_out, program, texts};

use crate::in_time;

/// Where the host and the worker run as a user without other processes.
struct User {
    id: String,
    folder: Sockets,
}

impl User {
    /// None if this user cannot be another one, which is then reported as an omission.
    fn new() -> Option<Self> {
        let id = (100_000 + std::process::id()).to_string();
        let become_it = limited(&id, 100).arg("true").stderr(Stdio::null()).status();
        if !become_it.is_ok_and(|status| status.success()) {
            leave_out("process-limit", "root alone can become another user, by setpriv and prlimit");
            return None;
        }
        let folder = Sockets::new();
        let share = |path: &std::path::Path| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o777)).expect("root may do that");
        };
        share(&folder);
        for name in ["host", "worker"] {
            let copy = folder.join(name);
            std::fs::copy(program(name), &copy).expect("a program can be copied");
            share(&copy);
        }
        Some(Self { id, folder })
    }

    /// The host's output, with this limit of processes.
    fn output(&self, limit: usize) -> Output {
        let mut host = limited(&self.id, limit);
        host.arg(self.folder.join("host")).arg(self.folder.join("worker")).args(["count", "count"]);
        host.env("TMPDIR", &*self.folder).current_dir("/").stdin(Stdio::null());
        host.output().expect("it can be started")
    }
}

/// A command of this user, with this limit of processes.
fn limited(user: &str, limit: usize) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--reuid", user, "--regid", user, "--clear-groups"]);
    command.arg("prlimit").arg(format!("--nproc={limit}:{limit}"));
    command
}

#[test]
#[cfg(target_os = "linux")]
fn a_thread_or_process_that_cannot_be_started_is_named() {
    let Some(user) = User::new() else { return };
    let no = |noun: &str| {
        [
            format!("no {noun} can be started: Resource temporarily unavailable (os error 11)"),
            "hint: raise the limit of processes, which counts threads too: `ulimit -u`, or that of the container"
                .to_owned(),
        ]
    };
    let path = user.folder.join("worker");
    let host_thread = no("thread").join("\n");
    let start = format!("cannot start plugin `{}`\ncaused by: ", path.display());
    let plugin_thread = format!(
        "plugin `{}` exited with status 1 before its handshake\nstderr: {}",
        path.display(),
        no("thread").join("\nstderr: ")
    );
    let (child_thread, process) = (format!("{start}{host_thread}"), format!("{start}{}", no("process").join("\n")));
    // The host needs a thread for its calls and one for the child, and the plugin needs four.
    let expected =
        [&host_thread, &child_thread, &process, &plugin_thread, &plugin_thread, &plugin_thread, &plugin_thread];
    let outputs = in_time(move || (1..=8).map(|limit| user.output(limit)).collect::<Vec<_>>());
    for (at, output) in outputs.iter().enumerate() {
        let (stdout, stderr) = texts(output);
        // The host has no log, and prints the plugin's lines too.
        let lines: Vec<_> = stderr.lines().filter(|line| !line.starts_with("worker: ")).collect();
        match expected.get(at) {
            Some(expected) => assert_eq!((&*lines.join("\n"), &*stdout), (&***expected, ""), "{}", at + 1),
            None => assert_eq!((&*stdout, &*stderr), ("1\n2\n", ""), "{}", at + 1),
        }
    }
}
