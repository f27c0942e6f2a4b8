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
