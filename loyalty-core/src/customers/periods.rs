//! Calendar periods in which purchases merge, and units of time.

use serde::{Deserialize, Serialize};

/// Microseconds of a day: times are integers of this unit, days of exactly 24 hours (UTC without leap seconds).
pub const MICROSECONDS_PER_DAY: i64 = 86_400_000_000;

/// In what stretch of the calendar several purchases of one customer count as one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Period {
    /// None: each order is a purchase of its own, even two at the same moment.
    None,
    /// A day.
    #[default]
    Day,
    /// A week of ISO 8601, Monday to Sunday.
    Week,
    /// A calendar month, proleptic Gregorian.
    Month,
}

impl Period {
    /// The first and the last microsecond of the period around `time` in UTC, as far as an `i64` reaches.
    pub(super) fn bounds(self, time: i64) -> (i64, i64) {
        if self == Period::None {
            return (time, time);
        }
        let (first, next) = self.days(time.div_euclid(MICROSECONDS_PER_DAY));
        if let (Some(start), Some(end)) =
            (first.checked_mul(MICROSECONDS_PER_DAY), next.checked_mul(MICROSECONDS_PER_DAY))
        {
            return (start, end - 1);
        }
        let start = i128::from(first) * i128::from(MICROSECONDS_PER_DAY);
        let end = i128::from(next) * i128::from(MICROSECONDS_PER_DAY) - 1;
        (start.max(i64::MIN.into()) as i64, end.min(i64::MAX.into()) as i64)
    }

    /// The first day of the period around `day`, and that of the next period; day 0 is 1970-01-01.
    pub(super) fn days(self, day: i64) -> (i64, i64) {
        match self {
            Period::None | Period::Day => (day, day + 1),
            Period::Week => {
                // Day 0 was a Thursday.
                let monday = day - (day + 3).rem_euclid(7);
                (monday, monday + 7)
            }
            Period::Month => month_of(day),
        }
    }
}

/// The first day of the month around `day`, and that of the next month; day 0 is 1970-01-01.
///
/// Years begin in March, so that the leap day is the last of a year; 400 of them have 146,097 days (Hinnant 2014,
/// chrono-Compatible Low-Level Date Algorithms, `civil_from_days`).
fn month_of(day: i64) -> (i64, i64) {
    let since_march_0000 = day + 719_468;
    let day_of_era = since_march_0000.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let month_start = |month: i64| (153 * month + 2) / 5;

    let first = day - (day_of_year - month_start(month));
    let length = if month < 11 {
        month_start(month + 1) - month_start(month)
    } else {
        // February of the civil year that follows this year's March.
        let year = year_of_era + 1;
        if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) { 29 } else { 28 }
    };
    (first, first + length)
}

/// The unit of `t_x` and `t`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TimeUnit {
    /// 3,600 seconds.
    Hour,
    /// 24 hours.
    #[default]
    Day,
    /// 7 days.
    Week,
    /// 365.25 / 12 = 30.4375 days.
    Month,
    /// 365.25 days.
    Year,
}

impl TimeUnit {
    /// Time from `start` to `end` in this unit; right to the last bit up to 285 years, to 1 ulp beyond.
    pub fn between(self, start: i64, end: i64) -> f64 {
        let length = end.abs_diff(start) as f64 / self.microseconds() as f64;
        if end < start { -length } else { length }
    }

    /// Every unit is a whole number of microseconds, below 2⁵³.
    fn microseconds(self) -> i64 {
        match self {
            TimeUnit::Hour => MICROSECONDS_PER_DAY / 24,
            TimeUnit::Day => MICROSECONDS_PER_DAY,
            TimeUnit::Week => MICROSECONDS_PER_DAY * 7,
            TimeUnit::Month => MICROSECONDS_PER_DAY / 48 * 1_461,
            TimeUnit::Year => MICROSECONDS_PER_DAY / 4 * 1_461,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1970-01-01 plus so many days, as a calendar that counts day by day.
    fn months_by_counting(days: i64) -> Vec<(i64, i64)> {
        let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let mut months = Vec::new();
        let (mut start, mut year) = (0, 1970);
        while start < days {
            let february = if leap(year) { 29 } else { 28 };
            for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
                months.push((start, start + length));
                start += length;
            }
            year += 1;
        }
        months
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        // The Gregorian calendar repeats after 400 years; so do the months before 1970.
        const ERA: i64 = 146_097;
        for (start, next) in months_by_counting(ERA) {
            for day in [start, start + 14, next - 1] {
                assert_eq!(month_of(day), (start, next));
                assert_eq!(month_of(day - 3 * ERA), (start - 3 * ERA, next - 3 * ERA));
            }
        }
    }

    #[test]
    fn bounds_hold_their_time_and_touch_their_neighbours() {
        let times = [0, -1, 1, MICROSECONDS_PER_DAY, 951_782_400_000_000, -62_135_596_800_000_001];
        for period in [Period::Day, Period::Week, Period::Month] {
            for time in times {
                let (start, end) = period.bounds(time);
                assert!(start <= time && time <= end);
                assert_eq!(period.bounds(start), (start, end));
                assert_eq!(period.bounds(end), (start, end));
                assert_eq!(period.bounds(end + 1).0, end + 1);
                assert_eq!(period.bounds(start - 1).1, start - 1);
            }
            assert_eq!(period.bounds(i64::MAX).1, i64::MAX);
            assert_eq!(period.bounds(i64::MIN).0, i64::MIN);
        }
        // 1970-01-01 lies in the week from Monday 1969-12-29.
        assert_eq!(Period::Week.bounds(0).0, -3 * MICROSECONDS_PER_DAY);
    }

    #[test]
    fn units_are_exact() {
        let day = MICROSECONDS_PER_DAY;
        assert_eq!(TimeUnit::Hour.between(0, day), 24.0);
        assert_eq!(TimeUnit::Week.between(-day, 6 * day), 1.0);
        assert_eq!(TimeUnit::Month.microseconds() * 12, TimeUnit::Year.microseconds());
        assert_eq!(TimeUnit::Year.between(0, 1461 * day), 4.0);
        assert_eq!(TimeUnit::Day.between(i64::MIN, i64::MAX), 213_503_982.334_601_28);
    }
}
