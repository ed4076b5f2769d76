//! Federation by a token of another issuer: as given, or in a file that others keep fresh.

use std::path::{Path, PathBuf};

use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;

use super::assertion::failed;
use crate::http::{Error, Secret, file};

/// A token of another issuer, as given.
#[derive(Debug)]
pub(super) struct StaticAssertion(Secret);

impl StaticAssertion {
    pub(super) fn new(token: Secret) -> Self {
        Self(token)
    }
}

#[async_trait::async_trait]
impl ClientAssertion for StaticAssertion {
    async fn secret(
        &self,
        _options: Option<ClientMethodOptions<'_>>,
    ) -> azure_core::Result<String> {
        Ok(self.0.expose().trim().to_owned())
    }
}

/// A token of another issuer that somebody else keeps fresh in a file. Read each time, and trimmed: such files tend to
/// end in a newline, which is no part of a token.
#[derive(Debug)]
pub(super) struct FileAssertion(PathBuf);

impl FileAssertion {
    pub(super) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }
}

#[async_trait::async_trait]
impl ClientAssertion for FileAssertion {
    async fn secret(
        &self,
        _options: Option<ClientMethodOptions<'_>>,
    ) -> azure_core::Result<String> {
        let path = self.0.display();
        let content = file::aside(&self.0, file::read_text).await;
        let content = content.map_err(|error| {
            failed(Error::credential(format!(
                "the OIDC token file {path} cannot be read: {error}"
            )))
        })?;
        let token = content.trim();
        if token.is_empty() {
            return Err(failed(Error::credential(format!(
                "the OIDC token file {path} is empty"
            ))));
        }
        Ok(token.to_owned())
    }
}
