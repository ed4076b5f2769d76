//! What a life of the whole process costs its host, beside a provider written in Go and beside the floor (`floor.rs`). All take turns, so that
//! whatever else the machine does meets each alike; figures are medians. `benches/run` builds, fetches and starts everything.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    dead_code,
    reason = "a program for developers, which fails by panicking; of the tests' host it uses a part"
)]

#[path = "../tests/support/host.rs"]
mod host;
#[path = "../tests/support/identity.rs"]
mod identity;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use host::{Caller, Host};
use konnectazure::plugin::generated::plugin::{
    Empty, grpc_controller_client::GrpcControllerClient,
};
use rustls::{
    DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tonic::{Request, client::Grpc, codegen::http::uri::PathAndQuery};
use tonic_prost::ProstCodec;

/// Who is measured.
struct Contestant {
    name: &'static str,
    binary: PathBuf,
    /// Its type name in configurations.
    provider: &'static str,
    /// Whether it serves a host that wants no TLS.
    plain: bool,
}

/// What a life is judged by.
type Figure = fn(&Life) -> f64;

/// One life: start, schema, end.
#[derive(Clone, Copy, Default)]
struct Life {
    handshake: Duration,
    schema: Duration,
    gone: Duration,
    cpu: Duration,
    rss_kib: u64,
    threads: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let (Some(ours), Some(floor)) = (variable("BENCH_PROVIDER"), variable("BENCH_FLOOR")) else {
        println!("started by benches/run, which says what to measure");
        return;
    };
    let rounds = std::env::var("BENCH_ROUNDS").map_or(41, |text| text.parse().expect("a number"));
    let mut contestants = vec![
        Contestant {
            name: "konnectazure",
            binary: ours,
            provider: "konnectazure",
            plain: true,
        },
        Contestant {
            name: "floor",
            binary: floor,
            provider: "floor",
            plain: false,
        },
    ];
    contestants.extend(variable("BENCH_PEER").map(|binary| Contestant {
        name: "Go peer",
        binary,
        provider: "workato",
        plain: true,
    }));

    lives("with mutual TLS", &Host::new(), &contestants, rounds).await;
    commands(&contestants, rounds);
    contestants.retain(|contestant| contestant.plain);
    lives("without TLS", &Host::without_tls(), &contestants, rounds).await;
}

async fn lives(title: &str, host: &Host, contestants: &[Contestant], rounds: usize) {
    let mut all = vec![Vec::new(); contestants.len()];
    for round in 0..=rounds {
        for number in turns(contestants.len(), round) {
            all[number].push(life(host, &contestants[number].binary).await);
        }
    }
    for lives in &mut all {
        // The first ones read the binaries from the disk.
        lives.remove(0);
    }
    let names: Vec<_> = contestants.iter().map(|one| one.name).collect();
    println!("\n| {title} | {} | ratios |", names.join(" | "));
    println!("| --- |{}", " --- |".repeat(names.len() + 1));
    let rows: [(&str, Figure); 6] = [
        ("spawn → handshake line, ms", |life| ms(life.handshake)),
        ("spawn → schema answered, ms", |life| ms(life.schema)),
        ("CPU of such a life, ms", |life| ms(life.cpu)),
        ("RSS after the schema, MiB", |life| {
            f64::from(u32::try_from(life.rss_kib).expect("below a TiB")) / 1024.0
        }),
        ("threads", |life| {
            f64::from(u32::try_from(life.threads).expect("few"))
        }),
        ("shutdown → gone, ms", |life| ms(life.gone)),
    ];
    for (name, figure) in rows {
        let medians: Vec<f64> = all
            .iter()
            .map(|lives| median(lives.iter().map(figure)))
            .collect();
        row(name, &medians);
    }
    let sizes: Vec<f64> = contestants
        .iter()
        .map(|one| {
            let bytes = fs::metadata(&one.binary).expect("the binary").len();
            f64::from(u32::try_from(bytes).expect("below 4 GiB")) / 1_048_576.0
        })
        .collect();
    row("binary, MiB", &sizes);
}

/// The figures, and what the first one is of each of the others.
fn row(name: &str, figures: &[f64]) {
    let texts: Vec<_> = figures
        .iter()
        .map(|figure| format!("{figure:.2}"))
        .collect();
    let ratios: Vec<_> = figures[1..]
        .iter()
        .map(|other| format!("{:.2}", figures[0] / other))
        .collect();
    println!("| {name} | {} | {} |", texts.join(" | "), ratios.join(", "));
}

/// Each round begins with another one and goes the other way round than the one before: whoever comes after a large process finds the caches cold.
fn turns(count: usize, round: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.rotate_left(round / 2 % count);
    if round % 2 == 1 {
        order.reverse();
    }
    order
}

async fn life(host: &Host, binary: &Path) -> Life {
    let started = Instant::now();
    let plugin = host.start_binary(binary, &[("TF_LOG", "")]).await;
    let handshake = started.elapsed();
    let caller = Caller {
        verifier: Some(Arc::new(Unverified)),
        ..host.caller()
    };
    let channel = caller
        .connect(&plugin.handshake)
        .await
        .expect("a connection");
    let mut grpc = Grpc::new(channel.clone()).max_decoding_message_size(usize::MAX);
    grpc.ready().await.expect("a connection");
    let path = PathAndQuery::from_static("/tfplugin6.Provider/GetProviderSchema");
    // The schema is skipped rather than decoded, so that reading it costs alike whoever gives it.
    let codec = ProstCodec::<(), ()>::default();
    grpc.unary(Request::new(()), path, codec)
        .await
        .expect("a schema");
    let schema = started.elapsed();
    let process = plugin.process_id().expect("a process of its own");
    let cpu = cpu(process);
    let (rss_kib, threads) = (status(process, "VmRSS:"), status(process, "Threads:"));

    let ending = Instant::now();
    let mut controller = GrpcControllerClient::new(channel);
    // Whether the answer comes or the connection breaks: the host does not mind.
    drop(controller.shutdown(Empty {}).await);
    drop((controller, grpc));
    plugin.ended().await;
    Life {
        handshake,
        schema,
        gone: ending.elapsed(),
        cpu,
        rss_kib,
        threads,
    }
}

/// The time that all threads spent on a CPU so far.
fn cpu(process: u32) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).expect("its threads");
    let nanoseconds = tasks.map(|task| {
        let path = task.expect("a thread").path().join("schedstat");
        let text = fs::read_to_string(path).unwrap_or_default();
        let first = text.split(' ').next().and_then(|text| text.parse().ok());
        first.unwrap_or(0)
    });
    Duration::from_nanos(nanoseconds.sum())
}

fn status(process: u32, field: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{process}/status")).expect("its status");
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|text| text.parse().ok()).expect("a number")
}

/// What `terraform validate` and `terraform plan` take longer than for a configuration without providers: with development overrides, which are not
/// hashed, and installed.
fn commands(contestants: &[Contestant], rounds: usize) {
    let terraform = std::env::var("KONNECTAZURE_TEST_TERRAFORM").unwrap_or("terraform".to_owned());
    let folder = tempfile::tempdir().expect("a folder");
    let places = places(contestants, folder.path(), &terraform);
    for command in ["validate", "plan"] {
        let mut all = vec![Vec::new(); places.len()];
        for round in 0..=rounds {
            for number in turns(places.len(), round) {
                let started = Instant::now();
                run(&terraform, &places[number], &[command, "-no-color"]);
                all[number].push(started.elapsed());
            }
        }
        let medians: Vec<f64> = all
            .iter()
            .map(|times| median(times.iter().skip(1).map(|time| ms(*time))))
            .collect();
        let names: Vec<_> = contestants.iter().map(|one| one.name).collect();
        println!(
            "\n| `terraform {command}`, ms more than the {:.0} without providers | {} | ratios |",
            medians[0],
            names.join(" | ")
        );
        println!("| --- |{}", " --- |".repeat(names.len() + 1));
        for (offset, name) in [(1, "with a development override"), (2, "installed")] {
            let added: Vec<f64> = (0..contestants.len())
                .map(|number| medians[offset + 2 * number] - medians[0])
                .collect();
            row(name, &added);
        }
    }
}

/// Folders to run commands in: one without providers; then for each contestant one with an override, and one where it is installed.
fn places(contestants: &[Contestant], folder: &Path, terraform: &str) -> Vec<PathBuf> {
    let bare = folder.join("bare");
    workspace(&bare, "", "provider_installation {}\n");
    let mut places = vec![bare];
    for contestant in contestants {
        let name = contestant.provider;
        let required = format!(
            "terraform {{\n  required_providers {{\n    {name} = {{ source = \"local/{name}\" }}\n  }}\n}}\nprovider \"{name}\" {{}}\n"
        );
        let overridden = folder.join(format!("{name}-overridden"));
        let directory = overridden.join("bin");
        place(
            &contestant.binary,
            &directory,
            &format!("terraform-provider-{name}"),
        );
        workspace(
            &overridden,
            &required,
            &format!(
                "provider_installation {{\n  dev_overrides {{\n    \"local/{name}\" = {:?}\n  }}\n  direct {{}}\n}}\n",
                directory.display().to_string()
            ),
        );
        places.push(overridden);

        let installed = folder.join(format!("{name}-installed"));
        let mirror = installed.join("mirror");
        let unpacked = mirror.join(format!(
            "registry.terraform.io/local/{name}/1.0.0/linux_amd64"
        ));
        place(
            &contestant.binary,
            &unpacked,
            &format!("terraform-provider-{name}_v1.0.0"),
        );
        workspace(
            &installed,
            &required,
            &format!(
                "provider_installation {{\n  filesystem_mirror {{\n    path = {:?}\n  }}\n}}\n",
                mirror.display().to_string()
            ),
        );
        run(terraform, &installed, &["init", "-no-color"]);
        places.push(installed);
    }
    places
}

fn workspace(folder: &Path, configuration: &str, settings: &str) {
    fs::create_dir_all(folder).expect("a folder");
    fs::write(folder.join("main.tf"), configuration).expect("a configuration");
    fs::write(folder.join("cli.tfrc"), settings).expect("settings");
}

fn place(binary: &Path, folder: &Path, name: &str) {
    fs::create_dir_all(folder).expect("a folder");
    fs::copy(binary, folder.join(name)).expect("a copy of the binary");
}

fn run(terraform: &str, folder: &Path, arguments: &[&str]) {
    let output = Command::new(terraform)
        .args(arguments)
        .current_dir(folder)
        .env("TF_CLI_CONFIG_FILE", folder.join("cli.tfrc"))
        .env("CHECKPOINT_DISABLE", "1")
        .output()
        .expect("Terraform starts");
    assert!(
        output.status.success(),
        "{arguments:?} in {}: {}{}",
        folder.display(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Believes every plugin: Go's show the certificate of an authority with a key on P-521, which the tests' host does not read.
#[derive(Debug)]
struct Unverified;

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![
            SignatureScheme::ECDSA_NISTP256_SHA256,
            SignatureScheme::ECDSA_NISTP521_SHA512,
        ]
    }
}
