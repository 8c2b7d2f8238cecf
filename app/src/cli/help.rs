//! The help texts below the arguments.
//! They know no argument.

pub(super) fn app() -> String {
    format!("{EXAMPLES}\n\n{EXITS}")
}

pub(super) fn hello() -> String {
    format!("{HELLO_EXAMPLES}\n\n{CONFIG}\n\n{LINKS}\n{LINK_NAME}")
}

pub(super) fn list() -> String {
    format!("{LIST_EXAMPLES}\n\n{LINKS}\n\n{LIST_JSON}")
}

pub(super) fn info() -> String {
    format!("{INFO_EXAMPLES}\n\n{LINKS}\n{LINK_NAME}\n\n{INFO_JSON}")
}

pub(super) fn serve() -> String {
    format!("{SERVE_EXAMPLES}\n\n{SERVE_OUTPUT}\n\n{LINKS}")
}

pub(super) fn schema() -> String {
    format!("{SCHEMA_EXAMPLES}\n\n{SCHEMA_OUTPUT}\n\n{LINKS}")
}

pub(super) fn doctor() -> String {
    format!("{DOCTOR_EXAMPLES}\n\n{CONFIG}\n\n{LINKS}\n\n{DOCTOR_JSON}")
}

pub(super) const EXAMPLES: &str = "\
Examples:
  app list                             what plugins there are
  app hello --plugin a                 hello, world
  app info a                           all about one of them
  app hello --help                     all about a command";

const EXITS: &str = "\
Exit status:
  0  done
  1  the plugin failed, is not there, or did not answer in time; or the result could
     not be written
  2  wrong usage, a plugin that nobody knows, or a path that leads to no plugins
  3  the registry has a problem: any for `doctor`, one with the very name for others;
     or a library, a process or a server cannot be used, or does not fit this program
  4  the plugin is known but not in this build, or its kind of link is not";

pub(super) const HELLO_EXAMPLES: &str = "\
Examples:
  app hello                            through the only plugin there is
  app hello --plugin a --name x        hello, x
  APP_PLUGIN=a app hello --name x      the same
  app hello --config app.toml --plugin german
  app hello --plugin process:target/debug/plugin-a
  app hello --plugin grpc://127.0.0.1:8888 --timeout 2.5
  app hello --plugin a --isolate       a crash of it would not end this program";

const CONFIG: &str = "\
Configuration:
  FILE has a section for each instance of a plugin, in TOML, or in JSON if its name ends
  with `.json`. `plugin` names the plugin; without it, the section has its name:
      [plugins.german]
      plugin = \"polite\"
      languages = [\"de\"]
  `app info NAME` shows what a plugin takes, and `app doctor` tries every section.
  APP_CONFIG         the file, if `--config` is not given";

const LINKS: &str = "\
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
                     more host of it. Not read if `--link` is given";

const LINK_NAME: &str = "  \
LINK#NAME          in place of a name: the plugin of this name in that link. Without
                     `#NAME`: the only one that can say hello, or all for `app info`.
                     A `#` is a part of the path if a `/` comes after it, or if a file
                     of the whole name exists";

pub(super) const LIST_EXAMPLES: &str = "\
Examples:
  app list                             a table that fits the terminal, or COLUMNS
  app list --available                 with those that a feature would bring
  app list --format names | sort       for a script
  app list --link library:libx.so      with those of a shared library
  app list --link process:./plugin-x   with those of an executable, which is run";

const LIST_JSON: &str = "\
JSON:
  format_version  1; a key may be added without a change of it
  plugins         by interface, then name: what `app info --help` says of each,
                  less `takes_settings`,
                  `schema` and `library`
  available       with --available, by name: {name, features}, where any of the
                  features brings the plugin
  instances       with --config, in the order of the file: {name, plugin}, where
                  the plugin is null if it is unknown";

pub(super) const INFO_EXAMPLES: &str = "\
Examples:
  app info a
  app info a --format json
  app info polite --schema             the JSON Schema of its settings
  app info library:target/release/libplugin_a.so
  app info grpc://127.0.0.1:8888#a";

const INFO_JSON: &str = "\
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
                  null where it is in none";

pub(super) const DOCTOR_EXAMPLES: &str = "\
Examples:
  app doctor                           exits with 3 where there is a problem
  app doctor --format json
  app doctor --config app.toml         does each plugin take its settings?
  app doctor --link library:libx.so    would its plugins work here?";

const DOCTOR_JSON: &str = "\
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
                  where the problem is null or {message, hints}";

pub(super) const SERVE_EXAMPLES: &str = "\
Examples:
  app serve --grpc 127.0.0.1:8888              all of them, to this machine
  app serve --grpc 127.0.0.1:8888 --plugin a   this one alone
  app serve --grpc grpc+unix:/run/app.socket   to all who may open the file
  app serve --grpc 127.0.0.1:8888 --config app.toml
                                               each section by its own name";

const SERVE_OUTPUT: &str = "\
It serves until SIGINT or SIGTERM, lets the calls that are under way finish, and exits
with 0. A second signal ends them. It answers gRPC health checks and reflection. It has
neither TLS nor passwords: anyone who reaches the address can call the plugins.

Standard output has one line, the address in the form `--plugin` takes it, as soon as it
can be connected to: for a script that uses port 0.";

pub(super) const SCHEMA_EXAMPLES: &str = "\
Examples:
  app schema > app.schema.json         for an editor, as the schema of app.toml";

const SCHEMA_OUTPUT: &str = "\
It is a JSON Schema of the version 2020-12: for each plugin its settings, with their
types, defaults and docs. `app info NAME --schema` prints the settings of one plugin.
A plugin can be built without a schema; its section may then have any key.";

pub(super) const PROTO_EXAMPLES: &str = "\
Examples:
  app proto > plug.proto               for plugins and callers in other languages";

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  bash  source <(app completions bash)         in ~/.bashrc
  zsh   source <(app completions zsh)          in ~/.zshrc, after compinit
  fish  app completions fish | source          in ~/.config/fish/config.fish";
