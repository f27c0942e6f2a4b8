//! The figures of a customer whose rows are orders, as they come.

use super::summary::Figures;
use crate::numeric::sum::RunningSum;

/// What is known of one customer: 48 bytes, updated without a branch on what the row holds, so that a row need not wait
/// for the one before it.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(super) struct Tally {
    n_purchases: u64,
    first_time: i64,
    /// The smallest, if several purchases are the first.
    first_amount: f64,
    last_time: i64,
    sum: RunningSum,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            n_purchases: 0,
            first_time: i64::MAX,
            first_amount: f64::INFINITY,
            last_time: i64::MIN,
            sum: RunningSum::default(),
        }
    }
}

impl Tally {
    #[inline]
    pub(super) fn add(&mut self, time: i64, amount: f64) {
        let purchase = amount >= 0.0;
        let earlier = time < self.first_time;
        let smaller = (time == self.first_time) & (amount < self.first_amount);
        let first = purchase & (earlier | smaller);
        let later = purchase & (time > self.last_time);

        self.sum.add(amount);
        self.n_purchases += u64::from(purchase);
        self.first_time = if first { time } else { self.first_time };
        self.first_amount = if first { amount } else { self.first_amount };
        self.last_time = if later { time } else { self.last_time };
    }

    /// Reads the whole of it, to have it fetched.
    #[inline]
    pub(super) fn touch(&self) -> u64 {
        self.n_purchases ^ self.sum.touch()
    }

    /// With a total of NaN if the sums have lost a bit.
    pub(super) fn figures(self) -> Figures {
        let Self { n_purchases, first_time, first_amount, last_time, sum } = self;
        if n_purchases == 0 {
            return Figures::without_purchase(sum != RunningSum::default());
        }
        let mut rest = sum;
        rest.add(-first_amount);
        let (total, rest) = match (sum.exact(), rest.exact()) {
            (Some(total), _) if n_purchases == 1 => (total, 0.0),
            (Some(total), Some(rest)) => (total, rest),
            _ => (f64::NAN, f64::NAN),
        };
        Figures { n_purchases, first_time, last_time, last_purchase: last_time, total, rest }
    }
}
