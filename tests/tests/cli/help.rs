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
  info         Tells all that is known of a plugin
  doctor       Looks for problems with the plugins of this build
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
  1  the plugin failed, or the result could not be written
  2  wrong usage, a plugin that nobody knows, or a path that leads to no plugins
  3  the registry has a problem: any for `doctor`, one with the very name for others;
     or a library is damaged, or does not fit this program
  4  the plugin is known but not in this build, or libraries are not
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
          The plugin to say it, by its name or as `library:PATH[#NAME]`; not needed where there is
          just one
          
          [env: APP_PLUGIN=]

      --name <WHO>
          Whom to greet
          
          [default: world]

      --link <LINK>
          Adds the plugins of this link, such as `library:PATH`; can be given several times
          
          [env: APP_LINKS=]

  -h, --help
          Print help (see a summary with '-h')

Examples:
  app hello                            through the only plugin there is
  app hello --plugin a --name x        hello, x
  APP_PLUGIN=a app hello --name x      the same
  app hello --plugin library:target/release/libplugin_a.so

Links:
  library:PATH       the plugins of a shared library, in a build with the feature
                     `library`. Only `app hello` runs its code, with all the rights
                     that this program has
  APP_LINKS          links with commas between. Not read where there is a `--link`
  library:PATH#NAME  in place of a name: the plugin of this name in that library, and
                     no other. Without `#NAME`, the only one that can say hello.
                     A `#` is a part of the path where a `/` comes after it, or where
                     there is a file of the whole name
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

      --link <LINK>
          Adds the plugins of this link, such as `library:PATH`; can be given several times
          
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

Links:
  library:PATH       the plugins of a shared library, in a build with the feature
                     `library`. Only `app hello` runs its code, with all the rights
                     that this program has
  APP_LINKS          links with commas between. Not read where there is a `--link`

JSON:
  format_version  1; a key may be added without a change of it
  plugins         by interface, then name: what `app info --help` says of each,
                  less `library`
  available       with --available, by name: {name, features}, where any of the
                  features brings the plugin
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
Tells all that is known of a plugin

Usage: app info [OPTIONS] <NAME>

Arguments:
  <NAME>
          The plugin, by its name or an alias, or as `library:PATH[#NAME]`

Options:
      --link <LINK>
          Adds the plugins of this link, such as `library:PATH`; can be given several times
          
          [env: APP_LINKS=]

      --format <FORMAT>
          How to print it

          Possible values:
          - text: For people
          - json: For programs
          
          [default: text]

  -h, --help
          Print help (see a summary with '-h')

Examples:
  app info a
  app info a --format json
  app info library:target/release/libplugin_a.so

Links:
  library:PATH       the plugins of a shared library, in a build with the feature
                     `library`. Only `app hello` runs its code, with all the rights
                     that this program has
  APP_LINKS          links with commas between. Not read where there is a `--link`
  library:PATH#NAME  in place of a name: the plugins of this name in that library, and
                     no others. Without `#NAME`, all of them.
                     A `#` is a part of the path where a `/` comes after it, or where
                     there is a file of the whole name

JSON:
  format_version  1; a key may be added without a change of it
  plugins         one for each interface that has a plugin of this name:
                  {name, aliases, deprecated, interface, summary, docs, package,
                  version, license, repository, file, line, link, differences,
                  library}
    deprecated    what to use instead; null where it is not deprecated
    package, version, license, repository
                  null where nothing is known
    link          where it was found; null where it is in this program
    differences   a text for each method of its interface that is not as in this
                  program; where there is one, the plugin cannot be opened
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
      --link <LINK>
          Adds the plugins of this link, such as `library:PATH`; can be given several times
          
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
  app doctor --link library:libx.so    would its plugins work here?

Links:
  library:PATH       the plugins of a shared library, in a build with the feature
                     `library`. Only `app hello` runs its code, with all the rights
                     that this program has
  APP_LINKS          links with commas between. Not read where there is a `--link`

JSON:
  format_version  1; a key may be added without a change of it
  problems        {kind, name, interface, feature, link, places, message, hints}
    kind          duplicate, hidden_by_alias, interface_versions, incompatible,
                  not_registered, link, or other
    interface, feature, link
                  null where it is not about one
    places        the plugins concerned: {plugin, package, file, line, link}
  warnings        {kind, link, message}
    kind          aborts_on_panic, or other
  deprecated      {name, interface, instead, link}
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
