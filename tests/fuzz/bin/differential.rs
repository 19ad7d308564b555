//! libFuzzer's entry to the target of the same name.
#![no_main]

#[path = "../targets/differential/mod.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::run(data));
