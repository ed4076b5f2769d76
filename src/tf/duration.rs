//! Durations as Go writes them: `90s`, `1h30m`, `1.5h`.

use std::time::Duration;

const NANOSECOND: u128 = 1;
const MICROSECOND: u128 = 1_000;
const MILLISECOND: u128 = 1_000_000;
const SECOND: u128 = 1_000_000_000;

/// The units, the longer name first where one begins another.
const UNITS: [(&str, u128); 8] = [
    ("ns", NANOSECOND),
    ("us", MICROSECOND),
    ("µs", MICROSECOND),
    ("μs", MICROSECOND),
    ("ms", MILLISECOND),
    ("s", SECOND),
    ("m", 60 * SECOND),
    ("h", 3600 * SECOND),
];

/// What Go's own durations can hold; more than any timeout needs.
const LIMIT: u128 = i64::MAX as u128;

/// Why a text is not a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDuration {
    /// Nothing, or only a sign.
    #[error("it is empty")]
    Empty,
    /// Below zero.
    #[error("it is negative")]
    Negative,
    /// Nothing can be waited for so long.
    #[error("it must be longer than zero")]
    Zero,
    /// A part that begins with no digit.
    #[error("a number was expected, as in `90s` or `1h30m`")]
    NumberExpected,
    /// A number without a unit, or with one that does not exist.
    #[error("each number needs a unit: `h`, `m`, `s`, `ms`, `us` or `ns`")]
    UnitExpected,
    /// More than about 292 years.
    #[error("it is too long")]
    TooLong,
}

/// Reads a duration: one or more numbers, each with a unit; a lone `0` needs none.
///
/// # Errors
/// If the text has another form or is negative.
pub fn parse(text: &str) -> Result<Duration, InvalidDuration> {
    if text.starts_with('-') {
        return Err(InvalidDuration::Negative);
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.is_empty() {
        return Err(InvalidDuration::Empty);
    }
    let mut total = 0_u128;
    while !rest.is_empty() {
        let (whole, after_whole) = digits(rest);
        let (fraction, after_number) = match after_whole.strip_prefix('.') {
            Some(after_point) => digits(after_point),
            None => ("", after_whole),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(InvalidDuration::NumberExpected);
        }
        let (unit, after_unit) = UNITS
            .iter()
            .find_map(|(name, unit)| after_number.strip_prefix(name).map(|rest| (*unit, rest)))
            .ok_or(InvalidDuration::UnitExpected)?;
        total = whole_part(whole, unit)
            .and_then(|part| part.checked_add(fraction_part(fraction, unit)))
            .and_then(|part| total.checked_add(part))
            .filter(|total| *total <= LIMIT)
            .ok_or(InvalidDuration::TooLong)?;
        rest = after_unit;
    }
    u64::try_from(total)
        .map(Duration::from_nanos)
        .map_err(|_| InvalidDuration::TooLong)
}

/// Reads a duration that something can be waited for: longer than zero.
///
/// # Errors
/// As [`parse`], and for zero.
pub fn parse_positive(text: &str) -> Result<Duration, InvalidDuration> {
    match parse(text)? {
        Duration::ZERO => Err(InvalidDuration::Zero),
        duration => Ok(duration),
    }
}

/// Writes a duration the way people write it in a configuration: `90s` as `1m30s`, whole hours as `1h`.
#[must_use]
pub fn format(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [
        (u128::from(seconds / 3600), "h"),
        (u128::from(seconds / 60 % 60), "m"),
        (u128::from(seconds % 60), "s"),
        (u128::from(duration.subsec_millis()), "ms"),
        (u128::from(duration.subsec_micros() % 1000), "us"),
        (u128::from(duration.subsec_nanos() % 1000), "ns"),
    ];
    let mut text = String::new();
    for (count, unit) in parts.into_iter().filter(|(count, _)| *count > 0) {
        text.push_str(&count.to_string());
        text.push_str(unit);
    }
    if text.is_empty() {
        "0s".to_owned()
    } else {
        text
    }
}

fn digits(text: &str) -> (&str, &str) {
    let end = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

fn whole_part(digits: &str, unit: u128) -> Option<u128> {
    if digits.is_empty() {
        return Some(0);
    }
    digits.parse::<u128>().ok()?.checked_mul(unit)
}

/// Digits beyond the unit's nanoseconds are dropped, as Go does.
fn fraction_part(digits: &str, unit: u128) -> u128 {
    let (mut value, mut scale) = (0_u128, unit);
    for digit in digits.bytes().map(|byte| u128::from(byte - b'0')) {
        // Ten times the scale keeps one digit more than the result, so nothing is rounded twice.
        value += digit * scale;
        if scale < 10 {
            break;
        }
        scale /= 10;
    }
    value / 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_go_writes() {
        let cases = [
            ("0", 0),
            ("90s", 90_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("1.5h", 5_400_000_000_000),
            ("+5m", 300_000_000_000),
            (".5s", 500_000_000),
            ("1m30.25s", 90_250_000_000),
            ("250ms", 250_000_000),
            ("1us2ns", 1_002),
            ("3µs", 3_000),
        ];
        for (text, nanoseconds) in cases {
            assert_eq!(parse(text), Ok(Duration::from_nanos(nanoseconds)), "{text}");
        }
    }

    #[test]
    fn refuses_everything_else() {
        let cases = [
            ("", InvalidDuration::Empty),
            ("+", InvalidDuration::Empty),
            ("-5s", InvalidDuration::Negative),
            ("s", InvalidDuration::NumberExpected),
            (".s", InvalidDuration::NumberExpected),
            ("5", InvalidDuration::UnitExpected),
            ("5 s", InvalidDuration::UnitExpected),
            ("5d", InvalidDuration::UnitExpected),
            ("five minutes", InvalidDuration::NumberExpected),
            ("9999999999999h", InvalidDuration::TooLong),
            (
                "99999999999999999999999999999999999999999999s",
                InvalidDuration::TooLong,
            ),
        ];
        for (text, reason) in cases {
            assert_eq!(parse(text), Err(reason), "{text}");
        }
        assert_eq!(parse_positive("0s"), Err(InvalidDuration::Zero));
        assert_eq!(parse_positive("1"), Err(InvalidDuration::UnitExpected));
        assert_eq!(parse_positive("1ns"), Ok(Duration::from_nanos(1)));
    }

    #[test]
    fn writes_the_shortest_usual_form() {
        assert_eq!(format(Duration::from_secs(3600)), "1h");
        assert_eq!(format(Duration::from_secs(90)), "1m30s");
        assert_eq!(format(Duration::ZERO), "0s");
        assert_eq!(format(Duration::from_millis(1_250)), "1s250ms");
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in ".*") {
            if let Ok(duration) = parse(&text) {
                proptest::prop_assert!(duration.as_nanos() <= LIMIT);
            }
        }

        #[test]
        fn reads_back_what_it_wrote(nanoseconds in 0..i64::MAX as u64) {
            let duration = Duration::from_nanos(nanoseconds);
            proptest::prop_assert_eq!(parse(&format(duration)), Ok(duration));
        }
    }
}
