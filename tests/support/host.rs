//! A host as Terraform is one: starts a plugin with cookie and certificate in its environment, reads the handshake line,
//! connects with mutual TLS, and ends the plugin in the end.

use std::{
    collections::BTreeMap,
    future::Future,
    path::Path,
    pin::Pin,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use hyper_util::rt::TokioIo;
use konnectazure::{
    plugin::{
        Ending, Launch, Routes, ServeError, Server,
        generated::plugin::{Empty, grpc_controller_client::GrpcControllerClient},
    },
    wire::generated::provider_client::ProviderClient,
};
use rustls::{
    ClientConfig, RootCertStore, SupportedProtocolVersion,
    client::danger::ServerCertVerifier,
    crypto::ring,
    pki_types::{CertificateDer, ServerName},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, BufReader},
    net::{TcpStream, UnixStream},
    process::{Child, Command},
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};

use super::identity::Identity;

const COOKIE: (&str, &str) = (
    "TF_PLUGIN_MAGIC_COOKIE",
    "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
);
/// Terraform waits a minute; nothing here takes that long.
const START_LIMIT: Duration = Duration::from_secs(30);
/// After this Terraform kills a plugin that it asked to end.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(2);

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Starts plugins; each has to prove itself to this host, and this host to each.
pub struct Host {
    pub identity: Option<Identity>,
}

impl Host {
    /// As Terraform is by default.
    pub fn new() -> Self {
        Self {
            identity: Some(Identity::generate()),
        }
    }

    /// As with `TF_DISABLE_PLUGIN_TLS`.
    pub fn without_tls() -> Self {
        Self { identity: None }
    }

    /// What Terraform adds to its own environment.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let ports = [
            ("PLUGIN_MIN_PORT", "10000"),
            ("PLUGIN_MAX_PORT", "25000"),
            ("PLUGIN_PROTOCOL_VERSIONS", "5,6"),
        ];
        let certificate = self
            .identity
            .iter()
            .map(|identity| ("PLUGIN_CLIENT_CERT".to_owned(), identity.pem()));
        let others = ports
            .into_iter()
            .chain([COOKIE])
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        others.chain(certificate).collect()
    }

    pub fn launch(&self) -> Launch {
        let environment = self.environment();
        Launch::from_environment(&|name| environment.get(name).cloned()).unwrap()
    }

    /// Serves `routes` in this process.
    pub async fn start_in_process(&self, launch: Launch, routes: Routes) -> Plugin {
        self.start_in_process_with(launch, routes, async || {})
            .await
    }

    /// The same, with what is to happen to running work at the end.
    pub async fn start_in_process_with<Stop>(
        &self,
        launch: Launch,
        routes: Routes,
        stop_work: impl FnOnce() -> Stop + Send + 'static,
    ) -> Plugin
    where
        Stop: Future<Output = ()> + Send,
    {
        let server = Server::bind(launch).await.unwrap();
        let line = server.handshake_line().to_owned();
        let (terminate, terminated) = oneshot::channel::<Ending>();
        let ending = async {
            match terminated.await {
                Ok(ending) => ending,
                Err(_) => std::future::pending().await,
            }
        };
        let task = tokio::spawn(async move { server.run(routes, ending, stop_work).await });
        Plugin {
            line: line.clone(),
            handshake: Handshake::parse(&line),
            caller: self.caller(),
            running: Running::InProcess {
                task,
                terminate: Some(terminate),
            },
        }
    }

    /// Starts a binary as Terraform does, with `more` in its environment. Its log goes to this process's stderr.
    pub async fn start_binary(&self, binary: &Path, more: &[(&str, &str)]) -> Plugin {
        let mut process = Command::new(binary)
            .envs(self.environment())
            .envs(more.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = timeout(START_LIMIT, lines.next_line())
            .await
            .unwrap()
            .unwrap();
        let line = line.expect("the plugin ended without a handshake") + "\n";
        Plugin {
            line: line.clone(),
            handshake: Handshake::parse(&line),
            caller: self.caller(),
            running: Running::Process(Box::new(process)),
        }
    }

    /// How this host connects.
    pub fn caller(&self) -> Caller {
        Caller {
            tls: self.identity.is_some(),
            identity: self.identity.clone(),
            application_protocol: "h2",
            versions: rustls::DEFAULT_VERSIONS,
            verifier: None,
        }
    }
}

/// The handshake line, taken apart as Terraform does.
#[derive(Debug, Clone)]
pub struct Handshake {
    pub core_version: String,
    pub app_version: String,
    pub network: String,
    pub address: String,
    pub protocol: String,
    pub certificate: CertificateDer<'static>,
}

impl Handshake {
    pub fn parse(line: &str) -> Self {
        let line = line.strip_suffix('\n').expect("the line has to end");
        let fields: Vec<_> = line.split('|').map(str::to_owned).collect();
        let [
            core_version,
            app_version,
            network,
            address,
            protocol,
            certificate,
        ] = fields.try_into().expect("six fields");
        Self {
            core_version,
            app_version,
            network,
            address,
            protocol,
            certificate: STANDARD_NO_PAD
                .decode(certificate)
                .expect("standard base64 without padding")
                .into(),
        }
    }
}

/// Who connects, and how. Tests change single fields to see what is refused.
#[derive(Debug, Clone)]
pub struct Caller {
    pub tls: bool,
    pub identity: Option<Identity>,
    pub application_protocol: &'static str,
    pub versions: &'static [&'static SupportedProtocolVersion],
    /// Says who the plugin is, instead of its certificate as a root.
    pub verifier: Option<Arc<dyn ServerCertVerifier>>,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Caller {
    /// Connects once: a broken connection stays broken.
    pub async fn connect(&self, handshake: &Handshake) -> Result<Channel, Failure> {
        let (caller, handshake) = (self.clone(), handshake.clone());
        let connector = tower::service_fn(move |_| {
            let (caller, handshake) = (caller.clone(), handshake.clone());
            async move { caller.open(&handshake).await.map(TokioIo::new) }
        });
        // What Go's client names as the target when it is given a connection.
        Ok(Endpoint::from_static("http://unused")
            .connect_with_connector(connector)
            .await?)
    }

    async fn open(&self, handshake: &Handshake) -> Result<Pin<Box<dyn Stream>>, Failure> {
        let stream: Box<dyn Stream> = match handshake.network.as_str() {
            "unix" => Box::new(UnixStream::connect(&handshake.address).await?),
            "tcp" => Box::new(TcpStream::connect(&handshake.address).await?),
            other => return Err(format!("unknown network {other}").into()),
        };
        if !self.tls {
            return Ok(Pin::new(stream));
        }
        let connector = TlsConnector::from(Arc::new(self.config(&handshake.certificate)?));
        let stream = connector
            .connect(ServerName::try_from("localhost")?, stream)
            .await?;
        // Newer versions of Go's client insist on it.
        if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
            return Err("HTTP/2 was not agreed".into());
        }
        Ok(Box::pin(stream))
    }

    fn config(&self, server: &CertificateDer<'static>) -> Result<ClientConfig, Failure> {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(self.versions)?;
        let builder = if let Some(verifier) = self.verifier.clone() {
            builder
                .dangerous()
                .with_custom_certificate_verifier(verifier)
        } else {
            let mut roots = RootCertStore::empty();
            roots.add(server.clone())?;
            builder.with_root_certificates(roots)
        };
        let mut config = match self.identity.clone() {
            Some(identity) => builder.with_client_cert_resolver(Arc::new(identity)),
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![self.application_protocol.as_bytes().to_vec()];
        Ok(config)
    }
}

enum Running {
    InProcess {
        task: JoinHandle<Result<(), ServeError>>,
        terminate: Option<oneshot::Sender<Ending>>,
    },
    Process(Box<Child>),
}

/// A plugin that was started.
pub struct Plugin {
    pub line: String,
    pub handshake: Handshake,
    caller: Caller,
    running: Running,
}

impl Plugin {
    pub async fn connect(&self) -> Channel {
        self.caller.connect(&self.handshake).await.unwrap()
    }

    /// A client for the provider's own service, without a limit on the size of answers.
    pub async fn provider(&self) -> ProviderClient<Channel> {
        ProviderClient::new(self.connect().await).max_decoding_message_size(usize::MAX)
    }

    /// What the system or the user may do to the process at any time. In-process only.
    pub fn end(&mut self, ending: Ending) {
        match &mut self.running {
            Running::InProcess { terminate, .. } => terminate.take().unwrap().send(ending).unwrap(),
            Running::Process(_) => panic!("send the process a signal instead"),
        }
    }

    /// The process's id, where it is a process of its own.
    pub fn process_id(&self) -> Option<u32> {
        match &self.running {
            Running::InProcess { .. } => None,
            Running::Process(process) => process.id(),
        }
    }

    /// Asks the plugin to end, and fails if Terraform would have had to kill it.
    pub async fn shut_down(self) {
        let mut controller = GrpcControllerClient::new(self.connect().await);
        controller.shutdown(Empty {}).await.unwrap();
        drop(controller);
        timeout(SHUTDOWN_LIMIT, self.ended())
            .await
            .expect("still running two seconds after Shutdown");
    }

    /// Waits for the end of the process, whatever it is.
    pub async fn died(self) -> ExitStatus {
        match self.running {
            Running::InProcess { .. } => panic!("not a process of its own"),
            Running::Process(mut process) => process.wait().await.unwrap(),
        }
    }

    /// Waits for the end, which has to be an orderly one.
    pub async fn ended(self) {
        match self.running {
            Running::InProcess { task, .. } => task.await.unwrap().unwrap(),
            Running::Process(mut process) => assert!(process.wait().await.unwrap().success()),
        }
    }
}
