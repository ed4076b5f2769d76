//! What may be sent again, and when. Pure functions.

use std::time::{Duration, SystemTime};

use http::HeaderMap;

/// Longer than any operation lasts, and short enough for clock arithmetic.
const LONGEST_ASKED: Duration = Duration::from_secs(7 * 24 * 3600);

/// How often a request is sent again that found no connection. A mistyped host should fail in seconds; an outage of a few seconds is
/// survived, and a longer one by those who wait, see [`super::poll::tolerate`].
const MOST_RECONNECTS: u32 = 4;

/// How often and how patiently a request is sent again.
#[derive(Clone, Debug)]
pub struct RetrySettings {
    /// How many times a request is sent again after its first time.
    pub max_retries: u32,
    /// The upper bound of the first random pause; it doubles each time.
    pub first_pause: Duration,
    /// The upper bound of every random pause.
    pub longest_pause: Duration,
    /// Statuses that pass for this API besides the usual ones.
    pub passing_statuses: &'static [u16],
    /// Service codes, compared without case, whose refusal passes whatever its status.
    pub passing_codes: &'static [&'static str],
}

impl Default for RetrySettings {
    fn default() -> Self {
        Self {
            max_retries: 8,
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(30),
            passing_statuses: &[],
            passing_codes: &[],
        }
    }
}

/// How one exchange ended, when not in success.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'a> {
    /// The service answered.
    Status {
        /// The HTTP status.
        status: u16,
        /// The service's own code.
        code: Option<&'a str>,
        /// The pause that the service asked for.
        asked: Option<Duration>,
    },
    /// The request did not leave.
    NotSent,
    /// The request may have been received, but there is no answer.
    Lost,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Sending it again would change nothing.
    Final,
    /// Send it again after a pause of our own.
    Retry,
    /// Send it again after the pause that the service asked for.
    RetryAfter(Duration),
    /// There was no connection: send it again a few times.
    Reconnect,
    /// It may have been carried out: look for its effect before sending it again.
    LookFirst,
}

impl Verdict {
    /// Whether sending it again, now or later, may succeed.
    pub(super) fn is_passing(self) -> bool {
        matches!(self, Self::Retry | Self::RetryAfter(_) | Self::Reconnect)
    }
}

/// What a call has used up of its retries.
#[derive(Debug, Default)]
pub(super) struct Patience {
    retries: u32,
    reconnects: u32,
}

impl Patience {
    /// The pause before the next attempt, counted in; `None` where there will be none. `random` gives numbers in 0..1.
    pub(super) fn next(
        &mut self,
        verdict: Verdict,
        settings: &RetrySettings,
        random: impl Fn() -> f64,
    ) -> Option<Duration> {
        if !verdict.is_passing() || self.retries >= settings.max_retries {
            return None;
        }
        self.retries += 1;
        match verdict {
            Verdict::Reconnect => {
                self.reconnects += 1;
                (self.reconnects <= MOST_RECONNECTS)
                    .then(|| reconnect_pause(self.reconnects, settings, random()))
            }
            // A service that asks for no pause at all, or whose clock is behind ours, must not use up all retries in an instant.
            Verdict::RetryAfter(asked) => {
                let own = pause(self.retries, settings, random());
                Some(own.max(asked + spread(settings, random())))
            }
            _ => Some(pause(self.retries, settings, random())),
        }
    }
}

/// Decides about one exchange from what the request allows and how it ended.
#[must_use]
pub fn decide(repeatable: bool, outcome: Outcome<'_>, settings: &RetrySettings) -> Verdict {
    let (status, code, asked) = match outcome {
        Outcome::NotSent => return Verdict::Reconnect,
        Outcome::Lost if repeatable => return Verdict::Retry,
        Outcome::Lost => return Verdict::LookFirst,
        Outcome::Status {
            status,
            code,
            asked,
        } => (status, code, asked),
    };
    let again = asked.map_or(Verdict::Retry, Verdict::RetryAfter);
    let has_passing_code = code.is_some_and(|code| {
        let mut passing = settings.passing_codes.iter();
        passing.any(|passing| passing.eq_ignore_ascii_case(code))
    });
    match status {
        // Refused before anything was done, whatever the method.
        429 => again,
        _ if repeatable => {
            let passes = is_passing_status(status)
                || settings.passing_statuses.contains(&status)
                || has_passing_code;
            if passes { again } else { Verdict::Final }
        }
        // Only these two server errors say that the request was not understood; any other may come after the deed.
        501 | 505 => Verdict::Final,
        408 | 500..=599 => Verdict::LookFirst,
        // The service names its own passing refusal below 500: it says that it did nothing.
        _ if has_passing_code && status >= 400 => again,
        _ => Verdict::Final,
    }
}

/// Whether a refusal with this status tends to pass by itself.
#[must_use]
pub fn is_passing_status(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}

/// The random pause before sending again for the `retry`-th time (from 1), for `unit` in 0..1: full jitter, so that callers
/// that failed together do not come back together.
#[must_use]
pub fn pause(retry: u32, settings: &RetrySettings, unit: f64) -> Duration {
    let doublings = retry.saturating_sub(1).min(31);
    let bound = settings
        .first_pause
        .saturating_mul(2_u32.saturating_pow(doublings))
        .min(settings.longest_pause);
    bound.mul_f64(unit.clamp(0.0, 1.0))
}

/// The pause before connecting again for the `retry`-th time (from 1), for `unit` in 0..1: longer than after an answer, and never nothing,
/// so that few attempts cover some seconds.
fn reconnect_pause(retry: u32, settings: &RetrySettings, unit: f64) -> Duration {
    pause(retry.saturating_add(2), settings, 0.5 + unit / 2.0)
}

/// A moment more than a pause that holds for many, for `unit` in 0..1, so that they do not all come back in the same instant.
pub(super) fn spread(settings: &RetrySettings, unit: f64) -> Duration {
    settings.first_pause.mul_f64(unit.clamp(0.0, 1.0))
}

/// The pause that a response asks for, in the first of these that can be read: milliseconds in `x-ms-retry-after-ms` or
/// `retry-after-ms`, then `Retry-After` in seconds or as a date.
#[must_use]
pub fn asked_pause(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| *number >= 0.0);
    let millis = ["x-ms-retry-after-ms", "retry-after-ms"]
        .into_iter()
        .find_map(|name| number(text(name)?))
        .and_then(|millis| Duration::try_from_secs_f64(millis / 1000.0).ok());
    let asked = millis.or_else(|| {
        let after = text("retry-after")?;
        if let Some(seconds) = number(after) {
            return Duration::try_from_secs_f64(seconds).ok();
        }
        let date = httpdate::parse_http_date(after).ok()?;
        Some(date.duration_since(now).unwrap_or(Duration::ZERO))
    });
    asked.map(|pause| pause.min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn status(status: u16) -> Outcome<'static> {
        Outcome::Status {
            status,
            code: None,
            asked: None,
        }
    }

    #[test]
    fn every_status_has_its_verdict() {
        let settings = RetrySettings::default();
        for code in 100..=599 {
            let repeatable = match code {
                408 | 429 | 500 | 502 | 503 | 504 => Verdict::Retry,
                _ => Verdict::Final,
            };
            let creating = match code {
                429 => Verdict::Retry,
                501 | 505 => Verdict::Final,
                408 | 500..=599 => Verdict::LookFirst,
                _ => Verdict::Final,
            };
            assert_eq!(decide(true, status(code), &settings), repeatable, "{code}");
            assert_eq!(decide(false, status(code), &settings), creating, "{code}");
        }
    }

    #[test]
    fn what_was_not_sent_is_sent_again_and_what_was_lost_only_if_repeatable() {
        let settings = RetrySettings::default();
        for repeatable in [true, false] {
            assert_eq!(
                decide(repeatable, Outcome::NotSent, &settings),
                Verdict::Reconnect
            );
        }
        assert_eq!(decide(true, Outcome::Lost, &settings), Verdict::Retry);
        assert_eq!(decide(false, Outcome::Lost, &settings), Verdict::LookFirst);
    }

    #[test]
    fn an_api_adds_its_own_passing_statuses_and_codes() {
        let settings = RetrySettings {
            passing_statuses: &[424],
            passing_codes: &["RetryableError"],
            ..RetrySettings::default()
        };
        let coded = Outcome::Status {
            status: 409,
            code: Some("retryableerror"),
            asked: None,
        };
        assert_eq!(decide(true, status(424), &settings), Verdict::Retry);
        assert_eq!(decide(false, status(424), &settings), Verdict::Final);
        assert_eq!(decide(true, coded, &settings), Verdict::Retry);
        assert_eq!(decide(false, coded, &settings), Verdict::Retry);
        assert_eq!(decide(true, status(409), &settings), Verdict::Final);
    }

    #[test]
    fn the_pause_asked_for_is_kept() {
        let asked = Outcome::Status {
            status: 503,
            code: None,
            asked: Some(Duration::from_secs(7)),
        };
        let settings = RetrySettings::default();
        let seven = Verdict::RetryAfter(Duration::from_secs(7));
        assert_eq!(decide(true, asked, &settings), seven);
        assert_eq!(decide(false, asked, &settings), Verdict::LookFirst);
    }

    #[test]
    fn pauses_grow_to_their_bound_and_never_overflow() {
        let settings = RetrySettings::default();
        let longest = |retry| pause(retry, &settings, 1.0);
        assert_eq!(longest(1), Duration::from_millis(200));
        assert_eq!(longest(2), Duration::from_millis(400));
        assert_eq!(longest(8), Duration::from_millis(25_600));
        assert_eq!(longest(9), Duration::from_secs(30));
        assert_eq!(longest(u32::MAX), Duration::from_secs(30));
        assert_eq!(pause(5, &settings, 0.0), Duration::ZERO);
    }

    fn pauses(verdict: Verdict, unit: f64) -> Vec<Duration> {
        let mut patience = Patience::default();
        let settings = RetrySettings::default();
        std::iter::from_fn(|| patience.next(verdict, &settings, || unit)).collect()
    }

    #[test]
    fn connecting_is_tried_for_six_to_twelve_seconds() {
        for (unit, seconds) in [(0.0, 6.0), (1.0, 12.0)] {
            let pauses = pauses(Verdict::Reconnect, unit);
            assert_eq!(pauses.len(), 4);
            let all: Duration = pauses.iter().sum();
            assert!((all.as_secs_f64() - seconds).abs() < 1e-6, "{pauses:?}");
        }
    }

    #[test]
    fn a_pause_asked_for_is_a_lower_bound_of_ours() {
        let nothing = pauses(Verdict::RetryAfter(Duration::ZERO), 1.0);
        assert_eq!(nothing, pauses(Verdict::Retry, 1.0));
        let second = Duration::from_secs(1);
        for unit in [0.0, 0.5, 1.0] {
            let pauses = pauses(Verdict::RetryAfter(second), unit);
            assert_eq!(pauses.len(), 8);
            assert!(pauses.iter().all(|pause| *pause >= second), "{pauses:?}");
        }
    }

    #[test]
    fn what_cannot_pass_is_not_sent_again() {
        assert!(pauses(Verdict::Final, 1.0).is_empty());
        assert!(pauses(Verdict::LookFirst, 1.0).is_empty());
    }

    fn asked(name: &'static str, value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        // 1994-11-06T08:49:37Z
        asked_pause(
            &headers,
            SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777),
        )
    }

    #[test]
    fn every_spelling_of_a_pause_is_read() {
        assert_eq!(asked("retry-after", "3"), Some(Duration::from_secs(3)));
        assert_eq!(
            asked("retry-after", " 1.5 "),
            Some(Duration::from_millis(1500))
        );
        assert_eq!(
            asked("retry-after", "Sun, 06 Nov 1994 08:49:57 GMT"),
            Some(Duration::from_secs(20))
        );
        assert_eq!(
            asked("retry-after", "Sun, 06 Nov 1994 08:49:07 GMT"),
            Some(Duration::ZERO)
        );
        assert_eq!(
            asked("x-ms-retry-after-ms", "250"),
            Some(Duration::from_millis(250))
        );
        assert_eq!(
            asked("retry-after-ms", "40"),
            Some(Duration::from_millis(40))
        );
        assert_eq!(asked("retry-after", "9e15"), Some(LONGEST_ASKED));
        for bad in ["", "-1", "soon", "NaN", "inf", "1e400"] {
            assert_eq!(asked("retry-after", bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn reading_a_pause_never_panics(value in "[ -~]{0,40}") {
            asked("retry-after", &value);
            asked("retry-after-ms", &value);
        }
    }
}
