//! How the server is linked: its memory when idle is mostly pages of itself.

#[expect(
    clippy::disallowed_methods,
    reason = "cargo tells build scripts their target in no other way"
)]
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // On this target the pinned toolchain links with its own lld, which knows all of these.
    let target = std::env::var("TARGET").unwrap_or_default();
    if target == "x86_64-unknown-linux-gnu" {
        // Functions that are the same are there once: generic code makes many.
        println!("cargo:rustc-link-arg-bins=-Wl,--icf=all");
        // Two megabytes of relocations become some ten kilobytes.
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
