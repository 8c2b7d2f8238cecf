//! The program: `etl FILE` runs the job of a file.

use std::process::ExitCode;
use std::sync::Arc;

use etl::Job;
use plug::Error;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [file] = &arguments[..] else {
        eprintln!("usage: etl FILE, a file of TOML with `[source]`, `[transforms.NAME]` and `[sink]`");
        return ExitCode::from(2);
    };
    match run(file) {
        Ok(written) => println!("{written} records"),
        Err(error) => {
            eprintln!("etl: {error:?}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn run(file: &str) -> Result<u64, Error> {
    let job = Job::open(file)?;
    pollster::block_on(job.run(Arc::new(|stage: &str, text: &str| println!("{stage}: {text}"))))
}
