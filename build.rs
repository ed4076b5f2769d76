//! Compiles `proto/` in pure Rust, so that building needs no `protoc` on the machine.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message as _;

const PROTO_FOLDER: &str = "proto";
const PROTO_FILES: [&str; 3] = ["tfplugin6.proto", "go_plugin.proto", "health.proto"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={PROTO_FOLDER}");
    let descriptors = protox::compile(PROTO_FILES, [PROTO_FOLDER])?;

    // For tests/descriptor.rs, which compares what was compiled with the protocol's published tables.
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out_dir.join("descriptors.bin"), descriptors.encode_to_vec())?;

    // Clients are for the tests; without a transport they add nothing to the binary.
    // Ordered maps keep everything the host sees in one order.
    tonic_prost_build::configure()
        .build_transport(false)
        .btree_map(".")
        .compile_fds(descriptors)?;
    Ok(())
}
