//! The clock that drives every state change, apart from the wall clock that stamps objects and tokens.
//!
//! Objects are stamped with wall time, because clients compare those stamps with their own clock. Provisioning, deletion and
//! replication follow this clock instead: it runs `speed` times as fast, or stands still until a test advances it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

/// Milliseconds on the simulated clock since the simulator started.
pub(crate) type Moment = i64;

enum Mode {
    Real {
        speed: f64,
        since: Instant,
        base: Moment,
    },
    Manual {
        now: Moment,
    },
}

pub(crate) struct Clock {
    mode: Mode,
}

impl Clock {
    pub(crate) fn real(speed: f64) -> Self {
        Self {
            mode: Mode::Real {
                speed,
                since: Instant::now(),
                base: 0,
            },
        }
    }

    pub(crate) fn now(&self) -> Moment {
        match &self.mode {
            Mode::Real { speed, since, base } => {
                base.saturating_add(scaled_milliseconds(since.elapsed(), *speed))
            }
            Mode::Manual { now } => *now,
        }
    }

    pub(crate) fn run_at(&mut self, speed: f64) {
        let base = self.now();
        self.mode = Mode::Real {
            speed,
            since: Instant::now(),
            base,
        };
    }

    pub(crate) fn stop(&mut self) {
        self.mode = Mode::Manual { now: self.now() };
    }

    pub(crate) fn advance(&mut self, milliseconds: Moment) {
        match &mut self.mode {
            Mode::Real { base, .. } => *base = base.saturating_add(milliseconds),
            Mode::Manual { now } => *now = now.saturating_add(milliseconds),
        }
    }

    pub(crate) fn describe(&self) -> Value {
        match &self.mode {
            Mode::Real { speed, .. } => {
                json!({ "mode": "real", "speed": speed, "now_ms": self.now() })
            }
            Mode::Manual { now } => json!({ "mode": "manual", "now_ms": now }),
        }
    }
}

fn scaled_milliseconds(elapsed: Duration, speed: f64) -> Moment {
    let speed = if speed.is_finite() {
        speed.clamp(0.0, 1e6)
    } else {
        1.0
    };
    i64::try_from(elapsed.mul_f64(speed).as_millis()).unwrap_or(i64::MAX)
}

/// Seconds of the wall clock since 1970, for tokens.
pub(crate) fn unix_seconds() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

/// Wall time as Konnect prints it: RFC 3339 with milliseconds.
pub(crate) fn konnect_timestamp() -> String {
    let layout =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    OffsetDateTime::now_utc()
        .format(&layout)
        .unwrap_or_default()
}

/// Wall time as Azure Resource Manager prints it: RFC 3339 with seven decimals.
pub(crate) fn azure_timestamp() -> String {
    let layout =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:7]Z");
    OffsetDateTime::now_utc()
        .format(&layout)
        .unwrap_or_default()
}

/// Wall time to the second, as Entra and Microsoft Graph print it.
pub(crate) fn entra_timestamp() -> String {
    let now = OffsetDateTime::now_utc();
    now.replace_nanosecond(0)
        .unwrap_or(now)
        .format(&Rfc3339)
        .unwrap_or_default()
}
