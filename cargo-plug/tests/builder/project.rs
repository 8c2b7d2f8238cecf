//! plug.toml.
