//! Mutual TLS with certificates that live as long as one run: ours is named in the handshake line, the host's came in
//! the environment. Each side trusts exactly the other's certificate and nobody else's.

use std::sync::Arc;

use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, ServerConfig,
    SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivatePkcs8KeyDer, UnixTime, pem, pem::PemObject as _},
    server::{
        NoServerSessionStorage,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};
use time::{Duration, OffsetDateTime};

use super::p521::CLIENT_SIGNATURES;

/// The name the host checks our certificate against, whatever the address.
const SERVER_NAME: &str = "localhost";
/// Clocks of one machine agree, but the host refuses a certificate from the future, even by a second.
const BACKDATING: Duration = Duration::minutes(10);
/// Longer than any run; the key never leaves the process.
const LIFETIME: Duration = Duration::days(365);

/// Why a connection cannot be secured.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The text is not PEM.
    #[error("not a PEM certificate")]
    Pem(#[source] pem::Error),
    /// PEM, but not one certificate.
    #[error("expected one certificate, found {0}")]
    Count(usize),
    /// One certificate, but not X.509.
    #[error("not an X.509 certificate: {0}")]
    X509(webpki::Error),
    /// Our own certificate could not be made.
    #[error("cannot make a certificate for this run")]
    Certificate(#[source] rcgen::Error),
    /// TLS refused its configuration.
    #[error("cannot configure TLS")]
    Configuration(#[source] Error),
}

/// How to accept connections, and the certificate the host has to know for it.
pub struct Secured {
    /// Lets in the host, and nobody else.
    pub config: Arc<ServerConfig>,
    /// Ours, for the handshake line.
    pub certificate: CertificateDer<'static>,
}

/// Reads the certificate the host put in the environment.
pub(super) fn parse_certificate(pem: &str) -> Result<CertificateDer<'static>, TlsError> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(TlsError::Pem)?;
    let count = certificates.len();
    let [certificate] = <[_; 1]>::try_from(certificates).map_err(|_| TlsError::Count(count))?;
    webpki::EndEntityCert::try_from(&certificate).map_err(TlsError::X509)?;
    Ok(certificate)
}

/// Makes a key pair for this run and lets in only the holder of `host_certificate`'s key. [`Server`](super::Server) does so by itself.
///
/// # Errors
/// When no certificate can be made, or TLS refuses it.
pub fn secure(host_certificate: CertificateDer<'static>) -> Result<Secured, TlsError> {
    let (certificate, key) =
        self_signed(OffsetDateTime::now_utc()).map_err(TlsError::Certificate)?;
    // Named, not looked up: another provider compiled in by a dependency would make the look-up panic.
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Configuration)?
        .with_client_cert_verifier(Arc::new(PinnedClient { host_certificate }))
        .with_single_cert(vec![certificate.clone()], key.into())
        .map_err(TlsError::Configuration)?;
    // Newer hosts refuse a connection on which HTTP/2 was not agreed.
    config.alpn_protocols = vec![b"h2".to_vec()];
    // The host connects once: there is no session to resume, and none should outlive its check of the certificate.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Secured {
        config: Arc::new(config),
        certificate,
    })
}

/// Go's client wants a subject alternative name and a usage that allows servers; the common name it ignores.
fn self_signed(
    now: OffsetDateTime,
) -> Result<(CertificateDer<'static>, PrivatePkcs8KeyDer<'static>), rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new([SERVER_NAME.to_owned()])?;
    params.not_before = now - BACKDATING;
    params.not_after = now + LIFETIME;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = params.self_signed(&key)?;
    Ok((
        certificate.der().clone(),
        PrivatePkcs8KeyDer::from(key.serialize_der()),
    ))
}

/// Lets in one certificate, byte for byte, whose key the client proves to hold.
///
/// The usual verifier builds a path to a root and would refuse the host's certificate, which is marked as an authority's.
/// Pinning needs no path, no dates and no names: the host made the certificate for this very process.
#[derive(Debug)]
struct PinnedClient {
    host_certificate: CertificateDer<'static>,
}

impl ClientCertVerifier for PinnedClient {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if *end_entity == self.host_certificate {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &CLIENT_SIGNATURES)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &CLIENT_SIGNATURES)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        CLIENT_SIGNATURES.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::{DnsName, ServerName};

    use super::*;

    fn valid_at(
        certificate: &CertificateDer<'_>,
        time: OffsetDateTime,
    ) -> Result<(), webpki::Error> {
        let anchor = webpki::anchor_from_trusted_cert(certificate)?;
        let seconds = u64::try_from(time.unix_timestamp()).unwrap();
        webpki::EndEntityCert::try_from(certificate)?
            .verify_for_usage(
                &[webpki::ring::ECDSA_P256_SHA256],
                &[anchor],
                &[],
                UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)),
                webpki::KeyUsage::server_auth(),
                None,
                None,
            )
            .map(|_| ())
    }

    #[test]
    fn our_certificate_is_for_a_server_called_localhost() {
        let (certificate, _) = self_signed(OffsetDateTime::now_utc()).unwrap();
        let parsed = webpki::EndEntityCert::try_from(&certificate).unwrap();
        let name = |text| ServerName::DnsName(DnsName::try_from(text).unwrap());
        assert!(
            parsed
                .verify_is_valid_for_subject_name(&name("localhost"))
                .is_ok()
        );
        assert!(
            parsed
                .verify_is_valid_for_subject_name(&name("example.com"))
                .is_err()
        );
    }

    #[test]
    fn our_certificate_is_its_own_root_from_before_now_until_long_after() {
        let now = OffsetDateTime::now_utc();
        let (certificate, _) = self_signed(now).unwrap();
        valid_at(&certificate, now - Duration::minutes(1)).unwrap();
        valid_at(&certificate, now + Duration::days(100)).unwrap();
        assert!(valid_at(&certificate, now - Duration::hours(1)).is_err());
        assert!(valid_at(&certificate, now + Duration::days(400)).is_err());
    }

    #[test]
    fn every_run_has_a_key_of_its_own() {
        let now = OffsetDateTime::now_utc();
        assert_ne!(self_signed(now).unwrap().0, self_signed(now).unwrap().0);
    }

    #[test]
    fn only_the_pinned_certificate_is_let_in() {
        let now = OffsetDateTime::now_utc();
        let (pinned, _) = self_signed(now).unwrap();
        let (other, _) = self_signed(now).unwrap();
        let verifier = PinnedClient {
            host_certificate: pinned.clone(),
        };
        assert!(
            verifier
                .verify_client_cert(&pinned, &[], UnixTime::now())
                .is_ok()
        );
        assert!(
            verifier
                .verify_client_cert(&other, &[], UnixTime::now())
                .is_err()
        );
        // Not even with the right one behind it.
        assert!(
            verifier
                .verify_client_cert(&other, &[pinned], UnixTime::now())
                .is_err()
        );
        assert!(verifier.client_auth_mandatory());
    }

    #[test]
    fn clients_learn_that_p521_is_understood() {
        let (certificate, _) = self_signed(OffsetDateTime::now_utc()).unwrap();
        let schemes = PinnedClient {
            host_certificate: certificate,
        }
        .supported_verify_schemes();
        assert!(schemes.contains(&SignatureScheme::ECDSA_NISTP521_SHA512));
    }

    #[test]
    fn http2_is_the_only_protocol_and_sessions_are_not_resumed() {
        let (certificate, _) = self_signed(OffsetDateTime::now_utc()).unwrap();
        let config = secure(certificate).unwrap().config;
        assert_eq!(config.alpn_protocols, [b"h2".to_vec()]);
        assert_eq!(config.send_tls13_tickets, 0);
        assert!(!config.session_storage.can_cache());
    }

    #[test]
    fn more_than_one_certificate_is_refused() {
        let (certificate, _) = self_signed(OffsetDateTime::now_utc()).unwrap();
        let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &certificate);
        let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        assert_eq!(parse_certificate(&pem).unwrap(), certificate);
        assert!(matches!(
            parse_certificate(&pem.repeat(2)),
            Err(TlsError::Count(2))
        ));
        assert!(matches!(parse_certificate("text"), Err(TlsError::Count(0))));
    }
}
