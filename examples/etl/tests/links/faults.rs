//! A job that fails: its error names the stage, and nothing is committed.

use std::fs;
use std::io::Write;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::job::{LINKS, Running, failure, feeder, free, links, write};

/// A job whose stages are on one link.
fn job(link: &str, source: &str, transform: &str, sink: &str) -> String {
    format!(
        "[source]\nlink = '{link}'\n{source}\n[transforms.adults]\nplugin = 'select'\nlink = '{link}'\n{transform}\n\
         [sink]\nlink = '{link}'\n{sink}\n"
    )
}

#[test]
fn a_record_that_fails_ends_the_job() {
    let torn = write("torn.csv", "name,age\nAda,36\nKarl\n");
    let young = write("young.csv", "name,age\nAda,36\nKarl,young\n");
    for &link in LINKS {
        let output = free(&format!("torn-{link}.jsonl"));
        let sink = format!("plugin = 'jsonl'\npath = {output:?}");
        let of_file = |path| format!("plugin = 'csv'\npath = {path:?}");
        let by_source =
            failure(&format!("torn-{link}.toml"), &job(link, &of_file(&torn), "field = 'age'\nmin = 1", &sink));
        let expected =
            format!("stage `source` failed\ncaused by: line 3 of {} has 1 values, and not 2", torn.display());
        assert_eq!(by_source, expected, "{link}");
        let by_transform =
            failure(&format!("young-{link}.toml"), &job(link, &of_file(&young), "field = 'age'\nmin = 1", &sink));
        let expected = "stage `adults` failed\ncaused by: record 2 has a `age` that is no number: `young`";
        assert_eq!(by_transform, expected, "{link}");
        let summary = "plugin = 'summary'\nby = 'town'";
        let by_sink = failure(
            &format!("town-{link}.toml"),
            &job(link, &of_file(&young), "field = 'name'\nequals = 'Ada'", summary),
        );
        assert_eq!(by_sink, "stage `sink` failed\ncaused by: record 1 has no `town`", "{link}");
        // What had been written is gone, once the other side has dropped the sink.
        until(|| !output.with_extension("jsonl.part").exists());
        assert!(!output.exists());
    }
}

#[test]
#[ignore = "slow"]
fn a_silent_source_is_given_up() {
    let address = feeder(|client| {
        thread::sleep(Duration::from_secs(20));
        drop(client);
    });
    for &link in LINKS {
        let source = format!("plugin = 'feed'\naddress = '{address}'\ntoken = 'open sesame'\npatience = 1");
        let text = failure(
            &format!("silent-{link}.toml"),
            &job(link, &source, "field = 'age'\nmin = 1", "plugin = 'summary'"),
        );
        assert_eq!(
            text,
            format!("stage `source` failed\ncaused by: cannot read {address}\ncaused by: it is silent"),
            "{link}"
        );
    }
}

#[test]
fn a_mistake_in_the_settings_has_its_place() {
    let input = write("places.csv", "name,age\n");
    for &link in LINKS {
        let name = format!("places-{link}.toml");
        let file = crate::job::path(&name).display().to_string();
        let source = format!("plugin = 'csv'\npath = {input:?}");
        let text = |source: &str, transform: &str, sink: &str| failure(&name, &job(link, source, transform, sink));
        let misspelt = text("plugin = 'csv'\npth = 'x'", "field = 'age'", "plugin = 'summary'");
        let expected = "plugin `csv` does not take the settings of `source`: there is no `pth`: did you mean `path`?";
        assert_eq!(misspelt, format!("{expected}\n --> {file}:4:1, `source.pth`"), "{link}");
        // Which the constructor refuses.
        let incomplete = text(&source, "field = 'age'", "plugin = 'summary'");
        let expected = "plugin `select` does not take the settings of `adults`: it has neither `equals` nor `min`";
        assert_eq!(incomplete, format!("{expected}\n --> {file}:5:13, `transforms.adults`"), "{link}");
        let a_number = text("plugin = 'feed'\naddress = 'x'\ntoken = 12345", "field = 'age'", "plugin = 'summary'");
        assert!(a_number.ends_with(&format!(" --> {file}:5:1, `source.token`")), "{link}: {a_number}");
        assert!(!a_number.contains("12345"), "{a_number}");
        let default = text(&source, "field = 'age'\nmin = 1", "plugin = 'jsonl'\npath = 'no/such/folder'");
        let expected = "plugin `jsonl` does not take the settings of `sink`: cannot write no/such/folder.part";
        assert!(default.starts_with(&format!("{expected}\n --> {file}:13:1, `sink.path`")), "{link}: {default}");
    }
}

#[test]
fn a_mistake_in_a_key_of_the_host_has_its_place() {
    let file = crate::job::path("host.toml").display().to_string();
    let sink = "[sink]\nplugin = 'summary'\n";
    let place = |text: &str| failure("host.toml", text);
    let word = place(&format!("[source]\nplugin = 'csv'\nlink = 'proces'\n{sink}"));
    let expected = "unknown variant `proces`, expected one of `builtin`, `library`, `process`, `grpc`";
    assert_eq!(word, format!("{expected}\n --> {file}:3:8"));
    let plugin = place(&format!("[source]\nplugin = 'cvs'\nlink = 'process'\n{sink}"));
    let expected =
        format!("unknown plugin `cvs` of interface `etl_interface::Source`\n --> {file}:2:1, `source.plugin`\n");
    assert!(plugin.starts_with(&expected), "{plugin}");
    let library = place(&format!("[source]\nplugin = 'cvs'\nlink = 'library'\n{sink}"));
    let unlinked = format!("the link of stage `source` cannot be opened\n --> {file}:3:8\ncaused by: ");
    assert!(library.starts_with(&(unlinked.clone() + "cannot read library `")), "{library}");
    // `links` has the address of a server, which this file does not have.
    let alone = write("no-server.toml", &format!("[source]\nplugin = 'csv'\nlink = 'grpc'\n{sink}"));
    let error = etl::Job::open(alone.to_str().unwrap()).err().unwrap();
    let text = format!("{error:?}").replace("no-server.toml", "host.toml");
    assert_eq!(text, unlinked + "`[links]` has no `grpc`, the address of a server");
    let section = place(&format!("[source]\nplugin = 'csv'\n[transform.x]\n{sink}"));
    assert!(section.starts_with("unknown field `transform`") && section.ends_with(&format!("{file}:3:2")), "{section}");
}

/// Each stage in turn is a process, and is killed amid the records.
#[test]
fn a_stage_that_is_killed_ends_the_job() {
    // It ends with the connection, and never before.
    let address = feeder(|mut client| while client.write_all(b"name=Ada age=36\n").is_ok() {});
    for (at, stage) in ["source", "adults", "sink"].into_iter().enumerate() {
        let [source, transform, sink] = [0, 1, 2].map(|stage| if stage == at { "process" } else { "builtin" });
        let output = free(&format!("killed-{stage}.jsonl"));
        let part = free(&format!("killed-{stage}.jsonl.part"));
        let stages = format!(
            "[source]\nplugin = 'feed'\nlink = '{source}'\naddress = '{address}'\ntoken = 'open sesame'\n\
             [transforms.adults]\nplugin = 'select'\nlink = '{transform}'\nfield = 'age'\nmin = 18\n\
             [sink]\nplugin = 'jsonl'\nlink = '{sink}'\npath = {output:?}\n"
        );
        let mut running = Running::start(&format!("killed-{stage}.toml"), &stages);
        until(|| fs::metadata(&part).is_ok_and(|part| part.len() > 0));
        let [process] = running.stages()[..] else { panic!("{stage}: {:?}", running.stages()) };
        assert!(Command::new("kill").args(["-KILL", &process.to_string()]).status().unwrap().success());
        until(|| running.0.try_wait().unwrap().is_some());
        assert_eq!(running.0.wait().unwrap().code(), Some(1), "{stage}");
        let mut text = String::new();
        std::io::Read::read_to_string(running.0.stderr.as_mut().unwrap(), &mut text).unwrap();
        // A log line about the process may come first.
        assert!(text.contains(&format!("etl: stage `{stage}` failed\ncaused by: plugin `")), "{text}");
        assert!(!output.exists());
    }
}

#[test]
fn the_program_explains_itself() {
    let etl = |arguments: &[&str]| Command::new(env!("CARGO_BIN_EXE_etl")).args(arguments).output().unwrap();
    let usage = etl(&[]);
    assert_eq!(usage.status.code(), Some(2));
    assert!(usage.stderr.starts_with(b"usage: etl FILE"));
    let input = write("program.csv", "name\nAda\n");
    let stages = format!("[source]\nplugin = 'csv'\npath = {input:?}\n[sink]\nplugin = 'summary'\n");
    let done = etl(&[write("program.toml", &(links() + &stages)).to_str().unwrap()]);
    assert_eq!(
        (&*String::from_utf8_lossy(&done.stdout), done.status.code()),
        ("sink: records: 1\n1 records\n", Some(0))
    );
}

fn until(mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(60));
        thread::sleep(Duration::from_millis(5));
    }
}
