//! A build without any link but the builtin one, and malformed links in any build.

use crate::wrapper::WRAPPER;
use crate::{LINKING, NONE, ONE, app, check, check_command};

#[test]
fn a_build_that_opens_no_libraries() {
    let expected = "\
---- stderr
error: this build of app opens no libraries
hint: rebuild with `--features library`
---- exit status: 4
";
    check(&ONE, &["hello", "--plugin", "library:x.so"], expected);
    check(&ONE, &["info", "library:x.so#a"], expected);
    for command in [&["hello", "--plugin", "a"][..], &["list"], &["info", "a"], &["doctor"]] {
        check_command(app(&ONE).args(command).args(["--link", "library:x.so"]), expected);
    }
    check_command(
        app(&ONE).arg("hello").env("APP_PLUGIN", "library:x.so"),
        "\
---- stderr
error: this build of app opens no libraries
hint: rebuild with `--features library`
hint: the link comes from the variable `APP_PLUGIN`
---- exit status: 4
",
    );
    check_command(
        app(&ONE).arg("list").env("APP_LINKS", "library:x.so"),
        "\
---- stderr
error: this build of app opens no libraries
hint: rebuild with `--features library`
hint: the link comes from the variable `APP_LINKS`
---- exit status: 4
",
    );
    check(
        &WRAPPER,
        &["list", "--link", "library:x.so"],
        "\
---- stderr
error: this build of app opens no libraries
hint: rebuild with `--features app/library`
---- exit status: 4
",
    );
}

#[test]
fn a_build_that_starts_no_processes_and_speaks_no_grpc() {
    for (link, text, feature) in [
        ("process:x", "this build of app starts no processes", "process"),
        ("grpc://127.0.0.1:1", "this build of app speaks no gRPC", "grpc"),
        ("grpcs://x", "this build of app speaks no gRPC", "grpc"),
        ("grpc+unix:x", "this build of app speaks no gRPC", "grpc"),
    ] {
        let expected = format!("---- stderr\nerror: {text}\nhint: rebuild with `--features {feature}`\n");
        let exit = "---- exit status: 4\n";
        for program in [&*ONE, &*LINKING] {
            check(program, &["hello", "--plugin", link], &format!("{expected}{exit}"));
            check(program, &["info", &format!("{link}#a")], &format!("{expected}{exit}"));
            check(program, &["doctor", "--link", link], &format!("{expected}{exit}"));
        }
        check_command(
            app(&ONE).arg("list").env("APP_LINKS", link),
            &format!("{expected}hint: the link comes from the variable `APP_LINKS`\n{exit}"),
        );
        let of_wrapper = expected.replace("--features ", "--features app/");
        check(&WRAPPER, &["list", "--link", link], &format!("{of_wrapper}{exit}"));
    }
    check(
        &ONE,
        &["serve", "--grpc", "127.0.0.1:0"],
        "\
---- stderr
error: this build of app speaks no gRPC
hint: rebuild with `--features grpc`
---- exit status: 4
",
    );
    check(
        &ONE,
        &["hello", "--plugin", "127.0.0.1:1"],
        "\
---- stderr
error: unknown kind of link: `127.0.0.1:1`
hint: did you mean `grpc://127.0.0.1:1`?
hint: this build of app speaks no gRPC: rebuild with `--features grpc`
---- exit status: 2
",
    );
}

#[test]
fn a_link_of_a_kind_that_there_is_not() {
    for program in [&*NONE, &*LINKING] {
        let expected = "\
---- stderr
error: unknown kind of link: `http://localhost`
hint: a link is `library:PATH`, `process:PATH`, `grpc://HOST:PORT`, `grpcs://HOST:PORT` or `grpc+unix:PATH`
---- exit status: 2
";
        check(program, &["list", "--link", "http://localhost"], expected);
        check(program, &["hello", "--plugin", "http://localhost"], expected);
        check(program, &["info", "http://localhost"], expected);
        check(program, &["info", "http://localhost/x.so"], &expected.replace("localhost", "localhost/x.so"));
        check_command(
            app(program).args(["hello", "--plugin", "a"]).env("APP_LINKS", "a"),
            "\
---- stderr
error: unknown kind of link: `a`
hint: a link is `library:PATH`, `process:PATH`, `grpc://HOST:PORT`, `grpcs://HOST:PORT` or `grpc+unix:PATH`
hint: the link comes from the variable `APP_LINKS`
---- exit status: 2
",
        );
    }
}

#[test]
fn a_path_without_the_kind_of_link() {
    let folder = plug_tests::scratch("bare");
    std::fs::write(folder.join("file"), "").expect("a file can be written");
    let file = folder.join("file").to_str().expect("the path is UTF-8").to_owned();
    let rebuild = "hint: this build of app opens no libraries: rebuild with `--features library`\n";
    let rebuild_wrapper = "hint: this build of app opens no libraries: rebuild with `--features app/library`\n";
    for (program, rebuild) in [(&*LINKING, ""), (&*ONE, rebuild), (&*WRAPPER, rebuild_wrapper)] {
        for path in ["./target/release/libplugin_a.so", "libplugin_a.so#a", "x.dll", "x/y.dylib", &file] {
            let hints = format!("hint: did you mean `library:{path}`?\n{rebuild}");
            let exit = "---- exit status: 2\n";
            let no_name = format!("---- stderr\nerror: `{path}` cannot be the name of a plugin\n{hints}");
            check(program, &["hello", "--plugin", path], &format!("{no_name}{exit}"));
            check(program, &["info", path], &format!("{no_name}{exit}"));
            check_command(
                app(program).arg("hello").env("APP_PLUGIN", path),
                &format!("{no_name}hint: the link comes from the variable `APP_PLUGIN`\n{exit}"),
            );
            let no_link = format!("---- stderr\nerror: unknown kind of link: `{path}`\n{hints}{exit}");
            check(program, &["doctor", "--link", path], &no_link);
        }
    }
    // The path has a colon, as on Windows.
    check(
        &LINKING,
        &["hello", "--plugin", "C:x.dll"],
        "\
---- stderr
error: unknown kind of link: `C:x.dll`
hint: did you mean `library:C:x.dll`?
---- exit status: 2
",
    );
}

#[test]
fn a_link_that_leads_nowhere() {
    check(
        &LINKING,
        &["list", "--link", "library:"],
        "\
---- stderr
error: `library:` leads to no file
caused by: cannot make an empty path absolute
---- exit status: 2
",
    );
    check(
        &LINKING,
        &["list", "--link", "library:x.so#a"],
        "\
---- stderr
error: `library:x.so#a` is no link, but the plugin `a` of one
hint: a link adds all plugins of its own: `library:x.so`
---- exit status: 2
",
    );
}

#[cfg(unix)]
#[test]
fn a_link_that_is_not_utf_8() {
    use std::os::unix::ffi::OsStringExt;

    let text = std::ffi::OsString::from_vec(b"library:\xff".into());
    let expected = "\
---- stderr
error: invalid value 'library:\u{fffd}' for '--link <LINK>': it is not UTF-8

For more information, try '--help'.
---- exit status: 2
";
    check_command(app(&NONE).args(["list", "--link"]).arg(&text), expected);
    check_command(app(&NONE).arg("list").env("APP_LINKS", &text), expected);
}
