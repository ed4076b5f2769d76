//! What the host says in the environment, and the one line it expects back.

use std::{
    net::SocketAddr,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use rustls::pki_types::CertificateDer;

use super::{
    Environment,
    tls::{self, TlsError},
};

/// The version of the handshake line's own format.
const CORE_PROTOCOL: u32 = 1;
/// The only version of the provider protocol spoken here.
pub(super) const APP_PROTOCOL: u32 = 6;

/// Tells a host from a person at a shell. It is no secret: it has to be the same for every provider.
const COOKIE_NAME: &str = "TF_PLUGIN_MAGIC_COOKIE";
const COOKIE_VALUE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// How the host wants to be served, read from the environment it started us with.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The only certificate to let in; `None` where the host switched TLS off.
    pub(super) host_certificate: Option<CertificateDer<'static>>,
    pub(super) network: Network,
    pub(super) sockets: Sockets,
    pub(super) ports: RangeInclusive<u16>,
}

/// What to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Network {
    #[cfg(unix)]
    Unix,
    Tcp,
}

/// Where Unix sockets go and who may open them.
#[derive(Debug, Clone, Default)]
pub(super) struct Sockets {
    /// A folder the host picked: the socket goes directly into it.
    pub(super) folder: Option<PathBuf>,
    /// Name or number of a group that may connect besides the owner.
    pub(super) group: Option<String>,
    /// The user's own choice of folder for temporary files.
    pub(super) temporary: Option<PathBuf>,
}

/// Why nothing can be served.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// Somebody ran the binary by hand; show [`by_hand_message`] and exit with status 1.
    #[error("not started by Terraform or OpenTofu")]
    NotAPlugin,
    /// The host asked for mutual TLS with a certificate that cannot be read.
    #[error("PLUGIN_CLIENT_CERT cannot be used")]
    ClientCertificate(#[source] TlsError),
    /// A port bound is not a port number.
    #[error("{variable} is not a port number: {value:?}")]
    Port {
        /// The environment variable.
        variable: &'static str,
        /// What it holds.
        value: String,
    },
    /// The bounds leave no port.
    #[error("PLUGIN_MIN_PORT ({minimum}) is above PLUGIN_MAX_PORT ({maximum})")]
    PortRange {
        /// Lower bound.
        minimum: u16,
        /// Upper bound.
        maximum: u16,
    },
}

impl Launch {
    /// Reads what the host left in the environment.
    ///
    /// # Errors
    /// [`LaunchError::NotAPlugin`] without the cookie; the others when the host asks for something impossible, so that
    /// the process ends before the handshake and the host shows why.
    pub fn from_environment(environment: Environment<'_>) -> Result<Self, LaunchError> {
        if environment(COOKIE_NAME).as_deref() != Some(COOKIE_VALUE) {
            return Err(LaunchError::NotAPlugin);
        }
        warn_about_protocols(environment("PLUGIN_PROTOCOL_VERSIONS").as_deref());
        let host_certificate = non_empty(environment, "PLUGIN_CLIENT_CERT")
            .map(|pem| tls::parse_certificate(&pem))
            .transpose()
            .map_err(LaunchError::ClientCertificate)?;
        Ok(Self {
            host_certificate,
            ..Self::unauthenticated(environment)?
        })
    }

    /// No cookie and no TLS: for a person who attaches a host to a running process.
    pub(super) fn unauthenticated(environment: Environment<'_>) -> Result<Self, LaunchError> {
        Ok(Self {
            host_certificate: None,
            network: Network::preferred(),
            sockets: Sockets {
                folder: non_empty(environment, "PLUGIN_UNIX_SOCKET_DIR").map(PathBuf::from),
                group: non_empty(environment, "PLUGIN_UNIX_SOCKET_GROUP"),
                temporary: non_empty(environment, "TMPDIR").map(PathBuf::from),
            },
            ports: ports(environment)?,
        })
    }

    /// Listens on loopback TCP although there may be something better. For tests of what other platforms do.
    #[must_use]
    pub fn over_tcp(mut self) -> Self {
        self.network = Network::Tcp;
        self
    }
}

impl Network {
    /// Unix sockets wherever there are any: file permissions keep other users away from them, nothing does from a port.
    fn preferred() -> Self {
        #[cfg(unix)]
        return Self::Unix;
        #[cfg(not(unix))]
        return Self::Tcp;
    }
}

/// Where we listen, in the handshake's terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    Unix(PathBuf),
    Tcp(SocketAddr),
}

impl Address {
    pub(super) fn network(&self) -> &'static str {
        match self {
            Self::Unix(_) => "unix",
            Self::Tcp(_) => "tcp",
        }
    }

    /// A path has been checked to be [`is_printable`] before anything listens there.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Unix(path) => path.display().to_string(),
            Self::Tcp(address) => address.to_string(),
        }
    }
}

/// Whether a path survives the handshake line, which is split at bars and ends at the line's end.
pub(super) fn is_printable(path: &Path) -> bool {
    path.to_str()
        .is_some_and(|text| !text.contains(['|', '\r', '\n', '\'']))
}

/// The handshake line, with its end. Without TLS the last field is empty but there, as Go plugins write it.
///
/// No seventh field: it would offer to multiplex broker connections, which providers do not use.
pub(super) fn line(address: &Address, certificate: Option<&CertificateDer<'_>>) -> String {
    let network = address.network();
    let address = address.text();
    // The host refuses padding.
    let certificate = certificate
        .map(|der| STANDARD_NO_PAD.encode(der))
        .unwrap_or_default();
    format!("{CORE_PROTOCOL}|{APP_PROTOCOL}|{network}|{address}|grpc|{certificate}\n")
}

/// What to tell a person who ran the binary by hand. For stderr: stdout belongs to the handshake.
#[must_use]
pub fn by_hand_message(name: &str) -> String {
    format!(
        "{name} is a provider plugin: Terraform or OpenTofu starts it when a configuration needs it.\n\
         There is nothing to see when it is run by hand. To install it, name it in a configuration's required_providers block and run \
         `terraform init`; to use a build of your own, name its directory under dev_overrides in the CLI configuration.\n\
         Use --help to see what else it can do."
    )
}

/// There is only one version to choose from, so the host's list decides nothing; but it explains a refusal.
fn warn_about_protocols(offered: Option<&str>) {
    let Some(offered) = offered else { return };
    if !offered
        .split(',')
        .any(|version| version.trim().parse() == Ok(APP_PROTOCOL))
    {
        tracing::warn!(
            offered,
            "the host does not speak provider protocol 6 and will refuse this plugin"
        );
    }
}

fn ports(environment: Environment<'_>) -> Result<RangeInclusive<u16>, LaunchError> {
    let port = |variable: &'static str| {
        let Some(value) = non_empty(environment, variable) else {
            return Ok(0);
        };
        value
            .trim()
            .parse()
            .map_err(|_| LaunchError::Port { variable, value })
    };
    let (minimum, maximum): (u16, u16) = (port("PLUGIN_MIN_PORT")?, port("PLUGIN_MAX_PORT")?);
    if minimum > maximum {
        return Err(LaunchError::PortRange { minimum, maximum });
    }
    Ok(minimum..=maximum)
}

fn non_empty(environment: Environment<'_>, name: &str) -> Option<String> {
    environment(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, net::Ipv4Addr};

    use super::*;

    fn launch(variables: &[(&str, &str)]) -> Result<Launch, LaunchError> {
        let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
        Launch::from_environment(&|name| variables.get(name).map(ToString::to_string))
    }

    const COOKIE: (&str, &str) = (COOKIE_NAME, COOKIE_VALUE);

    #[test]
    fn without_the_cookie_nothing_is_served() {
        assert!(matches!(launch(&[]), Err(LaunchError::NotAPlugin)));
        assert!(matches!(
            launch(&[(COOKIE_NAME, "wrong")]),
            Err(LaunchError::NotAPlugin)
        ));
        assert!(launch(&[COOKIE]).is_ok());
    }

    #[test]
    fn a_certificate_that_does_not_parse_is_refused_before_the_handshake() {
        let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for broken in ["not a certificate", pem] {
            let refused = launch(&[COOKIE, ("PLUGIN_CLIENT_CERT", broken)]);
            assert!(
                matches!(refused, Err(LaunchError::ClientCertificate(_))),
                "{refused:?}"
            );
        }
    }

    #[test]
    fn an_absent_certificate_means_that_the_host_switched_tls_off() {
        assert!(launch(&[COOKIE]).unwrap().host_certificate.is_none());
        assert!(
            launch(&[COOKIE, ("PLUGIN_CLIENT_CERT", "")])
                .unwrap()
                .host_certificate
                .is_none()
        );
    }

    #[test]
    fn port_bounds_must_be_ports_and_in_order() {
        let bounded = launch(&[
            COOKIE,
            ("PLUGIN_MIN_PORT", "10000"),
            ("PLUGIN_MAX_PORT", "25000"),
        ]);
        assert_eq!(bounded.unwrap().ports, 10_000..=25_000);
        assert_eq!(launch(&[COOKIE]).unwrap().ports, 0..=0);
        let above = launch(&[COOKIE, ("PLUGIN_MIN_PORT", "2"), ("PLUGIN_MAX_PORT", "1")]);
        assert!(matches!(
            above,
            Err(LaunchError::PortRange {
                minimum: 2,
                maximum: 1
            })
        ));
        let text = launch(&[COOKIE, ("PLUGIN_MIN_PORT", "first")]);
        assert!(matches!(
            text,
            Err(LaunchError::Port {
                variable: "PLUGIN_MIN_PORT",
                ..
            })
        ));
    }

    #[test]
    fn the_line_has_six_fields_also_without_a_certificate() {
        let address = Address::Unix(PathBuf::from("/tmp/plugin-1/socket"));
        assert_eq!(
            line(&address, None),
            "1|6|unix|/tmp/plugin-1/socket|grpc|\n"
        );
    }

    #[test]
    fn the_certificate_is_standard_base64_without_padding() {
        let address = Address::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, 10_000)));
        // Bytes whose URL-safe form would differ, of a length that would be padded.
        let certificate = CertificateDer::from(vec![0xfb, 0xff, 0xfe, 0xff]);
        assert_eq!(
            line(&address, Some(&certificate)),
            "1|6|tcp|127.0.0.1:10000|grpc|+//+/w\n"
        );
    }

    #[test]
    fn paths_that_would_break_the_line_are_recognised() {
        assert!(is_printable(Path::new("/tmp/plugin 1/socket")));
        assert!(!is_printable(Path::new("/tmp/a|b")));
        assert!(!is_printable(Path::new("/tmp/a\nb")));
    }

    #[test]
    fn a_person_is_told_what_the_binary_is() {
        assert!(
            by_hand_message("terraform-provider-example")
                .starts_with("terraform-provider-example is")
        );
    }
}
