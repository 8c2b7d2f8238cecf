//! The shortest possible call of another process: each side writes and reads over a Unix socket.
//!
//! ```text
//! socket [-calls COUNT]
//! ```

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Command;
use std::time::Instant;

use plug::Error;
use process_callers::{each, times};

/// About the length of a short call on the wire, with its frames.
const LENGTH: usize = 64;

fn main() -> Result<(), Error> {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["answer", path] => answer(path).map_err(Error::new),
        ["-calls", count] => ask(count.parse().map_err(Error::new)?),
        [] => ask(20_000),
        _ => Err(Error::msg("usage: socket [-calls COUNT]")),
    }
}

fn answer(path: &str) -> std::io::Result<()> {
    let (mut stream, mut bytes) = (UnixStream::connect(path)?, [0; LENGTH]);
    while stream.read_exact(&mut bytes).is_ok() {
        stream.write_all(&bytes)?;
    }
    Ok(())
}

fn ask(count: usize) -> Result<(), Error> {
    let path = std::env::temp_dir().join(format!("plug-bench-{}", std::process::id()));
    let listener = UnixListener::bind(&path).map_err(Error::new)?;
    let this = std::env::current_exe().map_err(Error::new)?;
    let mut other = Command::new(this).arg("answer").arg(&path).spawn().map_err(Error::new)?;
    let (stream, _) = listener.accept().map_err(Error::new)?;
    let _ = std::fs::remove_file(&path);
    let once = || {
        let (mut stream, mut bytes) = (&stream, [7; LENGTH]);
        let start = Instant::now();
        stream.write_all(&bytes).and_then(|()| stream.read_exact(&mut bytes)).map_err(Error::new)?;
        Ok(start.elapsed())
    };
    each(count / 10, once)?;
    let mut report = "{\"tls\":false".to_owned();
    times(&mut report, "call", each(count, once)?);
    println!("{report}}}");
    drop(stream);
    other.wait().map(|_| ()).map_err(Error::new)
}
