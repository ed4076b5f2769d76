//! The socket the host connects to: a Unix socket nobody else can reach, or loopback TCP where there are none.

use std::{io, net::Ipv4Addr, ops::RangeInclusive, path::PathBuf};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};

use super::handshake::{Address, Launch, Network};

/// Why nothing can be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The folder for the socket cannot be used.
    #[error("cannot make a socket in {}", folder.display())]
    Folder {
        /// The folder tried.
        folder: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The system limits how long a socket's path may be.
    #[error("a socket's path may have {limit} bytes, {} has more", path.display())]
    TooLong {
        /// The path tried.
        path: PathBuf,
        /// The longest path possible, in bytes.
        limit: usize,
    },
    /// The path would break the handshake line.
    #[error("a socket's path must be printable text without bars and quotes: {path:?}")]
    Unprintable {
        /// The path tried.
        path: PathBuf,
    },
    /// `PLUGIN_UNIX_SOCKET_GROUP` names nobody.
    #[error("PLUGIN_UNIX_SOCKET_GROUP: there is no group {name:?} in /etc/group")]
    Group {
        /// The name or number looked for.
        name: String,
    },
    /// No port of the range is free.
    #[error("no port from {} to {} can be listened on", ports.start(), ports.end())]
    Port {
        /// The range tried.
        ports: RangeInclusive<u16>,
        /// What the system said about the last one.
        #[source]
        source: io::Error,
    },
    /// The system does not say where it listens.
    #[error("cannot learn the address listened on")]
    Address(#[source] io::Error),
}

/// An accepted connection of either kind.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

pub(super) enum Listener {
    #[cfg(unix)]
    Unix {
        listener: tokio::net::UnixListener,
        place: unix::Place,
    },
    Tcp {
        listener: TcpListener,
        address: std::net::SocketAddr,
    },
}

impl Listener {
    /// Starts to listen. Connections made from now on wait until they are accepted.
    pub(super) async fn bind(launch: &Launch) -> Result<Self, ListenError> {
        match launch.network {
            #[cfg(unix)]
            Network::Unix => unix::bind(&launch.sockets),
            Network::Tcp => bind_tcp(&launch.ports).await,
        }
    }

    pub(super) fn address(&self) -> Address {
        match self {
            #[cfg(unix)]
            Self::Unix { place, .. } => Address::Unix(place.socket.clone()),
            Self::Tcp { address, .. } => Address::Tcp(*address),
        }
    }

    /// The next connection. Safe to drop: no connection is lost.
    pub(super) async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        match self {
            #[cfg(unix)]
            Self::Unix { listener, .. } => Ok(Box::new(listener.accept().await?.0)),
            Self::Tcp { listener, .. } => Ok(Box::new(accept_tcp(listener).await?)),
        }
    }
}

/// Calls are small and answered one by one: waiting to fill a packet would delay each.
async fn accept_tcp(listener: &TcpListener) -> io::Result<TcpStream> {
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Starts at a random port of the range, so that another program cannot know it beforehand and be there first.
async fn bind_tcp(ports: &RangeInclusive<u16>) -> Result<Listener, ListenError> {
    let failed = |source| ListenError::Port {
        ports: ports.clone(),
        source,
    };
    let candidates: Vec<u16> = if *ports.start() == 0 {
        vec![0]
    } else {
        ports.clone().collect()
    };
    let first = fastrand::usize(..candidates.len().max(1));
    let (before, after) = candidates.split_at_checked(first).unwrap_or_default();
    let mut refusal = io::ErrorKind::AddrNotAvailable.into();
    for port in after.iter().chain(before) {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).await {
            Ok(listener) => {
                let address = listener.local_addr().map_err(ListenError::Address)?;
                return Ok(Listener::Tcp { listener, address });
            }
            Err(error) => refusal = error,
        }
    }
    Err(failed(refusal))
}

#[cfg(unix)]
pub(super) mod unix {
    use std::{
        fs::{self, DirBuilder, Permissions},
        io,
        os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, chown},
        path::{Path, PathBuf},
    };

    use tokio::net::UnixListener;

    use super::{ListenError, Listener};
    use crate::plugin::handshake::{Sockets, is_printable};

    /// `sockaddr_un` has room for 108 bytes on Linux and 104 elsewhere, the last of them zero.
    const SOCKET_PATH_LIMIT: usize = if cfg!(target_os = "linux") { 107 } else { 103 };
    const GROUPS: &str = "/etc/group";

    /// The socket's file and the folder made for it, removed when nobody listens any more.
    pub(in crate::plugin) struct Place {
        pub(super) socket: PathBuf,
        folder: Option<PathBuf>,
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let socket = fs::remove_file(&self.socket);
            let folder = self.folder.as_deref().map_or(Ok(()), fs::remove_dir);
            if let Err(error) = socket.and(folder) {
                tracing::debug!(socket = %self.socket.display(), %error, "the socket could not be removed");
            }
        }
    }

    pub(super) fn bind(sockets: &Sockets) -> Result<Listener, ListenError> {
        let group = sockets.group.as_deref().map(group_id).transpose()?;
        if let Some(folder) = &sockets.folder {
            // The host may know this folder by another path and looks for the socket directly in it.
            let place = Place {
                socket: folder.join(format!("plugin{}", random_name())),
                folder: None,
            };
            return bind_at(place, group);
        }
        let shared = Path::new("/tmp");
        let chosen = sockets.temporary.as_deref().unwrap_or(shared);
        bind_in_private_folder(chosen, group)
            // Some systems give every user a temporary folder whose path is too long for a socket.
            .or_else(|error| bind_in_private_folder(shared, group).map_err(|_| error))
    }

    fn bind_in_private_folder(parent: &Path, group: Option<u32>) -> Result<Listener, ListenError> {
        let folder = parent.join(format!("plugin-{}", random_name()));
        let failed = |source| ListenError::Folder {
            folder: folder.clone(),
            source,
        };
        check_path(&folder.join("socket"))?;
        // Fails if it exists, so nobody can have put it there for us; and it is private from its first moment.
        DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .map_err(failed)?;
        let place = Place {
            socket: folder.join("socket"),
            folder: Some(folder.clone()),
        };
        let listener = bind_at(place, group)?;
        if let Some(group) = group {
            chown(&folder, None, Some(group)).map_err(failed)?;
            fs::set_permissions(&folder, Permissions::from_mode(0o710)).map_err(failed)?;
        }
        Ok(listener)
    }

    fn bind_at(place: Place, group: Option<u32>) -> Result<Listener, ListenError> {
        check_path(&place.socket)?;
        let failed = |source| ListenError::Folder {
            folder: place.socket.parent().unwrap_or(&place.socket).to_owned(),
            source,
        };
        let listener = UnixListener::bind(&place.socket).map_err(failed)?;
        if let Some(group) = group {
            chown(&place.socket, None, Some(group)).map_err(failed)?;
        }
        let mode = if group.is_some() { 0o660 } else { 0o600 };
        fs::set_permissions(&place.socket, Permissions::from_mode(mode)).map_err(failed)?;
        Ok(Listener::Unix { listener, place })
    }

    fn check_path(path: &Path) -> Result<(), ListenError> {
        let path = path.to_owned();
        if path.as_os_str().len() > SOCKET_PATH_LIMIT {
            return Err(ListenError::TooLong {
                path,
                limit: SOCKET_PATH_LIMIT,
            });
        }
        if !is_printable(&path) {
            return Err(ListenError::Unprintable { path });
        }
        Ok(())
    }

    fn random_name() -> String {
        std::iter::repeat_with(fastrand::alphanumeric)
            .take(12)
            .collect()
    }

    /// Directory services are not asked: that takes the C library's resolver, which a static binary does not have.
    fn group_id(name: &str) -> Result<u32, ListenError> {
        let groups = || fs::read_to_string(GROUPS).map_err(|_: io::Error| ());
        name.parse()
            .or_else(|_| groups().and_then(|text| find_group(&text, name).ok_or(())))
            .map_err(|()| ListenError::Group {
                name: name.to_owned(),
            })
    }

    /// A line of the file is `name:password:id:members`.
    fn find_group(groups: &str, name: &str) -> Option<u32> {
        groups.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok())?
        })
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn mode(path: &Path) -> u32 {
            fs::metadata(path).unwrap().permissions().mode() & 0o777
        }

        fn place(listener: &Listener) -> &Place {
            match listener {
                Listener::Unix { place, .. } => place,
                Listener::Tcp { .. } => panic!("not a Unix socket"),
            }
        }

        #[tokio::test]
        async fn the_socket_is_in_a_folder_only_the_owner_may_enter() {
            let temporary = tempfile::tempdir().unwrap();
            let sockets = Sockets {
                temporary: Some(temporary.path().to_owned()),
                ..Sockets::default()
            };
            let listener = bind(&sockets).unwrap();
            let folder = place(&listener).socket.parent().unwrap().to_owned();
            assert_eq!(folder.parent(), Some(temporary.path()));
            assert_eq!(mode(&folder), 0o700);
            assert_eq!(mode(&place(&listener).socket), 0o600);
        }

        #[tokio::test]
        async fn nothing_is_left_when_nobody_listens_any_more() {
            let temporary = tempfile::tempdir().unwrap();
            let sockets = Sockets {
                temporary: Some(temporary.path().to_owned()),
                ..Sockets::default()
            };
            drop(bind(&sockets).unwrap());
            assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
        }

        #[tokio::test]
        async fn a_folder_the_host_picked_holds_the_socket_itself() {
            let picked = tempfile::tempdir().unwrap();
            let sockets = Sockets {
                folder: Some(picked.path().to_owned()),
                ..Sockets::default()
            };
            let listener = bind(&sockets).unwrap();
            assert_eq!(place(&listener).socket.parent(), Some(picked.path()));
            drop(listener);
            assert!(picked.path().exists());
        }

        #[tokio::test]
        async fn a_group_may_be_let_in() {
            use std::os::unix::fs::MetadataExt as _;
            let temporary = tempfile::tempdir().unwrap();
            let own = fs::metadata(temporary.path()).unwrap().gid();
            let sockets = Sockets {
                temporary: Some(temporary.path().to_owned()),
                group: Some(own.to_string()),
                ..Sockets::default()
            };
            let listener = bind(&sockets).unwrap();
            let socket = &place(&listener).socket;
            assert_eq!(mode(socket), 0o660);
            assert_eq!(mode(socket.parent().unwrap()), 0o710);
            assert_eq!(fs::metadata(socket).unwrap().gid(), own);
        }

        #[tokio::test]
        async fn a_temporary_folder_with_too_long_a_path_is_replaced() {
            let sockets = Sockets {
                temporary: Some(PathBuf::from(format!("/tmp/{}", "long".repeat(30)))),
                ..Sockets::default()
            };
            assert!(place(&bind(&sockets).unwrap()).socket.starts_with("/tmp/"));
        }

        #[tokio::test]
        async fn a_picked_folder_with_too_long_a_path_is_an_error() {
            let sockets = Sockets {
                folder: Some(PathBuf::from(format!("/tmp/{}", "long".repeat(30)))),
                ..Sockets::default()
            };
            assert!(matches!(bind(&sockets), Err(ListenError::TooLong { .. })));
        }

        #[test]
        fn groups_are_found_by_name() {
            let groups = "root:x:0:\nadm:x:4:syslog,me\nbroken\n";
            assert_eq!(find_group(groups, "adm"), Some(4));
            assert_eq!(find_group(groups, "me"), None);
            assert_eq!(find_group(groups, "broken"), None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn bound_port(ports: RangeInclusive<u16>) -> Result<(Listener, u16), ListenError> {
        let listener = bind_tcp(&ports).await?;
        match listener.address() {
            Address::Tcp(address) => {
                assert!(address.ip().is_loopback());
                Ok((listener, address.port()))
            }
            Address::Unix(path) => panic!("{}", path.display()),
        }
    }

    #[tokio::test]
    async fn without_bounds_any_loopback_port_will_do() {
        let (_listener, port) = bound_port(0..=0).await.unwrap();
        assert_ne!(port, 0);
    }

    #[tokio::test]
    async fn a_range_that_is_taken_is_an_error() {
        let (_listener, taken) = bound_port(0..=0).await.unwrap();
        assert!(matches!(
            bound_port(taken..=taken).await,
            Err(ListenError::Port { .. })
        ));
    }

    #[tokio::test]
    async fn accepted_connections_do_not_wait_to_fill_packets() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap());
        let (client, accepted) = tokio::join!(client, accept_tcp(&listener));
        assert!(client.is_ok() && accepted.unwrap().nodelay().unwrap());
    }
}
