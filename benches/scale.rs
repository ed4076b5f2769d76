//! How apply and refresh grow with the number of objects of one network, against the local cloud with a latency in front: requests,
//! time, and what one provider process spends on it. `benches/run` starts it, too.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_precision_loss,
    reason = "a program for developers, which fails by panicking"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Instant;

use serde_json::json;
use support::attached::{self, Attached};
use support::simulator::{Seed, Simulator};
use support::terraform::Workspace;

const LATENCY_MS: u64 = 50;
/// Terraform's own limit.
const CONCURRENCY: f64 = 10.0;

fn main() {
    let sizes = std::env::var("BENCH_SIZES").unwrap_or_default();
    if sizes.is_empty() {
        println!("BENCH_SIZES says how many objects to make, such as \"10 100 1000\"");
        return;
    }
    println!(
        "| objects | command | requests | s | its requests alone, s | ratio | CPU, ms | most memory, MiB |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for size in sizes.split_whitespace() {
        scale(size.parse().expect("a number"));
    }
}

fn scale(objects: u32) {
    let cloud = Simulator::start(Seed::Demo);
    cloud.fault(json!({ "times": 0, "delay_ms": LATENCY_MS }));
    let mut workspace = Workspace::new(cloud.env());
    workspace.write(&format!(
        "resource \"konnectazure_dns_mappings\" \"this\" {{\n  count = {objects}\n  name = \"corp-${{count.index}}\"\n  network_id = \"{}\"\n  \
         mappings = [{{ domains = [\"a${{count.index}}.example\"], target_ip_addresses = [\"10.20.0.4\"] }}]\n}}\n",
        cloud.network_id("eastus2-prod"),
    ));
    let commands: [(&str, &[&str]); 2] = [
        (
            "apply",
            &["apply", "-no-color", "-input=false", "-auto-approve"],
        ),
        // Fails where it finds changes.
        ("refresh", &["plan", "-no-color", "-detailed-exitcode"]),
    ];
    for (name, arguments) in commands {
        let provider = Attached::start(cloud.env());
        workspace.set(attached::VARIABLE, &provider.value);
        cloud.clear_requests();
        let started = Instant::now();
        workspace.run(arguments).expect_success(name);
        let seconds = started.elapsed().as_secs_f64();
        let requests = cloud.requests().len();
        let alone = requests as f64 * (LATENCY_MS as f64 / 1000.0) / CONCURRENCY;
        println!(
            "| {objects} | {name} | {requests} | {seconds:.1} | {alone:.1} | {:.2} | {:.0} | {:.1} |",
            seconds / alone,
            provider.cpu().as_secs_f64() * 1000.0,
            provider.sample().most_kibibytes as f64 / 1024.0,
        );
    }
}
