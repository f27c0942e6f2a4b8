//! Customer rows.

use crate::convert::shown;
use crate::error::{Fallible, guarded};
use crate::options::{Options, wrong_type};
use crate::order_log::{AnsweredIds, IdKind, OrderLogArg, answered};
use crate::task::{self, blocking, followed};
use crate::time;
use loyalty_core::customers::{self, SummaryParams};
use loyalty_core::monitor::Monitor;
use napi::bindgen_prelude::{
    ClassInstance, Float64Array, FromNapiValue, JavaScriptClassExt, Object, ObjectFinalize, This, Undefined,
    Unknown,
};
use napi::{Env, ValueType};
use napi_derive::napi;
use std::cell::RefCell;
use std::slice;

/// One row a customer, ascending by id. All columns have the same length; they are the `rows` of {@link Rfm.fit}.
#[napi(object, object_from_js = false)]
pub struct Customers {
    /// Who, made of what the log's ids were made of: texts (in the order of their bytes in UTF-8) as texts; an Int32Array or
    /// one of smaller integers as Int32Array; BigInts, a BigInt64Array or a BigUint64Array as BigInt64Array; other numbers as
    /// numbers.
    #[napi(ts_type = "CustomerIds")]
    pub ids: AnsweredIds,
    /// Purchases, after merging.
    pub n_purchases: Float64Array,
    /// Sum of all amounts, refunds included unless ignored; the exact sum, rounded once.
    pub total_amount: Float64Array,
    /// `totalAmount / nPurchases`.
    pub mean_amount: Float64Array,
    /// Time of the earliest order: milliseconds since 1970, microseconds as their fraction.
    pub first_time: Float64Array,
    /// Time of the latest order: milliseconds since 1970, microseconds as their fraction.
    pub last_time: Float64Array,
    /// Days from `lastTime` to `asOf`, with their fraction.
    pub recency_days: Float64Array,
    /// Days from `firstTime` to `asOf`, with their fraction.
    pub tenure_days: Float64Array,
    /// Repeat purchases: `nPurchases − 1`.
    pub frequency: Float64Array,
    /// From the first purchase to the last, in the time unit: 0 without a repeat purchase.
    pub t_x: Float64Array,
    /// From the first purchase to `asOf`, in the time unit.
    pub t: Float64Array,
    /// Sum of all amounts outside the first purchase, divided by `frequency`; 0 without a repeat purchase.
    pub repeat_mean_amount: Float64Array,
    /// The moment of the summary: milliseconds since 1970, microseconds as their fraction.
    pub as_of: f64,
    /// What became of every row of the log.
    pub counts: RowCounts,
}

impl Customers {
    /// The rows of a log whose ids were of this kind.
    pub(crate) fn new(customers: customers::Customers, kind: Option<IdKind>) -> Fallible<Self> {
        Ok(Self {
            ids: answered(customers.ids, kind)?,
            n_purchases: counts(&customers.n_purchases),
            total_amount: customers.total_amount.into(),
            mean_amount: customers.mean_amount.into(),
            first_time: moments(&customers.first_time),
            last_time: moments(&customers.last_time),
            recency_days: customers.recency_days.into(),
            tenure_days: customers.tenure_days.into(),
            frequency: counts(&customers.frequency),
            t_x: customers.t_x.into(),
            t: customers.t.into(),
            repeat_mean_amount: customers.repeat_mean_amount.into(),
            as_of: time::to_millis(customers.as_of),
            counts: customers.counts.into(),
        })
    }
}

/// Counts, of which none is above 2^53.
fn counts(counts: &[u64]) -> Float64Array {
    counts.iter().map(|&count| count as f64).collect::<Vec<_>>().into()
}

fn moments(micros: &[i64]) -> Float64Array {
    micros.iter().map(|&micros| time::to_millis(micros)).collect::<Vec<_>>().into()
}

/// What became of the rows of a log. Each counts once, under the first of the reasons that applies: `rows` is the sum of all
/// others but the last.
#[napi(object, object_from_js = false)]
pub struct RowCounts {
    /// All rows.
    pub rows: f64,
    /// Rows that are part of some customer's summary.
    pub counted: f64,
    /// Dropped: the customer's id is null.
    pub null_id: f64,
    /// Dropped: the time is null.
    pub null_time: f64,
    /// Dropped: the amount is NaN or infinite.
    pub non_finite_amount: f64,
    /// Left out: a refund, and refunds are ignored.
    pub refund_ignored: f64,
    /// Left out: later than `asOf`.
    pub after_as_of: f64,
    /// Left out: refunds of a customer who has no purchase up to `asOf`.
    pub without_purchase: f64,
    /// Customers of the log, dropped rows aside, who have no purchase up to `asOf` and so no row in the summary.
    pub customers_without_purchase: f64,
}

impl From<customers::RowCounts> for RowCounts {
    fn from(counts: customers::RowCounts) -> Self {
        Self {
            rows: counts.rows as f64,
            counted: counts.counted as f64,
            null_id: counts.null_id as f64,
            null_time: counts.null_time as f64,
            non_finite_amount: counts.non_finite_amount as f64,
            refund_ignored: counts.refund_ignored as f64,
            after_as_of: counts.after_as_of as f64,
            without_purchase: counts.without_purchase as f64,
            customers_without_purchase: counts.customers_without_purchase as f64,
        }
    }
}

fn params(mut options: Options<'_>) -> Fallible<SummaryParams> {
    let n_threads = options.take_n_threads()?;
    Ok(options.specification::<SummaryParams>()?.n_threads(n_threads))
}

/// One row a customer from an order log.
///
/// For the purchases of a customer at times τ₁ < … < τₙ ≤ `asOf`, amounts summed exactly: frequency = n − 1, tX = τₙ − τ₁, t
/// = `asOf` − τ₁. The rows of one customer with the same `order` are one order, at the time of its first purchase line;
/// without that column each row is an order. Orders of one customer in the same `period` are one purchase. Rows after `asOf`
/// do not count.
///
/// @param log Columns of the same length, one value a row of the log, in any order. A typed array of 64-bit numbers is read where
/// it is.
/// @throws {LoyaltyError} INVALID_PARAMETER, INVALID_TYPE, INVALID_VALUE, SHAPE_MISMATCH, NON_FINITE, TOO_FEW_ROWS; DEGENERATE for a
/// customer whose total is beyond the largest float
///
/// Source: Fader, Hardie and Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24, section 2.
///
/// @example
/// ```js
/// const day = (n) => new Date(Date.UTC(1998, 5, n))
/// const log = {
///   customer: ['ann', 'bob', 'ann', 'ann'],
///   time: [day(1), day(3), day(3), day(3)],
///   amount: [10, 5, 20, -2.5],
/// }
/// const rows = summarize(log, { asOf: day(11) })
/// rows.ids // ['ann', 'bob']
/// rows.nPurchases // Float64Array [2, 1]
/// rows.totalAmount // Float64Array [27.5, 5]
/// rows.recencyDays // Float64Array [8, 8]
/// ```
#[napi(ts_args_type = "log: OrderLog, options?: SummaryOptions")]
pub fn summarize(env: &Env, log: Unknown<'_>, options: Unknown<'_>) -> napi::Result<Customers> {
    guarded(env, || {
        let options = blocking(options)?;
        let params = params(options)?;
        let log = OrderLogArg::new("log", log, false)?;
        let view = log.view()?;
        Customers::new(customers::summarize(&view.transactions(), &params)?, log.id_kind())
    })
}

/// As {@link summarize}, on threads of its own.
#[napi(
    ts_args_type = "log: OrderLog, options?: SummaryOptions & TaskOptions",
    ts_return_type = "Promise<Customers>"
)]
pub fn summarize_async<'env>(
    env: &'env Env,
    log: Unknown<'env>,
    options: Unknown<'env>,
) -> napi::Result<Object<'env>> {
    task::start(env, || {
        let (control, options) = followed(options)?;
        let params = params(options)?;
        let log = OrderLogArg::new("log", log, false)?;
        let kind = log.id_kind();
        let log = log.copied()?;
        let work = move |monitor: &mut Monitor<'_>| {
            let view = log.view();
            customers::summarize_with(slice::from_ref(&view.transactions()), &params, monitor)
        };
        Ok((control, work, move |_: &Env, rows| Customers::new(rows, kind)))
    })
}

/// An order log taken in batches, and merged with others.
///
/// The result is that of {@link summarize} over all rows at once, to the bit, in whatever order they came. It keeps 20 bytes
/// a row (24 where there are orders) and each distinct id once. A call that fails leaves it as it was.
///
/// @example
/// ```js
/// const [january, february] = [new Accumulator(), new Accumulator()]
/// january.update({ customer: [1, 2], time: [Date.UTC(1998, 0, 1), Date.UTC(1998, 0, 5)], amount: [9, 4] })
/// february.update({ customer: [1], time: [Date.UTC(1998, 1, 10)], amount: [3] })
/// january.merge(february)
/// january.finish().totalAmount // Float64Array [12, 4]
/// january.nextPurchase(Date.UTC(1998, 1, 1)).nextPurchase // Float64Array [Date.UTC(1998, 1, 10), NaN]
/// ```
#[napi(custom_finalize)]
pub struct Accumulator(RefCell<Taken>);

/// What an accumulator has taken.
struct Taken {
    rows: customers::Accumulator,
    /// The widest kind of the ids so far.
    kind: Option<IdKind>,
    /// What the garbage collector was told of.
    bytes: i64,
}

/// Whose next purchases.
#[napi(object, object_from_js = false)]
pub struct NextPurchases {
    /// The customers with a purchase up to the moment.
    pub customers: Customers,
    /// The time of the first order of each after it, in milliseconds since 1970, microseconds as their fraction; NaN where
    /// there is none.
    pub next_purchase: Float64Array,
}

/// What customers spent.
#[napi(object, object_from_js = false)]
pub struct PurchaseTotals {
    /// The customers with a purchase up to the start.
    pub customers: Customers,
    /// The sum of each one's amounts in the time that followed; 0 without any.
    pub purchase_total: Float64Array,
}

#[napi]
impl Accumulator {
    /// Without rows.
    ///
    /// @throws {LoyaltyError} INVALID_PARAMETER or INVALID_TYPE
    #[napi(constructor, ts_args_type = "options?: SummaryOptions")]
    pub fn new(env: &Env, this: This<'_>, options: Unknown<'_>) -> napi::Result<Self> {
        guarded(env, || {
            // Called without `new` it would be made of the global object.
            if !Self::instance_of(env, &this.object)? {
                return wrong_type("this", "no new Accumulator", "one: write new Accumulator(…)");
            }
            let options = blocking(options)?;
            let rows = customers::Accumulator::new(params(options)?)?;
            Ok(Self(RefCell::new(Taken { rows, kind: None, bytes: 0 })))
        })
    }

    /// Takes a batch of rows.
    ///
    /// The lines of one order may be in different batches. Of ids that were Int32Arrays in one batch, numbers or BigInts in
    /// another, the answers' are of the widest of these.
    ///
    /// @throws {LoyaltyError} as {@link summarize}, rows counted within the batch; SHAPE_MISMATCH for texts after numbers, too
    #[napi(ts_args_type = "log: OrderLog")]
    pub fn update(&self, env: &Env, log: Unknown<'_>) -> napi::Result<Undefined> {
        guarded(env, || {
            let mut log = OrderLogArg::new("log", log, false)?;
            // From here on no code of the caller runs.
            let mut taken = self.0.borrow_mut();
            log.assume_kind(taken.kind);
            let view = log.view()?;
            let rows = view.transactions();
            if log.id_kind().is_none() && rows.time.is_empty() {
                // It has no ids to say of which kind they are, so those that follow may be of any.
                taken.rows.clone().update(&rows)?;
                return Ok(());
            }
            taken.rows.update(&rows)?;
            taken.kind = taken.kind.max(log.id_kind());
            let bytes = bytes(&rows);
            taken.bytes += bytes;
            env.adjust_external_memory(bytes)?;
            Ok(())
        })
    }

    /// Takes all rows of another accumulator, which keeps them.
    ///
    /// @throws {LoyaltyError} INVALID_PARAMETER if an option differs, SHAPE_MISMATCH if one has texts and one numbers as ids
    #[napi(ts_args_type = "other: Accumulator")]
    pub fn merge(&self, env: &Env, other: Unknown<'_>) -> napi::Result<Undefined> {
        guarded(env, || {
            let Ok(other) = ClassInstance::<Self>::from_unknown(other) else {
                return wrong_type("other", &shown(other), "an Accumulator");
            };
            // It may be this one.
            let (theirs, kind, bytes) = {
                let other = other.0.borrow();
                (other.rows.clone(), other.kind, other.bytes)
            };
            let mut taken = self.0.borrow_mut();
            taken.rows.merge(theirs)?;
            taken.kind = taken.kind.max(kind);
            taken.bytes += bytes;
            env.adjust_external_memory(bytes)?;
            Ok(())
        })
    }

    /// One row a customer at a moment; more rows may follow.
    ///
    /// @param asOf The option `asOf` if left out, and failing that the latest time.
    /// @throws {LoyaltyError} INVALID_TYPE or INVALID_PARAMETER for what is no moment, TOO_FEW_ROWS without a row and a moment,
    /// DEGENERATE for a total beyond the largest float
    #[napi(ts_args_type = "asOf?: Moment")]
    pub fn finish(&self, env: &Env, as_of: Unknown<'_>) -> napi::Result<Customers> {
        guarded(env, || {
            let given = as_of.get_type()? != ValueType::Undefined;
            let as_of = given.then(|| time::micros("asOf", as_of)).transpose()?;
            let taken = self.0.borrow();
            Customers::new(taken.rows.finish(as_of)?, taken.kind)
        })
    }

    /// When each customer of a moment bought next: what churn labels are made from.
    ///
    /// An order that began up to `after` is not counted, whatever the time of its later lines; periods play no part.
    ///
    /// @throws {LoyaltyError} as {@link Accumulator.finish}
    #[napi(ts_args_type = "after: Moment")]
    pub fn next_purchase(&self, env: &Env, after: Unknown<'_>) -> napi::Result<NextPurchases> {
        guarded(env, || {
            let after = time::micros("after", after)?;
            let taken = self.0.borrow();
            let customers = taken.rows.finish(Some(after))?;
            let next = taken.rows.next_purchase(&customers, after);
            let next: Vec<f64> = next.into_iter().map(time::to_millis_or_nan).collect();
            Ok(NextPurchases {
                customers: Customers::new(customers, taken.kind)?,
                next_purchase: next.into(),
            })
        })
    }

    /// What each customer of a moment spent in the time that followed: amounts after `start` and up to `end`, refunds
    /// included unless ignored.
    ///
    /// @throws {LoyaltyError} as {@link Accumulator.finish}
    #[napi(ts_args_type = "start: Moment, end: Moment")]
    pub fn purchase_totals(
        &self,
        env: &Env,
        start: Unknown<'_>,
        end: Unknown<'_>,
    ) -> napi::Result<PurchaseTotals> {
        guarded(env, || {
            let (start, end) = (time::micros("start", start)?, time::micros("end", end)?);
            let taken = self.0.borrow();
            let customers = taken.rows.finish(Some(start))?;
            let totals = taken.rows.purchase_totals(&customers, start, end)?;
            Ok(PurchaseTotals {
                customers: Customers::new(customers, taken.kind)?,
                purchase_total: totals.into(),
            })
        })
    }

    /// The earliest time of all rows taken, dropped ones aside, in milliseconds since 1970; null without any.
    #[napi]
    pub fn earliest_time(&self, env: &Env) -> napi::Result<Option<f64>> {
        guarded(env, || Ok(self.0.borrow().rows.earliest_time().map(time::to_millis)))
    }

    /// The latest time of all rows taken, dropped ones aside, in milliseconds since 1970; null without any.
    #[napi]
    pub fn latest_time(&self, env: &Env) -> napi::Result<Option<f64>> {
        guarded(env, || Ok(self.0.borrow().rows.latest_time().map(time::to_millis)))
    }
}

impl ObjectFinalize for Accumulator {
    fn finalize(self, env: Env) -> napi::Result<()> {
        env.adjust_external_memory(-self.0.borrow().bytes).map(drop)
    }
}

/// What an accumulator keeps of these rows; their ids, each of them kept once, are mostly fewer.
fn bytes(rows: &customers::Transactions<'_>) -> i64 {
    let numbers = if rows.order.is_some() { 2 } else { 1 };
    (rows.time.len() * (size_of::<i64>() + size_of::<f64>() + numbers * size_of::<u32>())) as i64
}
