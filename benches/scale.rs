//! How apply and refresh grow with the number of objects of one network, against the local cloud with a latency in front: requests and time.
//! `benches/run` starts it, too.

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

use std::time::{Duration, Instant};

use serde_json::json;
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
        "| objects | apply, requests | apply, s | refresh, requests | refresh, s | one request each would take, s |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    for size in sizes.split_whitespace() {
        scale(size.parse().expect("a number"));
    }
}

fn scale(objects: u32) {
    let cloud = Simulator::start(Seed::Demo);
    cloud.fault(json!({ "times": 0, "delay_ms": LATENCY_MS }));
    let workspace = Workspace::new(cloud.env());
    workspace.write(&format!(
        "resource \"konnectazure_dns_mappings\" \"this\" {{\n  count = {objects}\n  name = \"corp-${{count.index}}\"\n  network_id = \"{}\"\n  \
         mappings = [{{ domains = [\"a${{count.index}}.example\"], target_ip_addresses = [\"10.20.0.4\"] }}]\n}}\n",
        cloud.network_id("eastus2-prod"),
    ));
    let applied = counted(&cloud, || {
        workspace.apply().expect_success("apply");
    });
    let refreshed = counted(&cloud, || {
        let planned = workspace.run(&["plan", "-no-color", "-detailed-exitcode"]);
        planned.expect_success("a plan without changes");
    });
    let alone = f64::from(objects) * (LATENCY_MS as f64 / 1000.0) / CONCURRENCY;
    println!(
        "| {objects} | {} | {:.1} | {} | {:.1} | {alone:.1} |",
        applied.0,
        applied.1.as_secs_f64(),
        refreshed.0,
        refreshed.1.as_secs_f64()
    );
}

/// How many requests `work` makes, and how long it takes.
fn counted(cloud: &Simulator, work: impl FnOnce()) -> (usize, Duration) {
    cloud.clear_requests();
    let started = Instant::now();
    work();
    (cloud.requests().len(), started.elapsed())
}
