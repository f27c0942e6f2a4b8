//! The periods of a time zone's calendar.

use super::periods::{MICROSECONDS_PER_DAY, Period};
use crate::check;
use crate::error::Result;
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// Periods of the UTC calendar, or of a time zone's.
///
/// A day of a zone begins at the first instant at which a clock there shows its date or a later one, weeks and months with
/// their first day. So the calendar is that of the latest date shown so far, which never goes back: it begins a day late
/// where the clock leaps over midnight, and stays in it where the clock is set back over midnight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Calendar {
    period: Period,
    /// In ascending order; none for UTC.
    spells: Vec<Spell>,
}

/// A stretch of time in which a zone's offset is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Spell {
    /// The first instant; the first spell has no beginning.
    start: i64,
    /// What the clock shows less UTC, in microseconds.
    offset: i64,
    /// The latest time, as a clock shows it, that was reached before the spell; nothing if it is the first.
    latest_before: i128,
}

impl Calendar {
    /// The calendar for instants from `low` to `high`; the zone's name has been [checked](zone).
    pub(super) fn new(period: Period, tz: Option<&str>, (low, high): (i64, i64)) -> Result<Self> {
        let spells = match zone(tz)? {
            Some(zone) if period != Period::None => spells(&zone, low, high),
            _ => Vec::new(),
        };
        Ok(Self {
            period,
            spells: if spells.iter().all(|spell| spell.offset == 0) { Vec::new() } else { spells },
        })
    }

    /// The first and the last microsecond of the period around `time`, as far as an `i64` reaches.
    #[inline]
    pub(super) fn bounds(&self, time: i64) -> (i64, i64) {
        if self.spells.is_empty() { self.period.bounds(time) } else { self.bounds_in_zone(time) }
    }

    fn bounds_in_zone(&self, time: i64) -> (i64, i64) {
        let after = self.spells.partition_point(|spell| spell.start <= time);
        let spell = self.spells[after.saturating_sub(1)];
        let shown = (i128::from(time) + i128::from(spell.offset)).max(spell.latest_before);
        let day = shown.div_euclid(MICROSECONDS_PER_DAY.into()) as i64;
        let (first, next) = self.period.days(day);
        let start = self.reached(i128::from(first) * i128::from(MICROSECONDS_PER_DAY));
        let end = self.reached(i128::from(next) * i128::from(MICROSECONDS_PER_DAY)) - 1;
        (start.max(i64::MIN.into()) as i64, end.min(i64::MAX.into()) as i64)
    }

    /// The first instant at which a clock has shown this time or a later one.
    fn reached(&self, shown: i128) -> i128 {
        // The last spell before which it was not.
        let after = self.spells.partition_point(|spell| spell.latest_before < shown);
        let index = after.saturating_sub(1);
        let spell = self.spells[index];
        let instant = shown - i128::from(spell.offset);
        // A clock set forward may leap over it.
        if index == 0 { instant } else { instant.max(spell.start.into()) }
    }
}

/// The zone of this name; `None` for UTC.
///
/// # Errors
/// [`InvalidParameter`](crate::Error::InvalidParameter) for a name that the database does not have.
pub(super) fn zone(tz: Option<&str>) -> Result<Option<TimeZone>> {
    let Some(name) = tz else { return Ok(None) };
    match TimeZoneDatabase::bundled().get(name) {
        // The database has a name for no zone at all, too.
        Ok(zone) if !zone.is_unknown() => Ok(Some(zone)),
        _ => check::invalid("tz", name, "a name of the IANA time zone database such as Europe/Berlin"),
    }
}

/// The spells of a zone that periods of instants from `low` to `high` may touch.
fn spells(zone: &TimeZone, low: i64, high: i64) -> Vec<Spell> {
    // More than a month and a day.
    const MARGIN: i64 = 40 * MICROSECONDS_PER_DAY;
    let timestamp = |time: i64| {
        Timestamp::from_microsecond(time).unwrap_or(if time < 0 { Timestamp::MIN } else { Timestamp::MAX })
    };
    let (from, to) = (timestamp(low.saturating_sub(MARGIN)), timestamp(high.saturating_add(MARGIN)));

    let offset = |time: Timestamp| i64::from(zone.to_offset(time).seconds()) * 1_000_000;
    let mut spells = vec![Spell { start: i64::MIN, offset: offset(from), latest_before: i128::MIN }];
    for transition in zone.following(from).take_while(|transition| transition.timestamp() <= to) {
        let last = spells[spells.len() - 1];
        let (start, offset) =
            (transition.timestamp().as_microsecond(), i64::from(transition.offset().seconds()) * 1_000_000);
        if offset != last.offset {
            let latest_before = last.latest_before.max(i128::from(start) + i128::from(last.offset) - 1);
            spells.push(Spell { start, offset, latest_before });
        }
    }
    spells
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = MICROSECONDS_PER_DAY;
    const ALWAYS: (i64, i64) = (i64::MIN, i64::MAX);

    fn calendar(period: Period, tz: &str) -> Calendar {
        Calendar::new(period, Some(tz), ALWAYS).unwrap()
    }

    fn instant(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_microsecond()
    }

    /// The day around an instant, as it begins and ends.
    fn day(tz: &str, time: &str) -> [i64; 2] {
        let (start, end) = calendar(Period::Day, tz).bounds(instant(time));
        [start, end + 1]
    }

    #[test]
    fn days_are_those_of_the_zone() {
        let spring = day("Europe/Berlin", "2024-03-31T12:00:00Z");
        assert_eq!(spring, ["2024-03-30T23:00:00Z", "2024-03-31T22:00:00Z"].map(instant));
        let kathmandu = day("asia/KATHMANDU", "2024-01-01T18:14:59.999999Z");
        assert_eq!(kathmandu, ["2023-12-31T18:15:00Z", "2024-01-01T18:15:00Z"].map(instant));
        let (start, end) = calendar(Period::Month, "Europe/Berlin").bounds(instant("2024-03-31T22:00:00Z"));
        assert_eq!([start, end + 1], ["2024-03-31T22:00:00Z", "2024-04-30T22:00:00Z"].map(instant));
    }

    #[test]
    fn a_clock_that_leaps_over_midnight_begins_the_day_late() {
        // In Brazil from 00:00 to 01:00.
        let day_of_leap = day("America/Sao_Paulo", "2018-11-04T12:00:00Z");
        assert_eq!(day_of_leap, ["2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"].map(instant));
        // In Toronto from 23:30 to 00:30.
        let toronto = day("America/Toronto", "1919-03-31T12:00:00Z");
        assert_eq!(toronto, ["1919-03-31T04:30:00Z", "1919-04-01T04:00:00Z"].map(instant));
        // Samoa had no 30th of December.
        let samoa = day("Pacific/Apia", "2011-12-30T09:59:59.999999Z");
        assert_eq!(samoa, ["2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"].map(instant));
        assert_eq!(day("Pacific/Apia", "2011-12-30T10:00:00Z")[1], instant("2011-12-31T10:00:00Z"));
    }

    #[test]
    fn a_clock_set_back_over_midnight_does_not_split_the_day() {
        // In Newfoundland from 00:01 to 23:01.
        let second_evening = day("America/St_Johns", "2010-11-07T03:00:00Z");
        assert_eq!(second_evening, ["2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z"].map(instant));
        assert_eq!(day("America/St_Johns", "2010-11-07T02:29:59Z")[1], second_evening[0]);
    }

    #[test]
    fn periods_touch_wherever_they_lie() {
        let zones = ["Europe/Berlin", "Pacific/Apia", "America/St_Johns", "Africa/Cairo", "America/Juneau"];
        let mut times =
            vec![i64::MIN, i64::MIN + DAY, i64::MAX - DAY, i64::MAX, -70_000 * DAY, 4_000_000 * DAY];
        times.extend((-60_000..60_000).step_by(977).map(|hour| hour * DAY / 3));
        for tz in zones {
            for period in [Period::Day, Period::Week, Period::Month] {
                let calendar = calendar(period, tz);
                for &time in &times {
                    let (start, end) = calendar.bounds(time);
                    assert!(start <= time && time <= end, "{tz} {period:?} {time}");
                    assert_eq!((calendar.bounds(start), calendar.bounds(end)), ((start, end), (start, end)));
                    assert!(end == i64::MAX || calendar.bounds(end + 1).0 == end + 1);
                    assert!(start == i64::MIN || calendar.bounds(start - 1).1 == start - 1);
                    // The span that a calendar was made for plays no part.
                    let other = Calendar::new(period, Some(tz), (time, time)).unwrap();
                    assert_eq!(other.bounds(time), (start, end), "{tz} {period:?} {time}");
                }
            }
        }
    }

    #[test]
    fn utc_by_name_is_utc() {
        for tz in ["UTC", "utc", "Etc/UTC"] {
            let utc = Calendar::new(Period::Week, None, ALWAYS).unwrap();
            assert_eq!(calendar(Period::Week, tz), utc);
        }
    }
}
