//! Keeps one audience's token: asks in time, once for all callers, and goes on with the old one while it can.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use http::HeaderValue;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::http::{Authorize, Error, Secret};

/// A token is renewed this long before it expires (or after half its life, if that is shorter).
const MARGIN: Duration = Duration::from_secs(300);
/// After a failed renewal the token that still holds is used for this long before the next try.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(30);
/// How long a renewal may keep callers waiting while the old token still holds.
const PATIENCE_WITH_RENEWAL: Duration = Duration::from_secs(15);
/// Callers that come while a final failure is this young get the same answer: with a wrong secret, hundreds of objects would
/// otherwise be refused one after the other.
const SHARED_FAILURE: Duration = Duration::from_secs(5);

/// A token as it was issued.
pub(super) struct Issued {
    pub(super) token: Secret,
    /// How long it will hold from now.
    pub(super) lifetime: Duration,
}

/// Fetches tokens for one audience.
#[async_trait]
pub(super) trait Issuer: Send + Sync {
    /// Fetches a token. Nothing that is kept may be given again.
    async fn issue(&self) -> Result<Issued, Error>;
}

/// One audience's tokens.
pub(super) struct TokenSource {
    issuer: Box<dyn Issuer>,
    /// Locked while a token is fetched, so that all other callers wait for that one.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    failed: Option<(Instant, String)>,
}

struct Held {
    header: HeaderValue,
    renew_at: Instant,
    expires: Instant,
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TokenSource")
            .finish_non_exhaustive()
    }
}

impl TokenSource {
    pub(super) fn new(issuer: Box<dyn Issuer>) -> Self {
        Self {
            issuer,
            state: Mutex::default(),
        }
    }
}

impl Held {
    fn new(issued: &Issued) -> Result<Self, Error> {
        let mut header = HeaderValue::from_str(&format!("Bearer {}", issued.token.expose()))
            .map_err(|_| {
                Error::credential("the token that was issued holds characters that cannot be sent")
            })?;
        header.set_sensitive(true);
        let now = Instant::now();
        let margin = MARGIN.min(issued.lifetime / 2);
        Ok(Self {
            header,
            renew_at: now + issued.lifetime.saturating_sub(margin),
            expires: now + issued.lifetime,
        })
    }
}

#[async_trait]
impl Authorize for TokenSource {
    async fn authorization(&self, refused: Option<&HeaderValue>) -> Result<HeaderValue, Error> {
        let mut state = self.state.lock().await;
        let State { held, failed } = &mut *state;
        let now = Instant::now();
        // Of the callers that were refused together one fetches a token; the others find that the one they had is held no longer.
        let renew = held
            .as_ref()
            .is_some_and(|token| refused == Some(&token.header));
        let is_fresh = |token: &&Held| !renew && now < token.renew_at;
        if let Some(token) = held.as_ref().filter(is_fresh) {
            return Ok(token.header.clone());
        }
        let fetch = self.issuer.issue();
        let holding = held.as_mut().filter(|token| !renew && now < token.expires);
        let fetched = if let Some(token) = holding {
            match timeout(PATIENCE_WITH_RENEWAL, fetch).await {
                Ok(Ok(issued)) => issued,
                failure => {
                    token.renew_at = now + PAUSE_AFTER_FAILURE;
                    let reason = match failure {
                        Ok(Err(error)) => error.to_string(),
                        _ => "no answer yet".to_owned(),
                    };
                    tracing::warn!(
                        reason,
                        "the Azure token could not be renewed; the old one is used while it holds"
                    );
                    return Ok(token.header.clone());
                }
            }
        } else {
            let young = failed
                .as_ref()
                .filter(|(when, _)| now < *when + SHARED_FAILURE);
            if let Some((_, message)) = young {
                return Err(Error::credential(message.clone()));
            }
            let fetched = fetch.await;
            *failed = match &fetched {
                Err(error) if error.is_credential() => Some((Instant::now(), error.to_string())),
                _ => None,
            };
            fetched?
        };
        let fresh = Held::new(&fetched)?;
        let header = fresh.header.clone();
        *held = Some(fresh);
        Ok(header)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Arc;
    use std::sync::Mutex as StdMutex;

    use super::*;

    /// Answers in order: a lifetime in seconds, or a failure. Each answer takes a second.
    #[derive(Clone, Default)]
    struct Script {
        answers: Arc<StdMutex<VecDeque<Option<u64>>>>,
        asked: Arc<StdMutex<usize>>,
    }

    #[async_trait]
    impl Issuer for Script {
        async fn issue(&self) -> Result<Issued, Error> {
            let number = {
                let mut asked = self.asked.lock().unwrap();
                *asked += 1;
                *asked
            };
            tokio::time::sleep(Duration::from_secs(1)).await;
            let answer = self
                .answers
                .lock()
                .unwrap()
                .pop_front()
                .expect("an answer is scripted");
            match answer {
                Some(seconds) => Ok(Issued {
                    token: Secret::new(format!("t{number}")),
                    lifetime: Duration::from_secs(seconds),
                }),
                None => Err(Error::credential("refused")),
            }
        }
    }

    fn source(answers: &[Option<u64>]) -> (Arc<TokenSource>, Script) {
        let script = Script::default();
        script.answers.lock().unwrap().extend(answers);
        (Arc::new(TokenSource::new(Box::new(script.clone()))), script)
    }

    async fn token(source: &TokenSource, refused: Option<&str>) -> Result<String, Error> {
        let refused = refused.map(|text| HeaderValue::from_str(text).unwrap());
        let refused = refused.as_ref();
        let header = source.authorization(refused).await?;
        assert!(header.is_sensitive());
        Ok(header.to_str().unwrap().to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_kept_until_five_minutes_before_its_end() {
        let (source, script) = source(&[Some(3600), Some(3600)]);
        assert_eq!(token(&source, None).await.unwrap(), "Bearer t1");
        tokio::time::advance(Duration::from_secs(3299)).await;
        assert_eq!(token(&source, None).await.unwrap(), "Bearer t1");
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(token(&source, None).await.unwrap(), "Bearer t2");
        assert_eq!(*script.asked.lock().unwrap(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn many_callers_share_one_fetch() {
        let (source, script) = source(&[Some(3600)]);
        let callers: Vec<_> = (0..20)
            .map(|_| {
                let source = Arc::clone(&source);
                tokio::spawn(async move { token(&source, None).await.unwrap() })
            })
            .collect();
        for caller in callers {
            assert_eq!(caller.await.unwrap(), "Bearer t1");
        }
        assert_eq!(*script.asked.lock().unwrap(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_renewal_goes_on_with_the_token_that_holds() {
        let (source, script) = source(&[Some(3600), None, None, None]);
        token(&source, None).await.unwrap();
        tokio::time::advance(Duration::from_secs(3310)).await;
        assert_eq!(token(&source, None).await.unwrap(), "Bearer t1");
        // Not asked again at once.
        assert_eq!(token(&source, None).await.unwrap(), "Bearer t1");
        assert_eq!(*script.asked.lock().unwrap(), 2);
        tokio::time::advance(Duration::from_secs(31)).await;
        assert_eq!(token(&source, None).await.unwrap(), "Bearer t1");
        assert_eq!(*script.asked.lock().unwrap(), 3);
        tokio::time::advance(Duration::from_secs(300)).await;
        assert!(token(&source, None).await.unwrap_err().is_credential());
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_token_is_replaced_once_for_all_who_were_refused() {
        let (source, script) = source(&[Some(3600), Some(3600), Some(3600)]);
        token(&source, None).await.unwrap();
        for _ in 0..5 {
            let other = token(&source, Some("Bearer t1")).await.unwrap();
            assert_eq!(other, "Bearer t2");
        }
        assert_eq!(*script.asked.lock().unwrap(), 2);
        // Also one that was issued a moment ago.
        let third = token(&source, Some("Bearer t2")).await.unwrap();
        assert_eq!(third, "Bearer t3");
    }

    #[tokio::test(start_paused = true)]
    async fn a_final_failure_is_shared_for_a_moment() {
        let (source, script) = source(&[None, Some(3600)]);
        for _ in 0..5 {
            let error = token(&source, None).await.unwrap_err();
            assert!(error.is_credential() && error.to_string() == "refused");
        }
        assert_eq!(*script.asked.lock().unwrap(), 1);
        tokio::time::advance(Duration::from_secs(6)).await;
        assert_eq!(token(&source, None).await.unwrap(), "Bearer t2");
    }

    #[tokio::test(start_paused = true)]
    async fn a_short_lived_token_is_used_for_half_its_life() {
        let (source, script) = source(&[Some(240), Some(240)]);
        token(&source, None).await.unwrap();
        tokio::time::advance(Duration::from_secs(118)).await;
        token(&source, None).await.unwrap();
        assert_eq!(*script.asked.lock().unwrap(), 1);
        tokio::time::advance(Duration::from_secs(3)).await;
        token(&source, None).await.unwrap();
        assert_eq!(*script.asked.lock().unwrap(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_gives_up_leaves_the_way_free() {
        let (source, _) = source(&[Some(3600), Some(3600)]);
        let given_up = timeout(Duration::from_millis(500), token(&source, None)).await;
        assert!(given_up.is_err());
        assert_eq!(token(&source, None).await.unwrap(), "Bearer t2");
    }
}
