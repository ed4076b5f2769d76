//! An application's certificate: signs the assertions that Entra takes instead of a secret.

use std::fmt;
use std::path::Path;

use azure_core::http::ClientMethodOptions;
use azure_core::time::OffsetDateTime;
use azure_identity::ClientAssertion;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use ring::digest;
use ring::rand::SystemRandom;
use ring::signature::{self, RsaKeyPair};
use serde_json::json;
use url::Url;
use uuid::Uuid;

use super::assertion::failed;
use super::settings::CredentialSettings;
use crate::azure::ids::Guid;
use crate::http::{Error, Secret, file};

/// How long an assertion is valid, in seconds. One is made for each token, so a few minutes are plenty.
const VALIDITY: i64 = 300;
/// How far this machine's clock may be ahead, in seconds.
const CLOCK_SKEW: i64 = 60;

/// Signs an assertion for each token.
pub(super) struct CertificateAssertion {
    key: RsaKeyPair,
    /// SHA-256 of the certificate, by which Entra finds its public key.
    thumbprint: String,
    client_id: String,
    /// The token endpoint: whom the assertion is for.
    audience: String,
}

impl fmt::Debug for CertificateAssertion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CertificateAssertion")
            .field("thumbprint", &self.thumbprint)
            .finish_non_exhaustive()
    }
}

impl CertificateAssertion {
    pub(super) async fn load(
        settings: &CredentialSettings,
        tenant_id: &Guid,
        client_id: &str,
        authority: &Url,
    ) -> Result<Self, Error> {
        let data = read(
            settings.client_certificate.as_ref(),
            settings.client_certificate_path.as_deref(),
        )
        .await?;
        let password = settings
            .client_certificate_password
            .as_ref()
            .map_or("", Secret::expose);
        let audience = authority
            .join(&format!("/{tenant_id}/oauth2/v2.0/token"))
            .map_err(|error| {
                Error::not_configured(format!("the Entra endpoint cannot be used: {error}"))
            })?;
        Self::from_pkcs12(&data, password, client_id, audience.into())
    }

    fn from_pkcs12(
        data: &[u8],
        password: &str,
        client_id: &str,
        audience: String,
    ) -> Result<Self, Error> {
        let refuse = |reason: &str| {
            Error::not_configured(format!("the client certificate cannot be used: {reason}"))
        };
        let store = KeyStore::from_pkcs12(data, password, Pkcs12ImportPolicy::Relaxed).map_err(|error| {
            // A wrong password shows as a broken check sum or as nonsense after decryption.
            refuse(&format!(
                "it is not PKCS#12 (PFX) data, or client_certificate_password is wrong ({error})"
            ))
        })?;
        let (_, chain) = store
            .private_key_chain()
            .ok_or_else(|| refuse("the PKCS#12 data holds no private key"))?;
        let certificate = chain
            .certs()
            .first()
            .ok_or_else(|| refuse("the PKCS#12 data holds no certificate for its private key"))?;
        let key = RsaKeyPair::from_pkcs8(chain.key().as_der()).map_err(|error| {
            refuse(&format!(
                "its key is no RSA key of 2048 bits or more ({error})"
            ))
        })?;
        let digest = digest::digest(&digest::SHA256, certificate.as_der());
        Ok(Self {
            key,
            thumbprint: URL_SAFE_NO_PAD.encode(digest),
            client_id: client_id.to_owned(),
            audience,
        })
    }

    fn sign(&self, now: i64) -> Result<String, Error> {
        let header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint });
        let claims = json!({
            "aud": self.audience,
            "iss": self.client_id,
            "sub": self.client_id,
            "jti": Uuid::new_v4().to_string(),
            "nbf": now - CLOCK_SKEW,
            "iat": now,
            "exp": now + VALIDITY,
        });
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(
                &signature::RSA_PSS_SHA256,
                &SystemRandom::new(),
                signed.as_bytes(),
                &mut signature,
            )
            .map_err(|_| Error::credential("the client certificate's key could not sign"))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

#[async_trait::async_trait]
impl ClientAssertion for CertificateAssertion {
    async fn secret(
        &self,
        _options: Option<ClientMethodOptions<'_>>,
    ) -> azure_core::Result<String> {
        self.sign(OffsetDateTime::now_utc().unix_timestamp())
            .map_err(failed)
    }
}

async fn read(direct: Option<&Secret>, path: Option<&Path>) -> Result<Vec<u8>, Error> {
    let direct = direct
        .map(Secret::expose)
        .filter(|text| !text.trim().is_empty());
    if let Some(text) = direct {
        let packed: String = text
            .chars()
            .filter(|character| !character.is_whitespace())
            .collect();
        return STANDARD.decode(packed).map_err(|error| {
            Error::not_configured(format!("client_certificate is no base64: {error}"))
        });
    }
    let path = path.ok_or_else(|| Error::not_configured("client_certificate_path is not set"))?;
    file::aside(path, file::read).await.map_err(|error| {
        Error::not_configured(format!(
            "the file {} of client_certificate_path cannot be read: {error}",
            path.display()
        ))
    })
}

#[cfg(test)]
mod tests;
