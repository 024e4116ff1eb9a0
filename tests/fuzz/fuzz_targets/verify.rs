//! Reading and verifying a certificate, from any bytes. `cargo test` runs the same laws over `seeds/`.

#![no_main]

#[path = "../../certificates/laws.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    laws::check(bytes);
});
