//! The right to be answered: the `Authorization` header.

use async_trait::async_trait;
use http::HeaderValue;

use super::error::Error;
use super::secret::Secret;

/// Gives requests their right to be answered.
#[async_trait]
pub trait Authorize: Send + Sync {
    /// The `Authorization` header, marked sensitive. `refused` was answered with 401: get another one.
    ///
    /// # Errors
    /// When no token can be had.
    async fn authorization(&self, refused: Option<&HeaderValue>) -> Result<HeaderValue, Error>;

    /// Whether asking after a refusal can give anything new.
    fn can_renew(&self) -> bool {
        true
    }
}

/// A token that never changes.
#[derive(Clone, Debug)]
pub struct StaticToken(HeaderValue);

impl StaticToken {
    /// `Authorization: Bearer TOKEN`. White space around the token is dropped: files tend to end in a newline.
    ///
    /// # Errors
    /// When the token cannot stand in a header.
    pub fn bearer(token: &Secret) -> Result<Self, Error> {
        let text = format!("Bearer {}", token.expose().trim());
        let mut header = HeaderValue::from_str(&text)
            .map_err(|_| Error::not_configured("the token holds characters that cannot be sent"))?;
        header.set_sensitive(true);
        Ok(Self(header))
    }
}

#[async_trait]
impl Authorize for StaticToken {
    async fn authorization(&self, _refused: Option<&HeaderValue>) -> Result<HeaderValue, Error> {
        Ok(self.0.clone())
    }

    fn can_renew(&self) -> bool {
        false
    }
}
