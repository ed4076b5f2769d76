//! Listens, announces itself, serves, and ends in an orderly way.

use std::{future::Future, io, io::Write as _, pin::pin, sync::Arc};

use rustls::{ServerConfig, pki_types::CertificateDer};
use tokio::{select, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{
    connection::{self, Connections},
    handshake::{self, Address, Launch},
    listener::{ListenError, Listener},
    routes::Routes,
    services,
    shutdown::{self, Ending, Interrupt, Signals},
    tls::{self, TlsError},
};

/// Why serving failed.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Nothing to listen on.
    #[error("cannot listen for the host")]
    Listen(#[source] ListenError),
    /// No way to secure connections.
    #[error("cannot secure connections")]
    Tls(#[source] TlsError),
    /// The host closed our stdout before it knew where to connect.
    #[error("cannot tell the host where to connect")]
    Announce(#[source] io::Error),
    /// Signals cannot be caught.
    #[error("cannot catch signals")]
    Signals(#[source] io::Error),
    /// The gRPC server failed.
    #[error("the gRPC server failed")]
    Transport(#[source] tonic::transport::Error),
}

/// Serves `routes` and the plugin services to the host that started this process, until the host says it is done, dies,
/// or the process is told to terminate. Interrupts are ignored: they reach the host too, and it decides.
///
/// `prepare` is called when the host has been told where to connect: it makes what the first call will need while the host gets ready for that.
/// At the end `stop_work` is called once. It should cancel running calls; its future should resolve when their work has
/// come to its end. Calls still running may answer meanwhile. All this takes three seconds at most; then we return
/// whatever still runs.
///
/// Writes one line to stdout; nobody else may write there before.
///
/// # Errors
/// When nothing could be served. What happened to the connections is in the log.
pub async fn serve<Stop>(
    launch: Launch,
    routes: Routes,
    prepare: impl FnOnce(),
    stop_work: impl FnOnce() -> Stop,
) -> Result<(), ServeError>
where
    Stop: Future<Output = ()>,
{
    let signals = Signals::install(Interrupt::Ignored).map_err(ServeError::Signals)?;
    let server = Server::bind(launch).await?;
    write_to_stdout(server.handshake_line()).map_err(ServeError::Announce)?;
    prepare();
    server.run(routes, signals.ending(), stop_work).await
}

/// Raw and flushed: the host waits for exactly these bytes.
pub(super) fn write_to_stdout(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// A plugin that listens and does not serve yet. [`serve`] is made of this; tests run it in their own process.
pub struct Server {
    listener: Listener,
    tls: Option<Arc<ServerConfig>>,
    line: String,
    /// Whether we end when the host does.
    follows_host: bool,
}

impl Server {
    /// Starts to listen. Connections may be made from now on.
    ///
    /// # Errors
    /// When there is no place for a socket, or no certificate can be made.
    pub async fn bind(launch: Launch) -> Result<Self, ServeError> {
        let listener = Listener::bind(&launch).await.map_err(ServeError::Listen)?;
        let secured = launch
            .host_certificate
            .map(tls::secure)
            .transpose()
            .map_err(ServeError::Tls)?;
        let certificate: Option<&CertificateDer<'_>> =
            secured.as_ref().map(|secured| &secured.certificate);
        let line = handshake::line(&listener.address(), certificate);
        Ok(Self {
            listener,
            line,
            tls: secured.map(|secured| secured.config),
            follows_host: true,
        })
    }

    /// For a process that outlives its hosts, each of which connects for a while.
    pub(super) fn outliving_hosts(mut self) -> Self {
        self.follows_host = false;
        self
    }

    /// The line that tells the host where to connect, with its end.
    #[must_use]
    pub fn handshake_line(&self) -> &str {
        &self.line
    }

    pub(super) fn address(&self) -> Address {
        self.listener.address()
    }

    /// Serves until the host is done or gone, or until `ending` resolves; then as [`serve`] says.
    ///
    /// # Errors
    /// When the gRPC server fails.
    pub async fn run<Stop>(
        self,
        routes: Routes,
        ending: impl Future<Output = Ending>,
        stop_work: impl FnOnce() -> Stop,
    ) -> Result<(), ServeError>
    where
        Stop: Future<Output = ()>,
    {
        let (asked_to_stop, stopping) = (CancellationToken::new(), CancellationToken::new());
        let connections = Connections::default();
        let routes = services::add_to(routes, asked_to_stop.clone(), stopping.clone());
        let incoming = connection::incoming(self.listener, self.tls, connections.clone());
        let mut serving = pin!(
            tonic::transport::Server::builder().serve_with_incoming_shutdown(
                routes,
                incoming,
                stopping.clone().cancelled_owned()
            )
        );
        let host_gone = async {
            if !self.follows_host {
                std::future::pending::<()>().await;
            }
            shutdown::host_gone(&connections).await
        };
        let ending = select! {
            served = &mut serving => return served.map_err(ServeError::Transport),
            () = asked_to_stop.cancelled() => Ending::AskedByHost,
            ending = ending => ending,
            ending = host_gone => ending,
        };
        tracing::debug!(?ending, "the server stops");
        stopping.cancel();
        let finish = async { tokio::join!(stop_work(), &mut serving).1 };
        if let Ok(served) = timeout(ending.grace(), finish).await {
            return served.map_err(ServeError::Transport);
        }
        tracing::warn!(?ending, "the process ends although work is still running");
        Ok(())
    }
}
