//! A secret cannot be printed or written.

use plug::Secret;

#[derive(serde::Serialize)]
struct Settings {
    token: Secret,
}

fn main() {
    let token = Secret::from(String::from("hunter2"));
    println!("{token}");
    let _ = token.to_string();
    let _ = Settings { token };
}
