//! How apply and refresh grow with the number of objects of one network, against the local cloud with and without a latency in front: requests,
//! time, and what one provider process spends on it. Without latency the time is Terraform's own and ours; what the latency adds is to be compared with
//! what the requests take alone. `benches/run` starts it, too.

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
        "| objects | command | requests | s without latency | s with {LATENCY_MS} ms | requests × latency ÷ {CONCURRENCY} | added ÷ that | CPU, ms | most memory, MiB |"
    );
    println!("|{}", " --- |".repeat(9));
    for size in sizes.split_whitespace() {
        let objects = size.parse().expect("a number");
        let near = measure(objects, 0);
        let far = measure(objects, LATENCY_MS);
        for (near, far) in near.iter().zip(&far) {
            let alone = far.requests as f64 * (LATENCY_MS as f64 / 1000.0) / CONCURRENCY;
            println!(
                "| {objects} | {} | {} | {:.2} | {:.2} | {alone:.2} | {:.2} | {:.0} | {:.1} |",
                far.command,
                far.requests,
                near.seconds,
                far.seconds,
                (far.seconds - near.seconds) / alone,
                far.cpu.as_secs_f64() * 1000.0,
                far.most_kibibytes as f64 / 1024.0,
            );
        }
    }
}

/// What one command took.
struct Taken {
    command: &'static str,
    requests: usize,
    seconds: f64,
    /// Of the provider.
    cpu: Duration,
    most_kibibytes: u64,
}

fn measure(objects: u32, latency_ms: u64) -> [Taken; 2] {
    let cloud = Simulator::start(Seed::Demo);
    if latency_ms > 0 {
        cloud.fault(json!({ "times": 0, "delay_ms": latency_ms }));
    }
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
    commands.map(|(command, arguments)| {
        let provider = Attached::start(cloud.env());
        workspace.set(attached::VARIABLE, &provider.value);
        cloud.clear_requests();
        let started = Instant::now();
        workspace.run(arguments).expect_success(command);
        Taken {
            command,
            seconds: started.elapsed().as_secs_f64(),
            requests: cloud.requests().len(),
            cpu: provider.cpu(),
            most_kibibytes: provider.sample().most_kibibytes,
        }
    })
}
