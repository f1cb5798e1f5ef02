//! Sets `cfg(loom)` for this crate alone. Through RUSTFLAGS it would reach tokio and every other dependency, and rebuild
//! them all.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-cfg=loom");
}
