//! One provider process that lives long: its memory, descriptors, threads and tasks stay what they were.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::figures::figure;
use crate::lab::{ENOUGH, Lab, Settings};
use crate::matrix::block_on;
use crate::subjects::{SUBJECTS, grant};
use crate::support::attached::{self, Attached, Sample};
use crate::support::simulator::{Seed, Simulator};
use crate::support::terraform::Workspace;

/// How long the soak lasts, in seconds. What a process holds settles within minutes, so that a soak of seconds proves nothing.
const SECONDS: &str = "KONNECTAZURE_SOAK_SECONDS";
/// Fewer cycles say nothing.
const FEWEST: usize = 10;
/// The main thread, and those that block on looking up names and reading files: `BLOCKING_THREADS` in `src/main.rs`. How many of them live is chance.
const MOST_THREADS: u64 = 1 + 8;
/// The real one, whose figures are worth writing down.
const LONG: u64 = 30 * 60;

fn mean(samples: &[Sample], value: impl Fn(&Sample) -> f64) -> f64 {
    let count = u32::try_from(samples.len()).unwrap();
    samples.iter().map(value).sum::<f64>() / f64::from(count)
}

#[cfg(target_os = "linux")]
#[test]
fn a_provider_that_lives_long_stays_as_small_as_it_was() {
    let Ok(seconds) = std::env::var(SECONDS) else {
        eprintln!("skipped: {SECONDS} says how long to soak");
        return;
    };
    let seconds: u64 = seconds.parse().expect("a number of seconds");
    let cloud = Simulator::start_with(Seed::Demo, &["--speed", "100000", "--quiet"]);
    grant(&cloud, cloud.vnet_id("vnet-orders"));
    let provider = Attached::start(cloud.env());
    let mut workspace = Workspace::new(cloud.env());
    workspace.set(attached::VARIABLE, &provider.value);
    let network = cloud.network_id("eastus2-prod").to_owned();
    workspace.write(&format!(
        "resource \"konnectazure_vnet_peering\" \"this\" {{\n  name = \"orders\"\n  network_id = \"{network}\"\n  vnet_id = \"{}\"\n}}\n\
         resource \"konnectazure_peering_role\" \"this\" {{\n  assignable_scopes = [\"/subscriptions/{}\"]\n}}\n\
         resource \"konnectazure_dns_mappings\" \"this\" {{\n  count = 10\n  name = \"soak-${{count.index}}\"\n  network_id = \"{network}\"\n  \
         mappings = [{{ domains = [\"d${{count.index}}.example\"], target_ip_addresses = [\"10.20.0.4\"] }}]\n}}\n",
        cloud.vnet_id("vnet-orders"),
        cloud.url("subscription_id"),
    ));
    cloud.fault(json!([{ "times": 0, "percent": 2, "status": 503, "headers": { "retry-after": "0" } }, { "times": 0, "percent": 1, "reset": "after" }]));
    let began = Instant::now();
    let mut samples = Vec::new();
    while began.elapsed() < Duration::from_secs(seconds) || samples.len() < FEWEST {
        workspace.run(&["plan", "-no-color"]).expect_success("plan");
        workspace.apply().expect_success("apply");
        workspace.destroy().expect_success("destroy");
        cloud.clear_requests();
        samples.push(provider.sample());
    }
    drop(provider);

    let tenth = samples.len() / 10;
    let (second, last) = (
        &samples[tenth..2 * tenth],
        &samples[samples.len() - tenth..],
    );
    #[expect(clippy::cast_precision_loss, reason = "a mean of some megabytes")]
    let memory = |samples: &[Sample]| mean(samples, |sample| sample.kibibytes as f64) / 1024.0;
    let most = |samples: &[Sample]| {
        samples
            .iter()
            .map(|sample| (sample.descriptors, sample.threads))
            .max()
            .unwrap()
    };
    // In a short soak the process is still growing into its work, and its connections are as many as calls happened to meet.
    let (growth, connections) = if seconds < LONG { (1.5, 10) } else { (1.1, 2) };
    assert!(
        memory(last) < memory(second) * growth,
        "memory grows: {samples:?}"
    );
    let (before, after) = (most(second), most(last));
    assert!(
        after.0 <= before.0 + connections,
        "descriptors grow: {samples:?}"
    );
    assert!(
        samples.iter().all(|sample| sample.threads <= MOST_THREADS),
        "threads beyond those of the runtime: {samples:?}"
    );
    if seconds < LONG {
        return;
    }
    let minutes = began.elapsed().as_secs_f64() / 60.0;
    figure(
        "soak",
        &[
            (
                "Plan, apply and destroy of 12 objects against one process",
                format!("{} times in {minutes:.0} minutes", samples.len()),
            ),
            (
                "Memory in the second and the last tenth (unoptimised build)",
                format!("{:.1} MiB and {:.1} MiB", memory(second), memory(last)),
            ),
            (
                "Slope",
                format!(
                    "{:+.2} MiB an hour",
                    (memory(last) - memory(second)) / (minutes * 0.85) * 60.0
                ),
            ),
            (
                "Descriptors in the second and the last tenth, at most",
                format!("{} and {}", before.0, after.0),
            ),
            ("Threads", format!("{} and {}", before.1, after.1)),
        ],
    );
}

#[test]
fn calls_leave_no_tasks_behind() {
    block_on(async {
        let subject = SUBJECTS
            .iter()
            .find(|subject| subject.name == "dns_mappings")
            .unwrap();
        let mut lab = Lab::open(subject).await;
        let config = lab.config(false, ENOUGH);
        let tasks = || {
            tokio::runtime::Handle::current()
                .metrics()
                .num_alive_tasks()
        };
        let mut counts = Vec::new();
        for _ in 0..20 {
            lab.configure(&Settings::default()).await;
            let made = lab.create(&config).await.stored.expect("an object");
            let read = lab.read(&made).await.stored.expect("an object");
            assert!(!lab.delete(&read).await.failed());
            counts.push(tasks());
        }
        // Connections have tasks of their own, which end a moment after the client that had them.
        let (early, late) = (&counts[2..6], &counts[16..]);
        assert!(late.iter().min() <= early.iter().max(), "{counts:?}");
    });
}
