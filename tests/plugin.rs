//! The plugin floor as a host sees it: who is let in, what is served besides the provider, and how it ends.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod support;

use std::{
    convert::Infallible,
    fs, io,
    os::unix::{fs::PermissionsExt as _, process::ExitStatusExt as _},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use konnectazure::plugin::{
    Ending, Routes,
    generated::{
        health::{
            HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
        },
        plugin::{
            Empty, grpc_broker_client::GrpcBrokerClient,
            grpc_controller_client::GrpcControllerClient, grpc_stdio_client::GrpcStdioClient,
        },
    },
};
use support::{
    host::{Caller, Failure, Host, Plugin},
    identity::Identity,
};
use tokio::sync::Notify;
use tonic::{
    Code, Status,
    body::Body,
    client::Grpc,
    codegen::{BoxFuture, Service, http},
    server::NamedService,
    transport::Channel,
};
use tonic_prost::ProstCodec;

async fn start(host: &Host) -> Plugin {
    host.start_in_process(host.launch(), Routes::default())
        .await
}

/// A whole call: with TLS 1.3 a client learns only from the first answer that it was refused.
async fn call(caller: &Caller, plugin: &Plugin) -> Result<ServingStatus, Failure> {
    let channel = caller.connect(&plugin.handshake).await?;
    let request = HealthCheckRequest {
        service: "plugin".to_owned(),
    };
    Ok(HealthClient::new(channel)
        .check(request)
        .await?
        .into_inner()
        .status())
}

async fn assert_refused(caller: &Caller, plugin: &Plugin) {
    let answer = call(caller, plugin).await;
    assert!(answer.is_err(), "let in {caller:?}");
}

#[tokio::test]
async fn the_host_that_started_the_plugin_is_let_in() {
    let host = Host::new();
    let plugin = start(&host).await;
    assert_eq!(
        call(&host.caller(), &plugin).await.unwrap(),
        ServingStatus::Serving
    );
    plugin.shut_down().await;
}

#[tokio::test]
async fn both_versions_of_tls_are_spoken() {
    static VERSIONS: [[&rustls::SupportedProtocolVersion; 1]; 2] =
        [[&rustls::version::TLS12], [&rustls::version::TLS13]];
    let host = Host::new();
    let plugin = start(&host).await;
    for versions in &VERSIONS {
        let caller = Caller {
            versions,
            ..host.caller()
        };
        assert_eq!(
            call(&caller, &plugin).await.unwrap(),
            ServingStatus::Serving
        );
    }
}

#[tokio::test]
async fn nobody_else_is_let_in_and_the_host_still_is() {
    let host = Host::new();
    let plugin = start(&host).await;
    let anonymous = Caller {
        identity: None,
        ..host.caller()
    };
    let stranger = Caller {
        identity: Some(Identity::generate()),
        ..host.caller()
    };
    // The certificate stands in the environment, which other processes of the user can read; the key does not.
    let impostor = Caller {
        identity: Some(Identity {
            certificate: host.identity.clone().unwrap().certificate,
            ..Identity::generate()
        }),
        ..host.caller()
    };
    let plain_text = Caller {
        tls: false,
        ..host.caller()
    };
    let older_http = Caller {
        application_protocol: "http/1.1",
        ..host.caller()
    };
    for refused in [anonymous, stranger, impostor, plain_text, older_http] {
        assert_refused(&refused, &plugin).await;
    }
    assert_eq!(
        call(&host.caller(), &plugin).await.unwrap(),
        ServingStatus::Serving
    );
}

#[tokio::test]
async fn a_client_that_says_nothing_does_not_hold_up_the_host() {
    let host = Host::new();
    let plugin = start(&host).await;
    let _silent = tokio::net::UnixStream::connect(&plugin.handshake.address)
        .await
        .unwrap();
    assert_eq!(
        call(&host.caller(), &plugin).await.unwrap(),
        ServingStatus::Serving
    );
}

#[tokio::test]
async fn a_host_without_tls_is_served_in_plain_text() {
    let host = Host::without_tls();
    let plugin = start(&host).await;
    assert!(plugin.handshake.certificate.is_empty());
    assert!(plugin.line.ends_with("|grpc|\n"), "{}", plugin.line);
    assert_eq!(
        call(&host.caller(), &plugin).await.unwrap(),
        ServingStatus::Serving
    );
    plugin.shut_down().await;
}

#[tokio::test]
async fn the_handshake_names_a_socket_only_the_user_can_reach() {
    let host = Host::new();
    let plugin = start(&host).await;
    let handshake = plugin.handshake.clone();
    assert_eq!(
        (
            handshake.core_version.as_str(),
            handshake.app_version.as_str()
        ),
        ("1", "6")
    );
    assert_eq!(
        (handshake.network.as_str(), handshake.protocol.as_str()),
        ("unix", "grpc")
    );
    let socket = Path::new(&handshake.address);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(socket.parent().unwrap()), 0o700);
    assert_eq!(mode(socket), 0o600);
    plugin.shut_down().await;
    assert!(!socket.parent().unwrap().exists());
}

/// The inodes of the sockets that this machine listens at over TCP.
#[cfg(target_os = "linux")]
fn listening_over_tcp() -> Vec<String> {
    const LISTEN: &str = "0A";
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let tables = tables.map(|path| fs::read_to_string(path).unwrap_or_default());
    let lines = tables.iter().flat_map(|table| table.lines().skip(1));
    lines
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let is_listening = fields.get(3) == Some(&LISTEN);
            fields
                .get(9)
                .filter(|_| is_listening)
                .map(ToString::to_string)
        })
        .collect()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn where_there_are_unix_sockets_no_port_is_open() {
    let own = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let is_listening = |process: u32| {
        let tcp = listening_over_tcp();
        let files = fs::read_dir(format!("/proc/{process}/fd"))
            .unwrap()
            .flatten();
        files
            .filter_map(|file| fs::read_link(file.path()).ok())
            .any(|target| {
                tcp.iter()
                    .any(|inode| target == Path::new(&format!("socket:[{inode}]")))
            })
    };
    assert!(
        is_listening(std::process::id()),
        "a port of our own is not seen"
    );
    drop(own);
    let binary = Path::new(env!("CARGO_BIN_EXE_terraform-provider-konnectazure"));
    let host = Host::new();
    let plugin = host.start_binary(binary, &[]).await;
    assert_eq!(
        call(&host.caller(), &plugin).await.unwrap(),
        ServingStatus::Serving
    );
    assert!(!is_listening(plugin.process_id().unwrap()));
    plugin.shut_down().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_plugin_that_dies_leaves_no_file_of_its_memory() {
    const LIMIT: &str = "Max core file size";
    let binary = env!("CARGO_BIN_EXE_terraform-provider-konnectazure");
    let folder = tempfile::tempdir().unwrap();
    let script = |name: &str, then: &str| {
        let path = folder.path().join(name);
        let (inside, largest) = (folder.path().display(), "ulimit -S -c $(ulimit -H -c)");
        let text = format!("#!/bin/sh\ncd '{inside}' && {largest} && {then}\n");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        path
    };
    // What a parent allows its children, as they are told.
    let allowed = std::process::Command::new(script("allowed", "cat /proc/self/limits"))
        .output()
        .unwrap();
    let line = |limits: &str| {
        let mut lines = limits.lines();
        let found = lines.find_map(|line| line.strip_prefix(LIMIT));
        found
            .unwrap()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    let host = Host::new();
    let plugin = host
        .start_binary(&script("start", &format!("exec '{binary}'")), &[])
        .await;
    assert_eq!(
        call(&host.caller(), &plugin).await.unwrap(),
        ServingStatus::Serving
    );
    let process = plugin.process_id().unwrap();
    let limits = fs::read_to_string(format!("/proc/{process}/limits")).unwrap();
    assert_eq!(line(&limits), "0 0 bytes");
    if line(&String::from_utf8(allowed.stdout).unwrap()) == "0 0 bytes" {
        eprintln!("skipped in part: nothing here may dump its memory");
    }
    let killed = std::process::Command::new("kill")
        .args(["-ABRT", &process.to_string()])
        .status();
    assert!(killed.unwrap().success());
    let status = plugin.died().await;
    assert!(
        status.signal().is_some() && !status.core_dumped(),
        "{status}"
    );
    let names = fs::read_dir(folder.path()).unwrap().flatten();
    let mut names: Vec<_> = names.map(|entry| entry.file_name()).collect();
    names.sort();
    assert_eq!(names, ["allowed", "start"]);
}

#[tokio::test]
async fn loopback_ports_are_secured_in_the_same_way() {
    let host = Host::new();
    let plugin = host
        .start_in_process(host.launch().over_tcp(), Routes::default())
        .await;
    let (address, port) = plugin.handshake.address.split_once(':').unwrap();
    assert_eq!(
        (plugin.handshake.network.as_str(), address),
        ("tcp", "127.0.0.1")
    );
    assert!((10_000..=25_000).contains(&port.parse::<u16>().unwrap()));
    assert_eq!(
        call(&host.caller(), &plugin).await.unwrap(),
        ServingStatus::Serving
    );
    let stranger = Caller {
        identity: Some(Identity::generate()),
        ..host.caller()
    };
    assert_refused(&stranger, &plugin).await;
    plugin.shut_down().await;
}

#[tokio::test]
async fn health_is_known_for_the_plugin_and_for_the_whole_only() {
    let host = Host::new();
    let plugin = start(&host).await;
    let mut health = HealthClient::new(plugin.connect().await);
    let request = |service: &str| HealthCheckRequest {
        service: service.to_owned(),
    };
    let whole = health.check(request("")).await.unwrap().into_inner();
    assert_eq!(whole.status(), ServingStatus::Serving);
    assert_eq!(
        health.check(request("other")).await.unwrap_err().code(),
        Code::NotFound
    );
    let mut watched = health.watch(request("plugin")).await.unwrap().into_inner();
    assert_eq!(
        watched.message().await.unwrap().unwrap().status(),
        ServingStatus::Serving
    );
    let mut unknown = health.watch(request("other")).await.unwrap().into_inner();
    assert_eq!(
        unknown.message().await.unwrap().unwrap().status(),
        ServingStatus::ServiceUnknown
    );
}

#[tokio::test]
async fn the_streams_of_the_plugin_services_stay_open_until_the_end() {
    let host = Host::new();
    let plugin = start(&host).await;
    let channel = plugin.connect().await;
    let mut output = GrpcStdioClient::new(channel.clone())
        .stream_stdio(())
        .await
        .unwrap()
        .into_inner();
    // Attached hosts open one each.
    let mut again = GrpcStdioClient::new(channel.clone())
        .stream_stdio(())
        .await
        .unwrap()
        .into_inner();
    let mut broker = GrpcBrokerClient::new(channel)
        .start_stream(tokio_stream::pending())
        .await
        .unwrap()
        .into_inner();
    let caller = host.caller();
    tokio::select! {
        _ = output.message() => panic!("the output ended"),
        _ = again.message() => panic!("the second output ended"),
        _ = broker.message() => panic!("the broker's stream ended"),
        answer = call(&caller, &plugin) => assert_eq!(answer.unwrap(), ServingStatus::Serving),
    }
    let waiting = async { tokio::join!(output.message(), again.message(), broker.message()) };
    let (ends, ()) = tokio::join!(waiting, plugin.shut_down());
    assert!(matches!(ends, (Ok(None), Ok(None), Ok(None))), "{ends:?}");
}

#[tokio::test]
async fn calls_nobody_serves_are_answered_as_unimplemented() {
    let host = Host::new();
    let plugin = start(&host).await;
    let refused = wait(plugin.connect().await).await;
    assert_eq!(refused.code(), Code::Unimplemented);
}

/// A service with one call that waits to be let go, then answers that it was aborted.
#[derive(Clone)]
struct Waiting {
    entered: Arc<Notify>,
    go: Arc<Notify>,
}

impl NamedService for Waiting {
    const NAME: &'static str = "test.Waiting";
}

impl Service<http::Request<Body>> for Waiting {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Request<Body>) -> Self::Future {
        let Self { entered, go } = self.clone();
        Box::pin(async move {
            entered.notify_one();
            go.notified().await;
            Ok(Status::aborted("let go").into_http())
        })
    }
}

fn waiting_routes(entered: Arc<Notify>, go: Arc<Notify>) -> Routes {
    Routes::default().add_service(Waiting { entered, go })
}

async fn wait(channel: Channel) -> Status {
    let mut client = Grpc::new(channel);
    client.ready().await.unwrap();
    let path = "/test.Waiting/Wait".parse().unwrap();
    let codec = ProstCodec::<Empty, Empty>::default();
    client
        .unary(tonic::Request::new(Empty {}), path, codec)
        .await
        .unwrap_err()
}

#[tokio::test]
async fn work_that_is_cancelled_at_the_end_can_still_answer() {
    for ending in [Ending::AskedByHost, Ending::Terminated] {
        let (host, entered, go) = (
            Host::new(),
            Arc::new(Notify::new()),
            Arc::new(Notify::new()),
        );
        let routes = waiting_routes(Arc::clone(&entered), Arc::clone(&go));
        let stop = async move || go.notify_one();
        let mut plugin = host
            .start_in_process_with(host.launch(), routes, stop)
            .await;
        let call = tokio::spawn(wait(plugin.connect().await));
        entered.notified().await;
        if ending == Ending::AskedByHost {
            plugin.shut_down().await;
        } else {
            plugin.end(ending);
            plugin.ended().await;
        }
        assert_eq!(call.await.unwrap().code(), Code::Aborted, "{ending:?}");
    }
}

#[tokio::test]
async fn work_that_does_not_end_cannot_keep_the_process() {
    let (host, entered) = (Host::new(), Arc::new(Notify::new()));
    let routes = waiting_routes(Arc::clone(&entered), Arc::new(Notify::new()));
    let stuck = std::future::pending::<()>;
    let plugin = host
        .start_in_process_with(host.launch(), routes, stuck)
        .await;
    let channel = plugin.connect().await;
    let call = tokio::spawn(wait(channel.clone()));
    entered.notified().await;
    tokio::time::pause();
    let before = tokio::time::Instant::now();
    GrpcControllerClient::new(channel)
        .shutdown(Empty {})
        .await
        .unwrap();
    plugin.ended().await;
    assert!(
        before.elapsed() < Duration::from_secs(2),
        "{:?}",
        before.elapsed()
    );
    call.abort();
}

#[tokio::test]
async fn a_host_that_vanishes_takes_the_plugin_with_it() {
    let (host, stopped) = (Host::new(), Arc::new(AtomicBool::new(false)));
    let seen = Arc::clone(&stopped);
    let stop = async move || seen.store(true, Ordering::SeqCst);
    let plugin = host
        .start_in_process_with(host.launch(), Routes::default(), stop)
        .await;
    assert_eq!(
        call(&host.caller(), &plugin).await.unwrap(),
        ServingStatus::Serving
    );
    tokio::time::pause();
    let before = tokio::time::Instant::now();
    plugin.ended().await;
    assert!(stopped.load(Ordering::SeqCst));
    assert!(
        before.elapsed() <= Duration::from_secs(5),
        "{:?}",
        before.elapsed()
    );
}

#[tokio::test]
async fn a_refused_client_does_not_count_as_the_host() {
    let host = Host::new();
    let plugin = start(&host).await;
    let stranger = Caller {
        identity: Some(Identity::generate()),
        ..host.caller()
    };
    assert_refused(&stranger, &plugin).await;
    tokio::time::pause();
    let ended = tokio::time::timeout(Duration::from_secs(60), plugin.ended()).await;
    assert!(ended.is_err(), "ended although the host had not come yet");
}

/// The test's own certificate has to be what Terraform's is, or the tests above prove nothing.
#[test]
fn the_test_host_presents_a_certificate_like_the_real_ones() -> io::Result<()> {
    let identity = Identity::generate();
    let certificate =
        webpki::EndEntityCert::try_from(&identity.certificate).map_err(io::Error::other)?;
    let refused = certificate.verify_for_usage(
        &[webpki::ring::ECDSA_P256_SHA256],
        &[],
        &[],
        rustls::pki_types::UnixTime::now(),
        webpki::KeyUsage::client_auth(),
        None,
        None,
    );
    assert!(matches!(
        refused.err(),
        Some(webpki::Error::CaUsedAsEndEntity)
    ));
    Ok(())
}
