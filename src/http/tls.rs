//! Whom to trust: the system's roots and the user's bundle, on ring.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::error::Error;
use super::file;
use super::transport::CaBundle;

/// Where Linux and BSD systems keep their roots; read when `SSL_CERT_FILE` or `SSL_CERT_DIR` hides them from the loader,
/// because our bundles are trusted besides the system's roots, not instead of them.
const SYSTEM_BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
];

/// A client's TLS settings and how many roots they rest on.
pub(super) struct Trust {
    pub config: ClientConfig,
    pub roots: usize,
}

/// Collects the roots. Reads files: call it off the async threads.
pub(super) fn trust(bundle: Option<&CaBundle>) -> Result<Trust, Error> {
    let mut roots = RootCertStore::empty();
    let (used, unusable) = roots.add_parsable_certificates(system_roots());
    tracing::debug!(used, unusable, "read the system's trusted certificates");
    if let Some(bundle) = bundle {
        match add(&mut roots, bundle) {
            Err(fault) if bundle.is_optional => tracing::warn!("{fault}: going on without it"),
            added => added.map_err(Error::not_configured)?,
        }
    }
    let count = roots.len();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::not_configured(format!("TLS cannot be set up: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Trust {
        config,
        roots: count,
    })
}

fn system_roots() -> Vec<CertificateDer<'static>> {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::debug!(%error, "some of the system's trusted certificates could not be read");
    }
    let mut certificates = found.certs;
    let hidden = ["SSL_CERT_FILE", "SSL_CERT_DIR"]
        .iter()
        .any(|name| std::env::var_os(name).is_some());
    if hidden {
        let system = SYSTEM_BUNDLES
            .iter()
            .map(Path::new)
            .find(|path| path.exists());
        certificates.extend(rustls_native_certs::load_certs_from_paths(system, None).certs);
    }
    certificates
}

/// Adds a bundle's certificates, at least one. The error is for the user.
fn add(roots: &mut RootCertStore, bundle: &CaBundle) -> Result<(), String> {
    let CaBundle { path, named_by, .. } = bundle;
    let named = format!("{} (named by {named_by})", path.display());
    let unreadable = |error: &dyn std::fmt::Display| {
        format!("the CA certificates in {named} cannot be read: {error}")
    };
    let content = file::read(path).map_err(|error| unreadable(&error))?;
    let certificates = CertificateDer::pem_slice_iter(&content)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unreadable(&error))?;
    if certificates.is_empty() {
        return Err(unreadable(&"it holds no PEM certificate"));
    }
    let (used, unusable) = roots.add_parsable_certificates(certificates);
    if used == 0 {
        return Err(format!(
            "none of the certificates in {named} can be used as a trusted root"
        ));
    }
    tracing::debug!(used, unusable, path = %path.display(), "read additional trusted certificates");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use base64::Engine as _;

    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    fn pem(certificate: &CertificateDer<'_>) -> String {
        let text = base64::engine::general_purpose::STANDARD.encode(certificate);
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
    }

    fn bundle(path: &Path) -> CaBundle {
        CaBundle {
            path: path.to_owned(),
            named_by: "ca_certificate_path",
            is_optional: false,
        }
    }

    fn refused(text: &str) -> String {
        let file = file(text);
        match trust(Some(&bundle(file.path()))) {
            Ok(_) => panic!("taken: {text}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_bundle_adds_its_roots() {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let certificate = authority.self_signed(&key).unwrap();
        let file = file(&format!("# our proxy\n{}", pem(certificate.der())));
        let alone = trust(None).unwrap().roots;
        assert_eq!(trust(Some(&bundle(file.path()))).unwrap().roots, alone + 1);
    }

    #[test]
    fn a_bundle_that_helps_nobody_is_an_error() {
        assert!(refused("").contains("no PEM certificate"));
        let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(refused(garbage).contains("can be used"));
        assert!(refused("-----BEGIN CERTIFICATE-----\n!\n").contains("cannot be read"));
    }

    #[test]
    fn a_missing_bundle_is_told_with_what_named_it_and_passed_over_where_everybody_shares_it() {
        let mut missing = bundle(Path::new("/nonexistent/ca.pem"));
        let error = trust(Some(&missing)).map(drop).unwrap_err();
        assert!(error.is_not_configured());
        let text = error.to_string();
        assert!(
            text.contains("/nonexistent/ca.pem (named by ca_certificate_path)"),
            "{text}"
        );
        missing.is_optional = true;
        let alone = trust(None).unwrap().roots;
        assert_eq!(trust(Some(&missing)).unwrap().roots, alone);
    }
}
