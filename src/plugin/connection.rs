//! Accepted connections: secured where the host asked for it, and counted, so that we notice when the host is gone.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{Stream as Incoming, StreamExt as _, stream, stream::FuturesUnordered};
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    select,
    sync::watch,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tonic::transport::server::Connected;

use super::listener::{Listener, Stream};

/// How long a connection may take for its TLS handshake. The host begins it at once; whatever connects and says nothing is not the host.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// The pause after a failed accept: mostly there are no file handles left, and trying again at once would only burn time.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How many connections are open, and whether there ever was one.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    open: usize,
    ever: bool,
}

/// Knows how many connections are open.
#[derive(Clone, Default)]
pub(super) struct Connections {
    count: Arc<watch::Sender<Count>>,
}

impl Connections {
    fn opened(&self) -> OpenConnection {
        self.count.send_modify(|count| {
            count.open = count.open.saturating_add(1);
            count.ever = true;
        });
        OpenConnection {
            count: Arc::clone(&self.count),
        }
    }

    /// Waits until the host has connected, has closed everything and not come back for `grace`.
    pub(super) async fn all_closed(&self, grace: Duration) {
        let mut count = self.count.subscribe();
        loop {
            // The sender lives in self, so waiting cannot fail.
            if count
                .wait_for(|count| count.ever && count.open == 0)
                .await
                .is_err()
            {
                std::future::pending::<()>().await;
            }
            select! {
                () = sleep(grace) => return,
                _ = count.wait_for(|count| count.open > 0) => {}
            }
        }
    }
}

/// Counts as an open connection until dropped.
struct OpenConnection {
    count: Arc<watch::Sender<Count>>,
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.count
            .send_modify(|count| count.open = count.open.saturating_sub(1));
    }
}

/// A connection whose peer may call us.
pub(super) struct Connection {
    stream: Box<dyn Stream>,
    _open: OpenConnection,
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) -> Self::ConnectInfo {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The connections whose peers proved to be the host; all of them where TLS is off. Never ends and never fails: a
/// refused peer is a line in the log, and does not hold up the next one.
pub(super) fn incoming(
    listener: Listener,
    tls: Option<Arc<ServerConfig>>,
    connections: Connections,
) -> impl Incoming<Item = io::Result<Connection>> {
    let acceptor = tls.map(TlsAcceptor::from);
    let state = (listener, acceptor, connections, FuturesUnordered::new());
    stream::unfold(
        state,
        |(listener, acceptor, connections, mut handshakes)| async move {
            loop {
                select! {
                    accepted = listener.accept() => match accepted {
                        Ok(stream) => handshakes.push(secured(stream, acceptor.clone())),
                        Err(error) => {
                            tracing::warn!(%error, "a connection could not be accepted");
                            sleep(ACCEPT_PAUSE).await;
                        }
                    },
                    Some(outcome) = handshakes.next() => match outcome {
                        Ok(stream) => {
                            let connection = Connection { stream, _open: connections.opened() };
                            return Some((Ok(connection), (listener, acceptor, connections, handshakes)));
                        }
                        Err(error) => tracing::warn!(%error, "a connection was refused"),
                    },
                }
            }
        },
    )
}

async fn secured(
    stream: Box<dyn Stream>,
    acceptor: Option<TlsAcceptor>,
) -> io::Result<Box<dyn Stream>> {
    let Some(acceptor) = acceptor else {
        return Ok(stream);
    };
    let stream = timeout(HANDSHAKE_LIMIT, acceptor.accept(stream)).await??;
    Ok(Box::new(stream))
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    const GRACE: Duration = Duration::from_secs(2);

    #[tokio::test(start_paused = true)]
    async fn a_host_that_has_not_come_yet_is_not_gone() {
        let connections = Connections::default();
        assert!(
            timeout(GRACE * 100, connections.all_closed(GRACE))
                .await
                .is_err()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_connected_host_is_not_gone() {
        let connections = Connections::default();
        let _open = connections.opened();
        assert!(
            timeout(GRACE * 100, connections.all_closed(GRACE))
                .await
                .is_err()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_is_gone_a_while_after_its_last_connection() {
        let connections = Connections::default();
        let (first, second) = (connections.opened(), connections.opened());
        drop(first);
        assert!(
            timeout(GRACE * 2, connections.all_closed(GRACE))
                .await
                .is_err()
        );
        drop(second);
        assert!(connections.all_closed(GRACE).now_or_never().is_none());
        assert!(
            timeout(GRACE * 2, connections.all_closed(GRACE))
                .await
                .is_ok()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_comes_back_in_time_is_not_gone() {
        let connections = Connections::default();
        drop(connections.opened());
        let gone = connections.all_closed(GRACE);
        tokio::pin!(gone);
        assert!(timeout(GRACE / 2, &mut gone).await.is_err());
        let _back = connections.opened();
        assert!(timeout(GRACE * 10, &mut gone).await.is_err());
    }
}
