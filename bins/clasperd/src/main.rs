//! clasperd.
fn main() {}
