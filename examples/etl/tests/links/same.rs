//! The same job gives the same on each link.

use std::fs;
use std::io::Write;

use crate::job::{LINKS, failure, feeder, free, run, write};

const PEOPLE: &str = "name,city,age\nAda,London,36\nKarl,Berlin,17\n\"Lin, Wu\",Oslo,40\nbad line\nBob,Berlin,50\n";

/// All four stages on their links. The job selects twice, and writes a file.
fn people(name: &str, links: [&str; 4]) {
    let (input, output) = (write(&format!("{name}.csv"), PEOPLE), free(&format!("{name}.jsonl")));
    let [source, adults, berlin, sink] = links;
    let stages = format!(
        "\
[source]
plugin = 'csv'
link = '{source}'
path = {input:?}
bad_lines = 'skip'

[transforms.select]
link = '{adults}'
field = 'age'
min = 18

[transforms.berlin]
plugin = 'select'
link = '{berlin}'
field = 'city'
equals = 'Berlin'

[sink]
plugin = 'jsonl'
link = '{sink}'
path = {output:?}
"
    );
    let (written, reports) = run(&format!("{name}.toml"), &stages);
    assert_eq!(written.unwrap(), 1, "{links:?}");
    assert_eq!(fs::read_to_string(&output).unwrap(), "{\"age\":\"50\",\"city\":\"Berlin\",\"name\":\"Bob\"}\n");
    // The source reports while its stream is read, and the sink at the end.
    let skipped = format!("source: line 5 of {} has 1 values, and not 3", input.display());
    assert_eq!(reports, [skipped, format!("sink: 1 records in {}", output.display())]);
    assert!(!output.with_extension("jsonl.part").exists());
}

#[test]
fn a_job_is_the_same_on_each_link() {
    for &link in LINKS {
        people(link, [link; 4]);
    }
}

#[test]
fn each_stage_has_its_own_link() {
    for turn in 0..4 {
        people(&format!("mixed-{turn}"), [0, 1, 2, 3].map(|stage| LINKS[(turn + stage) % LINKS.len()]));
    }
}

#[test]
fn a_stage_without_the_word_is_builtin() {
    let input = write("no-word.csv", PEOPLE);
    let stages =
        format!("[source]\nplugin = 'csv'\npath = {input:?}\nbad_lines = 'skip'\n[sink]\nplugin = 'summary'\n");
    let (written, reports) = run("no-word.toml", &stages);
    assert_eq!((written.unwrap(), &reports[1..]), (4, &["sink: records: 4".to_owned()][..]));
}

/// The host is lent to `commit`, which calls it several times.
#[test]
fn a_sink_reports_to_the_host_that_it_is_lent() {
    let input = write("lent.csv", "name;city\na;Oslo\nb;Rome\nc;Oslo\n");
    for &link in LINKS {
        let source = format!("[source]\nplugin = 'csv'\nlink = '{link}'\npath = {input:?}\nseparator = ';'\n");
        let sink = format!("[sink]\nplugin = 'summary'\nlink = '{link}'\nby = 'city'\n");
        let (written, reports) = run(&format!("lent-{link}.toml"), &(source + &sink));
        assert_eq!(written.unwrap(), 3);
        assert_eq!(reports, ["sink: Oslo: 2", "sink: Rome: 1"], "{link}");
    }
}

/// `feed` uses tokio, and this program has no runtime.
#[test]
fn a_source_uses_sockets_and_a_secret() {
    let address = feeder(|mut client| client.write_all(b"name=a city=Oslo\nname=b city=Rome\n").unwrap());
    for &link in LINKS {
        let stages = |token| {
            let source =
                format!("[source]\nplugin = 'feed'\nlink = '{link}'\naddress = '{address}'\ntoken = '{token}'\n");
            source + &format!("[sink]\nplugin = 'summary'\nlink = '{link}'\nby = 'city'\n")
        };
        let (written, reports) = run(&format!("feed-{link}.toml"), &stages("open sesame"));
        assert_eq!(written.unwrap(), 2, "{link}");
        assert_eq!(reports, [&format!("source: connected to {address}")[..], "sink: Oslo: 1", "sink: Rome: 1"]);
        // A wrong token is in no error.
        let error = failure(&format!("denied-{link}.toml"), &stages("xyzzy"));
        assert_eq!(error, "stage `source` failed\ncaused by: record 1 has no value in `denied`", "{link}");
    }
}
