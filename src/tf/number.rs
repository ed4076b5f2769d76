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

    /// A float as the decimal that its shortest text spells, as the host compares them. `None` for NaN, which Terraform does not have.
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tf::arbitrary::{any_decimal, any_number, config};

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn spellings_of_one_number_are_equal_and_hash_alike() {
        use std::collections::HashSet;

        for group in [
            &["1", "1.0", "01", "+1", "10e-1", "0.1E1"][..],
            &["0", "-0", "0.000", "0e99"],
            &["1000", "1e3", "0.001e6"],
        ] {
            let numbers: HashSet<Number> = group.iter().map(|text| number(text)).collect();
            assert_eq!(numbers.len(), 1, "{group:?}");
        }
    }

    #[test]
    fn text_is_written_out_without_exponent() {
        for (text, written) in [
            ("1e-7", "0.0000001"),
            ("1e21", "1000000000000000000000"),
            ("-2.50", "-2.5"),
            ("-0", "0"),
        ] {
            assert_eq!(number(text).to_string(), written);
        }
        assert_eq!(Number::PositiveInfinity.to_string(), "inf");
        assert_eq!(Number::NegativeInfinity.to_string(), "-inf");
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        for text in [
            "", " 1", "1 ", "-", ".", "e1", "1e", "1_000", "0x10", "1,5", "one", "NaN", "inf",
            "1.2.3",
        ] {
            assert!(text.parse::<Number>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn numbers_beyond_measure_are_refused_and_the_largest_survives() {
        for text in [
            "1e10001",
            "1e-10001",
            "1e9223372036854775807",
            "1e9223372036854775808",
            "1e-9223372036854775807",
            "1e-9223372036854775808",
            "1e99999999999999999999999999999999999999999",
            "0e9223372036854775808",
            &"1".repeat(10_001),
            &"1".repeat(1_000_000),
        ] {
            let error = text.parse::<Number>().unwrap_err();
            assert!(error.to_string().len() < 100, "{error}");
        }
        let largest = number(&format!("-{}e10000", "9".repeat(10_000)));
        assert_eq!(number(&largest.to_string()), largest);
        let least = number(&format!("-{}e-10000", "9".repeat(10_000)));
        assert_eq!(number(&least.to_string()), least);
    }

    #[test]
    fn machine_integers_are_refused_never_truncated() {
        assert_eq!(number("-9223372036854775808").to_i64(), Some(i64::MIN));
        assert_eq!(number("9223372036854775808").to_i64(), None);
        assert_eq!(number("1.5").to_i64(), None);
        assert_eq!(number("18446744073709551615").to_u64(), Some(u64::MAX));
        assert_eq!(number("18446744073709551616").to_u64(), None);
        assert_eq!(number("-1").to_u64(), None);
        assert_eq!(Number::PositiveInfinity.to_i64(), None);
    }

    #[test]
    fn only_exact_floats_stand_for_a_number() {
        assert_eq!(number("0.5").to_exact_f64(), Some(0.5));
        assert_eq!(number("-1024").to_exact_f64(), Some(-1024.0));
        for text in [
            "0.1",
            "9007199254740993",
            "1e309",
            "1e-400",
            // What the float nearest to 0.1 is in binary; as text that float is "0.1".
            "0.1000000000000000055511151231257827021181583404541015625",
        ] {
            assert_eq!(number(text).to_exact_f64(), None, "{text}");
        }
        assert_eq!(Number::from_f64(f64::NAN), None);
        assert_eq!(Number::from_f64(-0.0), Some(number("0")));
        assert_eq!(Number::from_f64(0.1), Some(number("0.1")));
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn any_decimal_survives_its_text(decimal in any_decimal()) {
            prop_assert_eq!(decimal.to_string().parse(), Ok(decimal));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[-+0-9_.eE]{0,12}|\\PC{0,12}") {
            if let Ok(read) = text.parse::<Number>() {
                prop_assert_eq!(read.to_string().parse(), Ok(read));
            }
        }

        #[test]
        fn machine_integers_keep_their_value_and_order(left: i64, right: i64) {
            prop_assert_eq!(Number::from(left).to_i64(), Some(left));
            prop_assert_eq!(Number::from(left).cmp(&Number::from(right)), left.cmp(&right));
        }

        #[test]
        fn floats_keep_their_order(left in prop::num::f64::NORMAL, right in prop::num::f64::NORMAL) {
            let order = Number::from_f64(left).cmp(&Number::from_f64(right));
            prop_assert_eq!(order, left.total_cmp(&right));
        }

        #[test]
        fn order_is_the_same_from_both_sides_and_transitive(
            left in any_number(), middle in any_number(), right in any_number(),
        ) {
            prop_assert_eq!(left.cmp(&middle), middle.cmp(&left).reverse());
            prop_assert_eq!(left == middle, left.cmp(&middle).is_eq());
            if left <= middle && middle <= right {
                prop_assert!(left <= right);
            }
        }

        #[test]
        fn exact_float_says_the_same_number(any in any_number()) {
            if let Some(float) = any.to_exact_f64() {
                prop_assert_eq!(Number::from_f64(float), Some(any));
            }
        }
    }
}
