//! Churn labels from the order log itself.

use crate::check;
use crate::error::{Error, Result};

/// Who churned: true where a customer bought nothing in the horizon after the cutoff.
///
/// churnedᵢ = no purchase in (cutoff, cutoff + horizon]
///
/// `next_purchase` has the time of each customer's first purchase after the cutoff, `i64::MIN` where there is none. Times
/// are microseconds since 1970-01-01T00:00:00Z. `horizon_days` is above 0, a day being 86,400 seconds. The log must reach
/// to the end of the horizon: a customer whose later purchases were not yet recorded would count as churned.
///
/// # Errors
/// `InvalidParameter` for a horizon that is not a finite number above 0; `InvalidValue` for a purchase not after the cutoff.
///
/// ```
/// let day = 86_400_000_000;
/// let churned = loyalty_core::churn::labels(&[5 * day, 40 * day, i64::MIN], 0, 30.0)?;
/// assert_eq!(churned, [false, true, true]);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn labels(next_purchase: &[i64], cutoff: i64, horizon_days: f64) -> Result<Vec<bool>> {
    const MICROSECONDS_A_DAY: f64 = 86_400e6;
    check::positive("horizon_days", horizon_days)?;
    // A horizon beyond all times saturates.
    let horizon = (horizon_days * MICROSECONDS_A_DAY).round() as i128;
    next_purchase
        .iter()
        .enumerate()
        .map(|(row, &time)| match time {
            i64::MIN => Ok(true),
            time if time > cutoff => Ok(i128::from(time) - i128::from(cutoff) > horizon),
            time => Err(Error::InvalidValue {
                name: "next_purchase".into(),
                row,
                value: time.to_string(),
                must: format!("after the cutoff, {cutoff}").into(),
            }),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_horizon_includes_its_last_microsecond() {
        let day = 86_400_000_000;
        assert_eq!(
            labels(&[11, 10 + day, 11 + day, i64::MIN, i64::MAX], 10, 1.0).unwrap(),
            [false, false, true, true, true]
        );
        assert_eq!(labels(&[28_800_000_000, 28_800_000_001], 0, 1.0 / 3.0).unwrap(), [false, true]);
        assert_eq!(labels(&[i64::MAX], i64::MIN, 1e300).unwrap(), [false]);
        assert!(labels(&[], 0, 1.0).unwrap().is_empty());
    }

    #[test]
    fn a_purchase_before_the_cutoff_is_refused() {
        let error = labels(&[i64::MIN, 5, 10], 10, 1.0).unwrap_err();
        assert_eq!((error.code(), error.argument()), ("INVALID_VALUE", Some("next_purchase")));
        assert_eq!(error.to_string(), "next_purchase in row 1 is 5; it must be after the cutoff, 10");
    }
}
