//! Terraform's numbers: decimals of any size.

use std::{cmp::Ordering, fmt, str::FromStr};

/// `digits` times ten to the power of `exponent`, without zeros at either end of the digits; zero has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    is_negative: bool,
    digits: String,
    exponent: i64,
}

impl Number {
    fn new(is_negative: bool, digits: &str, exponent: i64) -> Self {
        let digits = digits.trim_start_matches('0');
        let significant = digits.trim_end_matches('0');
        let zeros = i64::try_from(digits.len() - significant.len()).unwrap();
        let is_zero = significant.is_empty();
        Self {
            is_negative: is_negative && !is_zero,
            digits: significant.to_owned(),
            exponent: if is_zero { 0 } else { exponent + zeros },
        }
    }

    /// By the shortest text that means this very float, as Terraform compares floats. Infinities are no part of any schema here.
    pub fn from_f64(float: f64) -> Option<Self> {
        Some(float)
            .filter(|float| float.is_finite())
            .map(|float| float.to_string().parse().unwrap())
    }

    /// The float that is this number and not merely near it.
    pub fn to_exact_f64(&self) -> Option<f64> {
        let float: f64 = self.to_string().parse().ok()?;
        // No float has more digits after the point than this.
        let exact: Self = format!("{float:.1074}").parse().ok()?;
        (float.is_finite() && exact == *self).then_some(float)
    }

    pub fn to_i64(&self) -> Option<i64> {
        self.to_string().parse().ok()
    }

    pub fn is_integer(&self) -> bool {
        self.exponent >= 0
    }

    /// Where the first digit stands, counted from the point.
    fn magnitude(&self) -> i64 {
        i64::try_from(self.digits.len()).unwrap() + self.exponent
    }

    fn compare_size(&self, other: &Self) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self
                .magnitude()
                .cmp(&other.magnitude())
                .then_with(|| self.digits.cmp(&other.digits)),
        }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_negative, other.is_negative) {
            (false, false) => self.compare_size(other),
            (true, true) => other.compare_size(self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        number.to_string().parse().unwrap()
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        number.to_string().parse().unwrap()
    }
}

impl FromStr for Number {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || format!("{text:?} is no number");
        let (is_negative, unsigned) = match text.strip_prefix('-') {
            Some(unsigned) => (true, unsigned),
            None => (false, text),
        };
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if whole.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(refused());
        }
        let exponent: i64 = exponent.parse().map_err(|_| refused())?;
        let places = i64::try_from(fraction.len()).unwrap();
        Ok(Self::new(is_negative, &digits, exponent - places))
    }
}

/// Without an exponent, as Terraform writes it.
impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_negative {
            formatter.write_str("-")?;
        }
        if self.digits.is_empty() {
            return formatter.write_str("0");
        }
        let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap());
        let magnitude = self.magnitude();
        if self.exponent >= 0 {
            write!(formatter, "{}{}", self.digits, zeros(self.exponent))
        } else if magnitude <= 0 {
            write!(formatter, "0.{}{}", zeros(-magnitude), self.digits)
        } else {
            let (whole, fraction) = self.digits.split_at(usize::try_from(magnitude).unwrap());
            write!(formatter, "{whole}.{fraction}")
        }
    }
}
