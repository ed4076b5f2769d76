//! Asking for a token again after a failure that may pass.

use std::time::Duration as StdDuration;

use async_trait::async_trait;
use azure_core::http::StatusCode;
use azure_core::http::headers::{HeaderName, RETRY_AFTER};
use azure_core::http::policies::{RetryHeaders, RetryPolicy};
use azure_core::time::Duration;

/// How often a token request is sent again.
const RETRIES: u32 = 4;
/// After this long a token request is not sent again.
const PATIENCE: Duration = Duration::seconds(40);
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::seconds(10);

/// Sends token requests again, within limits: the library's own policies wait out whatever `Retry-After` says, hours too.
#[derive(Debug)]
pub(super) struct BoundedRetry {
    headers: RetryHeaders,
}

impl Default for BoundedRetry {
    fn default() -> Self {
        Self {
            headers: RetryHeaders {
                retry_headers: vec![
                    HeaderName::from_static("x-ms-retry-after-ms"),
                    HeaderName::from_static("retry-after-ms"),
                    RETRY_AFTER,
                ],
            },
        }
    }
}

impl BoundedRetry {
    fn pause(&self, retry_count: u32, asked: Option<Duration>) -> StdDuration {
        let own = self.sleep_duration(retry_count);
        let pause = asked.map_or(own, |asked| asked.max(own)).min(LONGEST_PAUSE);
        StdDuration::try_from(pause).unwrap_or_default()
    }
}

#[async_trait]
impl RetryPolicy for BoundedRetry {
    fn is_expired(&self, duration_since_start: Duration, retry_count: u32) -> bool {
        retry_count >= RETRIES || duration_since_start >= PATIENCE
    }

    fn retry_headers(&self) -> Option<&RetryHeaders> {
        Some(&self.headers)
    }

    fn retry_status_codes(&self) -> &[StatusCode] {
        // Empty means the usual ones: 408, 429, 500, 502, 503, 504.
        &[]
    }

    fn sleep_duration(&self, retry_count: u32) -> Duration {
        let bound = Duration::milliseconds(400) * 2_i32.saturating_pow(retry_count.min(8));
        bound.min(LONGEST_PAUSE) * (0.5 + fastrand::f64() / 2.0)
    }

    async fn wait(&self, retry_count: u32, retry_after: Option<Duration>) {
        tokio::time::sleep(self.pause(retry_count, retry_after)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_bounded_whatever_the_server_asks() {
        let policy = BoundedRetry::default();
        assert_eq!(
            policy.pause(1, Some(Duration::hours(1))),
            StdDuration::from_secs(10)
        );
        assert!(policy.pause(1, None) <= StdDuration::from_secs(1));
        assert!(policy.pause(u32::MAX, None) <= StdDuration::from_secs(10));
        assert!(policy.pause(0, Some(Duration::seconds(-5))) <= StdDuration::from_secs(1));
        assert!(policy.pause(0, Some(Duration::seconds(3))) >= StdDuration::from_secs(3));
        assert!(policy.is_expired(Duration::ZERO, RETRIES) && policy.is_expired(PATIENCE, 1));
        assert!(!policy.is_expired(Duration::seconds(1), 1));
    }
}
