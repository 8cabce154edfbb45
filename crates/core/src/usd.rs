//! Money: US dollars, exact to the billionth, never negative.

use std::fmt;
use std::str::FromStr;

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// One US dollar in nano-dollars.
const NANOS_PER_USD: i64 = 1_000_000_000;

/// An amount of US dollars, exact to one nano-dollar and never negative.
///
/// Stored as whole nano-dollars (`BIGINT` in both databases), so sums are exact; the largest amount is about
/// 9.2 billion dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Usd(i64);

/// Why an amount is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UsdError {
    /// Below zero.
    #[error("an amount of money must not be negative")]
    Negative,
    /// More than about 9.2 billion dollars.
    #[error("the amount is larger than 9223372036 USD")]
    TooLarge,
    /// Not a decimal number.
    #[error("not a decimal amount such as 12.50")]
    NotANumber,
}

impl Usd {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount of whole nano-dollars, as stored.
    ///
    /// # Errors
    /// [`UsdError::Negative`].
    pub const fn from_nanos(nanos: i64) -> Result<Self, UsdError> {
        if nanos < 0 {
            Err(UsdError::Negative)
        } else {
            Ok(Self(nanos))
        }
    }

    /// The amount in nano-dollars, as stored.
    #[must_use]
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// The smallest whole number of nano-dollars that is not less than `amount`: rounding is up, once, here.
    ///
    /// # Errors
    /// [`UsdError::Negative`] or [`UsdError::TooLarge`].
    pub fn from_decimal_rounding_up(amount: Decimal) -> Result<Self, UsdError> {
        if amount.is_sign_negative() && !amount.is_zero() {
            return Err(UsdError::Negative);
        }
        amount
            .checked_mul(Decimal::from(NANOS_PER_USD))
            .map(|n| n.round_dp_with_strategy(0, RoundingStrategy::AwayFromZero))
            .and_then(|n| n.to_i64())
            .map(Self)
            .ok_or(UsdError::TooLarge)
    }

    /// The amount as a decimal number of dollars.
    #[must_use]
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, 9).normalize()
    }

    /// The sum.
    ///
    /// # Errors
    /// [`UsdError::TooLarge`].
    pub const fn checked_add(self, other: Self) -> Result<Self, UsdError> {
        match self.0.checked_add(other.0) {
            Some(sum) => Ok(Self(sum)),
            None => Err(UsdError::TooLarge),
        }
    }

    /// The difference, or `None` when `other` is larger.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        if other.0 > self.0 {
            None
        } else {
            Some(Self(self.0 - other.0))
        }
    }

    /// The difference, or zero when `other` is larger.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        if other.0 > self.0 {
            Self::ZERO
        } else {
            Self(self.0 - other.0)
        }
    }

    /// Whether this is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / NANOS_PER_USD, self.0 % NANOS_PER_USD);
        if fraction == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{fraction:09}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

impl FromStr for Usd {
    type Err = UsdError;

    /// Reads a decimal number of dollars; more than nine decimals are rounded up.
    fn from_str(text: &str) -> Result<Self, UsdError> {
        let amount = Decimal::from_str(text)
            .or_else(|_| Decimal::from_scientific(text))
            .map_err(|_| UsdError::NotANumber)?;
        Self::from_decimal_rounding_up(amount)
    }
}

impl Serialize for Usd {
    /// A decimal string, so that no reader loses digits.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Usd {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rounding_is_up_to_the_next_nano_dollar() {
        assert_eq!("0.0000000001".parse(), Usd::from_nanos(1));
        assert_eq!("1e-9".parse(), Usd::from_nanos(1));
        assert_eq!("1.000000001".parse(), Usd::from_nanos(1_000_000_001));
    }

    #[test]
    fn negative_huge_and_senseless_amounts_are_refused() {
        assert_eq!("-0.01".parse::<Usd>(), Err(UsdError::Negative));
        assert_eq!("99999999999".parse::<Usd>(), Err(UsdError::TooLarge));
        assert_eq!("NaN".parse::<Usd>(), Err(UsdError::NotANumber));
        assert_eq!(Usd::from_nanos(-1), Err(UsdError::Negative));
    }

    proptest! {
        #[test]
        fn an_amount_survives_its_text_form(nanos in 0..i64::MAX) {
            let amount = Usd::from_nanos(nanos).expect("not negative");
            prop_assert_eq!(amount.to_string().parse(), Ok(amount));
            prop_assert_eq!(Usd::from_decimal_rounding_up(amount.to_decimal()), Ok(amount));
        }

        #[test]
        fn adding_and_taking_away_again_changes_nothing(a in 0..i64::MAX / 2, b in 0..i64::MAX / 2) {
            let (a, b) = (Usd(a), Usd(b));
            prop_assert_eq!(a.checked_add(b).expect("fits").checked_sub(b), Some(a));
        }
    }
}
