//! Compiles `proto/` in pure Rust, so that building needs no `protoc` on the machine, and writes down what the provider offers.

use std::fmt::Write as _;
use std::{env, error::Error, fs, path::Path, path::PathBuf};

use prost::Message as _;

const PROTO_FOLDER: &str = "proto";
const PROTO_FILES: [&str; 3] = ["tfplugin6.proto", "go_plugin.proto", "health.proto"];

/// The folders of what is offered, and the call that makes one out of its module.
const OFFERED: [(&str, &str); 5] = [
    ("resources", "resource(clients)"),
    ("data_sources", "data_source(clients)"),
    ("lists", "list(clients)"),
    ("lists/konnect_object", "list(clients)"),
    ("functions", "function()"),
];

fn main() -> Result<(), Box<dyn Error>> {
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out_dir.join("registry.rs"), registry()?)?;

    println!("cargo::rerun-if-changed={PROTO_FOLDER}");
    let descriptors = protox::compile(PROTO_FILES, [PROTO_FOLDER])?;

    // For tests/descriptor.rs, which compares what was compiled with the protocol's published tables.
    fs::write(out_dir.join("descriptors.bin"), descriptors.encode_to_vec())?;

    // Clients are for the tests; without a transport they add nothing to the binary.
    // Ordered maps keep everything the host sees in one order.
    tonic_prost_build::configure()
        .build_transport(false)
        .btree_map(".")
        .compile_fds(descriptors)?;
    Ok(())
}

/// The expression of `src/provider/registry.rs`: one call for each of the first `pub mod` lines of a folder, up to an empty line. A module
/// that lacks the function does not compile.
fn registry() -> Result<String, Box<dyn Error>> {
    let mut calls = String::from("Registry::new()");
    for (folder, maker) in OFFERED {
        let list = Path::new("src").join(folder).join("mod.rs");
        println!("cargo::rerun-if-changed={}", list.display());
        let path = folder.replace('/', "::");
        let method = maker.split('(').next().unwrap_or_default();
        let text = fs::read_to_string(list)?;
        let modules = text
            .lines()
            .skip_while(|line| !line.starts_with("pub mod "))
            .map_while(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
        for module in modules {
            write!(calls, "\n.{method}(crate::{path}::{module}::{maker})")?;
        }
    }
    Ok(calls)
}
