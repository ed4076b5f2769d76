//! The client certificate Terraform makes for each plugin it starts: self-signed, P-521, marked as an authority's.
//!
//! Written out in DER, as neither ring nor rcgen on top of it knows the curve.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use p521::{
    ecdsa::{DerSignature, SigningKey, signature::Signer as _},
    elliptic_curve::Generate as _,
};
use rustls::{
    Error, SignatureAlgorithm, SignatureScheme,
    client::ResolvesClientCert,
    pki_types::CertificateDer,
    sign::{self, CertifiedKey},
};
use time::{Duration, OffsetDateTime};

/// A certificate and a key, which usually belong together.
#[derive(Clone)]
pub struct Identity {
    pub certificate: CertificateDer<'static>,
    pub key: Arc<SigningKey>,
}

impl Identity {
    pub fn generate() -> Self {
        let key = SigningKey::generate();
        Self {
            certificate: certificate(&key).into(),
            key: Arc::new(key),
        }
    }

    /// As it stands in the plugin's environment.
    pub fn pem(&self) -> String {
        let text = STANDARD.encode(&self.certificate);
        let lines: Vec<_> = text
            .as_bytes()
            .chunks(64)
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            lines.join("\n")
        )
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Identity").finish_non_exhaustive()
    }
}

/// Presents the certificate as Go does: only to a server that says it understands P-521.
impl ResolvesClientCert for Identity {
    fn resolve(&self, _hints: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let chain = vec![self.certificate.clone()];
        schemes
            .contains(&SignatureScheme::ECDSA_NISTP521_SHA512)
            .then(|| Arc::new(CertifiedKey::new(chain, Arc::new(self.clone()))))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl sign::SigningKey for Identity {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn sign::Signer>> {
        offered
            .contains(&SignatureScheme::ECDSA_NISTP521_SHA512)
            .then(|| Box::new(self.clone()) as Box<dyn sign::Signer>)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl sign::Signer for Identity {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(signature(&self.key, message))
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_NISTP521_SHA512
    }
}

fn signature(key: &SigningKey, message: &[u8]) -> Vec<u8> {
    let signature: DerSignature = key.sign(message);
    signature.as_bytes().to_vec()
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_ID: u8 = 0x06;
const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const PRINTABLE_STRING: u8 = 0x13;
/// Context-specific and constructed: the version is [0], the extensions are [3].
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
/// Context-specific: dNSName is [2].
const DNS_NAME: u8 = 0x82;

const ECDSA_WITH_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4];
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const SECP521R1: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];
const ORGANIZATION: &[u8] = &[0x55, 4, 10];
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 15];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 37];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 19];
const SUBJECT_ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 17];
const SERVER_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
const CLIENT_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 2];

fn certificate(key: &SigningKey) -> Vec<u8> {
    let algorithm = der(SEQUENCE, &[der(OBJECT_ID, &[ECDSA_WITH_SHA512])]);
    let name = [
        name(ORGANIZATION, "HashiCorp"),
        name(COMMON_NAME, "localhost"),
    ]
    .concat();
    let name = der(SEQUENCE, &[name]);
    let now = OffsetDateTime::now_utc();
    let from = time_text(now - Duration::seconds(30), "");
    // Thirty years on, past what the short form of a year can say.
    let until = time_text(now + Duration::hours(262_980), "20");
    let point = key.verifying_key().to_sec1_point(false);
    let public_key_algorithm = der(
        SEQUENCE,
        &[
            der(OBJECT_ID, &[EC_PUBLIC_KEY]),
            der(OBJECT_ID, &[SECP521R1]),
        ],
    );
    let usages = [
        der(OBJECT_ID, &[CLIENT_AUTH]),
        der(OBJECT_ID, &[SERVER_AUTH]),
    ]
    .concat();
    let extensions = [
        // digitalSignature, keyEncipherment, keyAgreement, keyCertSign; the last two bits are unused.
        extension(KEY_USAGE, true, &der(BIT_STRING, &[[2, 0b1010_1100]])),
        extension(EXTENDED_KEY_USAGE, false, &der(SEQUENCE, &[usages])),
        extension(
            BASIC_CONSTRAINTS,
            true,
            &der(SEQUENCE, &[der(BOOLEAN, &[[0xff]])]),
        ),
        extension(
            SUBJECT_ALTERNATIVE_NAME,
            false,
            &der(SEQUENCE, &[der(DNS_NAME, &["localhost"])]),
        ),
    ];
    let to_be_signed = der(
        SEQUENCE,
        &[
            der(VERSION, &[der(INTEGER, &[[2]])]),
            der(INTEGER, &[fastrand::u64(..=u64::MAX >> 1).to_be_bytes()]),
            algorithm.clone(),
            name.clone(),
            der(
                SEQUENCE,
                &[der(UTC_TIME, &[from]), der(GENERALIZED_TIME, &[until])],
            ),
            name,
            der(SEQUENCE, &[public_key_algorithm, bits(point.as_bytes())]),
            der(EXTENSIONS, &[der(SEQUENCE, &extensions)]),
        ],
    );
    let signature = bits(&signature(key, &to_be_signed));
    der(SEQUENCE, &[to_be_signed, algorithm, signature])
}

/// Tag, length, content.
fn der(tag: u8, parts: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let content: Vec<u8> = parts.iter().flat_map(AsRef::as_ref).copied().collect();
    let length = u16::try_from(content.len()).unwrap();
    let [high, low] = length.to_be_bytes();
    let length = match length {
        0..=0x7f => vec![low],
        0x80..=0xff => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [vec![tag], length, content].concat()
}

fn bits(bytes: &[u8]) -> Vec<u8> {
    der(BIT_STRING, &[&[0], bytes])
}

fn name(kind: &[u8], text: &str) -> Vec<u8> {
    let pair = der(
        SEQUENCE,
        &[der(OBJECT_ID, &[kind]), der(PRINTABLE_STRING, &[text])],
    );
    der(SET, &[pair])
}

fn extension(id: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical {
        der(BOOLEAN, &[[0xff]])
    } else {
        Vec::new()
    };
    der(
        SEQUENCE,
        &[der(OBJECT_ID, &[id]), critical, der(OCTET_STRING, &[value])],
    )
}

fn time_text(time: OffsetDateTime, century: &str) -> String {
    let (year, month, day) = (time.year() % 100, u8::from(time.month()), time.day());
    let (hour, minute, second) = time.to_hms();
    format!("{century}{year:02}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z")
}
