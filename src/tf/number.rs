//! Terraform's number: a decimal of any size, or one of the two infinities.

use std::fmt;
use std::str::FromStr;

use bigdecimal::{BigDecimal, ToPrimitive};

/// Most significant digits, and largest decimal exponent either way, that are read from text.
///
/// The host keeps 512 bits of mantissa, about 155 digits. A short text such as `1e999999999` would otherwise ask for
/// gigabytes when it is written out, and parsing takes time quadratic in the digits.
const DIGIT_LIMIT: u64 = 10_000;

/// Longest text that is read: every number within [`DIGIT_LIMIT`] written out in full, with sign, zero and point.
const TEXT_LIMIT: usize = 20_003;

/// A number as Terraform has it: never rounded to a machine type unless a model asks for one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Number {
    /// Below every decimal.
    NegativeInfinity,
    /// A finite decimal in its shortest form, so that `1.0` and `1` are equal in every respect.
    Decimal(BigDecimal),
    /// Above every decimal.
    PositiveInfinity,
}

/// The text that is not a number, or has an exponent that cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a number")]
pub struct NotANumber(String);

impl Number {
    /// Whether it is a whole number.
    #[must_use]
    pub fn is_integer(&self) -> bool {
        matches!(self, Self::Decimal(decimal) if decimal.is_integer())
    }

    /// The number as an integer, if it is one and fits.
    #[must_use]
    pub fn to_i64(&self) -> Option<i64> {
        match self {
            Self::Decimal(decimal) if decimal.is_integer() => decimal.to_i64(),
            _ => None,
        }
    }

    /// The number as an unsigned integer, if it is one and fits.
    #[must_use]
    pub fn to_u64(&self) -> Option<u64> {
        match self {
            Self::Decimal(decimal) if decimal.is_integer() => decimal.to_u64(),
            _ => None,
        }
    }

    /// The number as a float, if that says the same both in binary and in its shortest text, as 0.5 does and 0.1 does not.
    #[must_use]
    pub fn to_exact_f64(&self) -> Option<f64> {
        match self {
            Self::NegativeInfinity => Some(f64::NEG_INFINITY),
            Self::PositiveInfinity => Some(f64::INFINITY),
            Self::Decimal(decimal) => {
                let float: f64 = decimal.to_scientific_notation().parse().ok()?;
                let same_in_binary = BigDecimal::try_from(float).ok()? == *decimal;
                let same_in_text = Self::from_f64(float)? == *self;
                (same_in_binary && same_in_text).then_some(float)
            }
        }
    }

    /// A float as the decimal that its shortest text spells, as the host compares them. `None` for NaN, which Terraform has not.
    #[must_use]
    pub fn from_f64(value: f64) -> Option<Self> {
        if value.is_nan() {
            None
        } else if value.is_infinite() {
            Some(if value > 0.0 {
                Self::PositiveInfinity
            } else {
                Self::NegativeInfinity
            })
        } else {
            format!("{value:e}").parse().ok()
        }
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::Decimal(BigDecimal::from(value).normalized())
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self::Decimal(BigDecimal::from(value).normalized())
    }
}

impl FromStr for Number {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || NotANumber(text.chars().take(64).collect());
        // The parser takes underscores between digits; the host does not.
        if text.len() > TEXT_LIMIT || text.contains('_') {
            return Err(refuse());
        }
        let decimal = BigDecimal::from_str(text).map_err(|_| refuse())?;
        if decimal.fractional_digit_count().unsigned_abs() > 3 * DIGIT_LIMIT {
            return Err(refuse());
        }
        let decimal = decimal.normalized();
        if decimal.fractional_digit_count().unsigned_abs() > DIGIT_LIMIT
            || decimal.digits() > DIGIT_LIMIT
        {
            return Err(refuse());
        }
        Ok(Self::Decimal(decimal))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NegativeInfinity => formatter.write_str("-inf"),
            Self::PositiveInfinity => formatter.write_str("inf"),
            Self::Decimal(decimal) => formatter.write_str(&decimal.to_plain_string()),
        }
    }
}
