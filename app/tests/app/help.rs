//! The help, of the app and of each command.

use crate::{ALL, app, check, seen};

#[test]
fn the_app() {
    check(
        &ALL,
        &["--help"],
        "\
Says hello, through a plugin of your choice

Usage: app <COMMAND>

Commands:
  hello        Says hello
  list         Lists the plugins of this build
  info         Shows all that is known of a plugin
  doctor       Looks for problems with the plugins of this build
  serve        Serves plugins to other programs, by gRPC
  schema       Prints the JSON Schema of a configuration file, for editors
  proto        Prints the interface of greeters as a `.proto` file
  completions  Prints the script that lets a shell complete arguments, and names of plugins
  help         Print this message or the help of the given subcommand(s)

Options:
  -h, --help
          Print help (see a summary with '-h')

  -V, --version
          Print version

Examples:
  app list                             what plugins there are
  app hello --plugin a                 hello, world
  app info a                           all about one of them
  app hello --help                     all about a command

Exit status:
  0  done
  1  the plugin failed, is not there, or did not answer in time; or the result could
     not be written
  2  wrong usage, a plugin that nobody knows, or a path that leads to no plugins
  3  the registry has a problem: any for `doctor`, one with the very name for others;
     or a library, a process or a server cannot be used, or does not fit this program
  4  the plugin is known but not in this build, or its kind of link is not
---- exit status: 0
",
    );
}

#[test]
fn hello() {
    check(
        &ALL,
        &["hello", "--help"],
        "\
Says hello

Usage: app hello [OPTIONS]

Options:
      --plugin <NAME>
          The plugin to say it, by its name or as `LINK[#NAME]`; needed only if there are several
          
          [env: APP_PLUGIN=]

      --name <WHO>
          The name to greet
          
          [default: world]

      --isolate
          Run the plugin, one of this program's, in a process of its own

      --timeout <SECONDS>
          The longest time that a plugin in another process or behind a server may take

      --config <FILE>
          Reads the settings of plugins from this file, of TOML or JSON
          
          [env: APP_CONFIG=]

      --link <LINK>
          Adds the plugins of this link, such as `process:PATH`; can be given several times
          
          [env: APP_LINKS=]

  -h, --help
          Print help (see a summary with '-h')

Examples:
  app hello                            through the only plugin there is
  app hello --plugin a --name x        hello, x
  APP_PLUGIN=a app hello --name x      the same
  app hello --config app.toml --plugin german
  app hello --plugin process:target/debug/plugin-a
  app hello --plugin grpc://127.0.0.1:8888 --timeout 2.5
  app hello --plugin a --isolate       a crash of it would not end this program

Configuration:
  FILE has a section for each instance of a plugin, in TOML, or in JSON if its name ends
  with `.json`. `plugin` names the plugin; without it, the section has its name:
      [plugins.german]
      plugin = \"polite\"
      languages = [\"de\"]
  `app info NAME` shows what a plugin takes, and `app doctor` tries every section.
  APP_CONFIG         the file, if `--config` is not given

Links:
  library:PATH       the plugins of a shared library, in a build with the feature
                     `library`. Only `app hello` and `app serve` run its code, with
                     all the rights that this program has
  process:PATH       the plugins of an executable, with the feature `process`. Every
                     command that is given it starts it, since it alone knows its
                     plugins: so name none that you do not trust. APP_LOG=plug=debug
                     shows what it writes on stderr
  grpc://HOST:PORT   the plugins of a server, with the feature `grpc`; or of several
                     equal servers, with commas between
  grpcs://HOST:PORT  the same over TLS, by the authorities that the system trusts
  grpc+unix:PATH     the same over a Unix socket
  APP_LINKS          links with commas between; a HOST:PORT behind an address is one
                     more host of it. Not read if `--link` is given
  LINK#NAME          in place of a name: the plugin of this name in that link. Without
                     `#NAME`: the only one that can say hello, or all for `app info`.
                     A `#` is a part of the path if a `/` comes after it, or if a file
                     of the whole name exists
---- exit status: 0
",
    );
}

#[test]
fn list() {
    check(
        &ALL,
        &["list", "--help"],
        "\
Lists the plugins of this build

Usage: app list [OPTIONS]

Options:
      --available
          List those too that are known but not in this build

      --config <FILE>
          Reads the settings of plugins from this file, of TOML or JSON
          
          [env: APP_CONFIG=]

      --link <LINK>
          Adds the plugins of this link, such as `process:PATH`; can be given several times
          
          [env: APP_LINKS=]

      --format <FORMAT>
          How to print them

          Possible values:
          - table: For people
          - json:  For programs
          - names: A name on each line
          
          [default: table]

  -h, --help
          Print help (see a summary with '-h')

Examples:
  app list                             a table that fits the terminal, or COLUMNS
  app list --available                 with those that a feature would bring
  app list --format names | sort       for a script
  app list --link library:libx.so      with those of a shared library
  app list --link process:./plugin-x   with those of an executable, which is run

Links:
  library:PATH       the plugins of a shared library, in a build with the feature
                     `library`. Only `app hello` and `app serve` run its code, with
                     all the rights that this program has
  process:PATH       the plugins of an executable, with the feature `process`. Every
                     command that is given it starts it, since it alone knows its
                     plugins: so name none that you do not trust. APP_LOG=plug=debug
                     shows what it writes on stderr
  grpc://HOST:PORT   the plugins of a server, with the feature `grpc`; or of several
                     equal servers, with commas between
  grpcs://HOST:PORT  the same over TLS, by the authorities that the system trusts
  grpc+unix:PATH     the same over a Unix socket
  APP_LINKS          links with commas between; a HOST:PORT behind an address is one
                     more host of it. Not read if `--link` is given

JSON:
  format_version  1; a key may be added without a change of it
  plugins         by interface, then name: what `app info --help` says of each,
                  less `takes_settings`,
                  `schema` and `library`
  available       with --available, by name: {name, features}, where any of the
                  features brings the plugin
  instances       with --config, in the order of the file: {name, plugin}, where
                  the plugin is null if it is unknown
---- exit status: 0
",
    );
}

#[test]
fn info() {
    check(
        &ALL,
        &["info", "--help"],
        "\
Shows all that is known of a plugin

Usage: app info [OPTIONS] <NAME>

Arguments:
  <NAME>
          The plugin, by its name or an alias, or as `LINK[#NAME]`

Options:
      --link <LINK>
          Adds the plugins of this link, such as `process:PATH`; can be given several times
          
          [env: APP_LINKS=]

      --format <FORMAT>
          How to print it

          Possible values:
          - text: For people
          - json: For programs
          
          [default: text]

      --schema
          Print the JSON Schema of its settings alone; this runs code of a library

  -h, --help
          Print help (see a summary with '-h')

Examples:
  app info a
  app info a --format json
  app info polite --schema             the JSON Schema of its settings
  app info library:target/release/libplugin_a.so
  app info grpc://127.0.0.1:8888#a

Links:
  library:PATH       the plugins of a shared library, in a build with the feature
                     `library`. Only `app hello` and `app serve` run its code, with
                     all the rights that this program has
  process:PATH       the plugins of an executable, with the feature `process`. Every
                     command that is given it starts it, since it alone knows its
                     plugins: so name none that you do not trust. APP_LOG=plug=debug
                     shows what it writes on stderr
  grpc://HOST:PORT   the plugins of a server, with the feature `grpc`; or of several
                     equal servers, with commas between
  grpcs://HOST:PORT  the same over TLS, by the authorities that the system trusts
  grpc+unix:PATH     the same over a Unix socket
  APP_LINKS          links with commas between; a HOST:PORT behind an address is one
                     more host of it. Not read if `--link` is given
  LINK#NAME          in place of a name: the plugin of this name in that link. Without
                     `#NAME`: the only one that can say hello, or all for `app info`.
                     A `#` is a part of the path if a `/` comes after it, or if a file
                     of the whole name exists

JSON:
  format_version  1; a key may be added without a change of it
  plugins         one for each interface that has a plugin of this name:
                  {name, aliases, deprecated, interface, summary, docs, package,
                  version, license, repository, file, line, link, differences,
                  takes_settings, schema, library}; and source, if `cargo plug` added it
    deprecated    what to use instead; null where it is not deprecated
    package, version, license, repository
                  null where nothing is known
    link          where it was found; null where it is in this program
    differences   a text for each method of its interface that is not as in this
                  program; where there is one, the plugin cannot be opened
    schema        the JSON Schema of its settings; null if it has none or is in a
                  library, of which no code is run
    library       {compiler, plug, abi, aborts_on_panic, sha256, methods}, with a
                  {name, signature, has_default} for each method of the interface;
                  null where it is in none
---- exit status: 0
",
    );
}

#[test]
fn doctor() {
    check(
        &ALL,
        &["doctor", "--help"],
        "\
Looks for problems with the plugins of this build

Usage: app doctor [OPTIONS]

Options:
      --config <FILE>
          Reads the settings of plugins from this file, of TOML or JSON
          
          [env: APP_CONFIG=]

      --link <LINK>
          Adds the plugins of this link, such as `process:PATH`; can be given several times
          
          [env: APP_LINKS=]

      --format <FORMAT>
          How to print them

          Possible values:
          - text: For people
          - json: For programs
          
          [default: text]

  -h, --help
          Print help (see a summary with '-h')

Examples:
  app doctor                           exits with 3 where there is a problem
  app doctor --format json
  app doctor --config app.toml         does each plugin take its settings?
  app doctor --link library:libx.so    would its plugins work here?

Configuration:
  FILE has a section for each instance of a plugin, in TOML, or in JSON if its name ends
  with `.json`. `plugin` names the plugin; without it, the section has its name:
      [plugins.german]
      plugin = \"polite\"
      languages = [\"de\"]
  `app info NAME` shows what a plugin takes, and `app doctor` tries every section.
  APP_CONFIG         the file, if `--config` is not given

Links:
  library:PATH       the plugins of a shared library, in a build with the feature
                     `library`. Only `app hello` and `app serve` run its code, with
                     all the rights that this program has
  process:PATH       the plugins of an executable, with the feature `process`. Every
                     command that is given it starts it, since it alone knows its
                     plugins: so name none that you do not trust. APP_LOG=plug=debug
                     shows what it writes on stderr
  grpc://HOST:PORT   the plugins of a server, with the feature `grpc`; or of several
                     equal servers, with commas between
  grpcs://HOST:PORT  the same over TLS, by the authorities that the system trusts
  grpc+unix:PATH     the same over a Unix socket
  APP_LINKS          links with commas between; a HOST:PORT behind an address is one
                     more host of it. Not read if `--link` is given

JSON:
  format_version  1; a key may be added without a change of it
  problems        {kind, name, interface, feature, link, places, message, hints}
    kind          duplicate, hidden_by_alias, interface_versions, incompatible,
                  not_registered, link, or other
    interface, feature, link
                  null where it is not about one
    places        the plugins concerned: {plugin, package, file, line, link}
  warnings        {kind, link, message}
    kind          aborts_on_panic, brings_no_plugin, or other
  deprecated      {name, interface, instead, link}
  outside         what `cargo plug` added, if anything: {name, package, version, source}
  sections        with --config, in the order of the file: {name, plugin, problem},
                  where the problem is null or {message, hints}
---- exit status: 0
",
    );
}

#[test]
fn serve() {
    check(
        &ALL,
        &["serve", "--help"],
        "\
Serves plugins to other programs, by gRPC

Usage: app serve [OPTIONS] --grpc <ADDRESS>

Options:
      --grpc <ADDRESS>
          The address to listen at: `HOST:PORT`, port 0 for any free one, or `grpc+unix:PATH`

      --plugin <NAME>
          A plugin to serve, by its name; can be given several times; without one, all are served

      --grace <SECONDS>
          The longest time that calls may go on after SIGINT or SIGTERM
          
          [default: 30]

      --instances <NUMBER>
          How many objects with their own settings clients may have at once
          
          [default: 0]

      --config <FILE>
          Reads the settings of plugins from this file, of TOML or JSON
          
          [env: APP_CONFIG=]

      --link <LINK>
          Adds the plugins of this link, such as `process:PATH`; can be given several times
          
          [env: APP_LINKS=]

  -h, --help
          Print help (see a summary with '-h')

Examples:
  app serve --grpc 127.0.0.1:8888              all of them, to this machine
  app serve --grpc 127.0.0.1:8888 --plugin a   this one alone
  app serve --grpc grpc+unix:/run/app.socket   to all who may open the file
  app serve --grpc 127.0.0.1:8888 --config app.toml
                                               each section by its own name

It serves until SIGINT or SIGTERM, lets the calls that are under way finish, and exits
with 0. A second signal ends them. It answers gRPC health checks and reflection. It has
neither TLS nor passwords: anyone who reaches the address can call the plugins.

Standard output has one line, the address in the form `--plugin` takes it, as soon as it
can be connected to: for a script that uses port 0.

Links:
  library:PATH       the plugins of a shared library, in a build with the feature
                     `library`. Only `app hello` and `app serve` run its code, with
                     all the rights that this program has
  process:PATH       the plugins of an executable, with the feature `process`. Every
                     command that is given it starts it, since it alone knows its
                     plugins: so name none that you do not trust. APP_LOG=plug=debug
                     shows what it writes on stderr
  grpc://HOST:PORT   the plugins of a server, with the feature `grpc`; or of several
                     equal servers, with commas between
  grpcs://HOST:PORT  the same over TLS, by the authorities that the system trusts
  grpc+unix:PATH     the same over a Unix socket
  APP_LINKS          links with commas between; a HOST:PORT behind an address is one
                     more host of it. Not read if `--link` is given
---- exit status: 0
",
    );
}

#[test]
fn proto() {
    check(
        &ALL,
        &["proto", "--help"],
        "\
Prints the interface of greeters as a `.proto` file

Usage: app proto

Options:
  -h, --help  Print help

Examples:
  app proto > plug.proto               for plugins and callers in other languages
---- exit status: 0
",
    );
}

#[test]
fn completions() {
    check(
        &ALL,
        &["completions", "--help"],
        "\
Prints the script that lets a shell complete arguments, and names of plugins

Usage: app completions <SHELL>

Arguments:
  <SHELL>  The shell [possible values: bash, elvish, fish, powershell, zsh]

Options:
  -h, --help  Print help

Examples:
  bash  source <(app completions bash)         in ~/.bashrc
  zsh   source <(app completions zsh)          in ~/.zshrc, after compinit
  fish  app completions fish | source          in ~/.config/fish/config.fish
---- exit status: 0
",
    );
}

#[test]
fn the_short_help_is_the_start_of_it() {
    let short = plug_tests::succeed(app(&ALL).arg("-h"));
    assert!(short.contains("Examples:") && !short.contains("Exit status:"), "{short}");
}

#[test]
fn no_command_is_wrong_usage() {
    let output = plug_tests::run(&mut app(&ALL));
    assert!(output.stdout.is_empty() && output.status.code() == Some(2), "{}", seen(&output));
    assert_eq!(plug_tests::texts(&output).1, plug_tests::succeed(app(&ALL).arg("-h")));
}
