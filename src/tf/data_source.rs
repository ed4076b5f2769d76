//! The trait of data sources.

use std::time::Duration;

use async_trait::async_trait;

use super::context::Context;
use super::diagnostics::Diagnostics;
use super::model::Model;
use super::schema::Schema;

/// A data source.
#[async_trait]
pub trait DataSource: Send + Sync + 'static {
    /// Configuration and result.
    type Model: Model;

    /// The full type name.
    fn type_name(&self) -> &'static str;

    /// The schema.
    fn schema(&self) -> Schema;

    /// How long a read may take.
    fn timeout(&self) -> Duration {
        Duration::from_secs(5 * 60)
    }

    /// Checks that join attributes. Anything may still be unknown. The provider may not be configured.
    fn validate(&self, _config: &Self::Model, _diagnostics: &mut Diagnostics) {}

    /// Looks the object up; the configuration is wholly known and stays in the result.
    ///
    /// # Errors
    /// What went wrong, or that there is no such object.
    async fn read(
        &self,
        context: &Context,
        config: Self::Model,
    ) -> Result<Self::Model, Diagnostics>;
}
