//! Rows to learn from and rows to judge by.

use super::classes::{Classes, Column, encoded};
use crate::convert::{count, number, whole};
use crate::error::{Failure, Fallible, guarded};
use crate::options::Options;
use loyalty_core::metrics;
use loyalty_core::{Error, Result};
use napi::Env;
use napi::bindgen_prelude::{ObjectFinalize, Uint32Array, Unknown};
use napi_derive::napi;

/// Row numbers to train on and to test on, each ascending; every row is in one of the two.
#[napi(object, object_from_js = false)]
pub struct Split {
    /// The rows to fit to.
    pub train: Uint32Array,
    /// The rows to judge by.
    pub test: Uint32Array,
}

impl From<metrics::Split> for Split {
    fn from(split: metrics::Split) -> Self {
        let rows = |rows: Vec<usize>| rows.into_iter().map(|row| row as u32).collect::<Vec<_>>().into();
        Self { train: rows(split.train), test: rows(split.test) }
    }
}

/// Folds of rows, to be iterated: for each the split that tests on it and trains on the others, made when it is asked for.
///
/// @example
/// ```js
/// for (const { train, test } of metrics.kFolds(10, 3, { seed: 7 })) console.log(train.length, test.length)
/// ```
#[napi(custom_finalize)]
pub struct Folds(metrics::Folds);

impl Folds {
    /// The folds of the rows, which are the bulk of it, are made known to the garbage collector.
    fn new(env: &Env, folds: metrics::Folds) -> Fallible<Self> {
        env.adjust_external_memory(size_of_val(folds.fold_of_row()) as i64)?;
        Ok(Self(folds))
    }
}

impl ObjectFinalize for Folds {
    fn finalize(self, env: Env) -> napi::Result<()> {
        env.adjust_external_memory(-(size_of_val(self.0.fold_of_row()) as i64)).map(drop)
    }
}

#[napi]
impl Folds {
    /// How many folds there are.
    #[napi(getter)]
    pub fn n_splits(&self) -> f64 {
        self.0.n_splits() as f64
    }

    /// The fold of each row, below `nSplits`: the one split whose test part it is in.
    #[napi(getter)]
    pub fn fold_of_row(&self) -> Uint32Array {
        self.0.fold_of_row().to_vec().into()
    }

    /// The split that tests on the fold of this index, from 0.
    ///
    /// @throws {LoyaltyError} INVALID_PARAMETER for an index past the last fold
    #[napi(ts_args_type = "index: number")]
    pub fn split(&self, env: &Env, index: Unknown<'_>) -> napi::Result<Split> {
        guarded(env, || Ok(self.0.split(count("index", index)?)?.into()))
    }
}

/// The options of a split, and its classes as the core takes them.
struct Splitting {
    stratify: Option<(Classes, Vec<u32>)>,
    seed: u64,
}

impl Splitting {
    fn new(options: Unknown<'_>) -> Fallible<Self> {
        let mut options = Options::new("options", options)?;
        let (stratify, seed) = (options.take("stratify"), options.take("seed"));
        options.finish()?;
        let stratify = stratify.map(|classes| {
            let (classes, [codes]) = encoded([&Column::new("stratify", classes)?])?;
            Ok::<_, Failure>((classes, codes))
        });
        // The core has no seed of its own here; 0 is that of its specifications.
        let seed = seed.map_or(Ok(0), |seed| whole("seed", seed))?;
        Ok(Self { stratify: stratify.transpose()?, seed })
    }

    /// What the core's function makes of it; its errors name the classes as the caller has them.
    fn made<T>(&self, make: impl FnOnce(Option<&[u32]>, u64) -> Result<T>) -> Fallible<T> {
        let codes = self.stratify.as_ref().map(|(_, codes)| codes.as_slice());
        Ok(make(codes, self.seed).map_err(|mut error| {
            if let (Error::Degenerate { reason, .. }, Some((classes, _))) = (&mut error, &self.stratify)
                && let Some((code, rest)) =
                    reason.strip_prefix("class ").and_then(|rest| rest.split_once(' '))
                && let Ok(code) = code.parse()
            {
                *reason = format!("class {} {rest}", classes.text(code)).into();
            }
            error
        })?)
    }
}

/// Splits rows at random into a training and a test part.
///
/// The test part has ⌈testShare · nRows⌉ rows. With `stratify` each class is split in the same proportion: the parts of a row
/// that the classes are owed go to those with the largest remainders (ties to the lower label). The same seed gives the same
/// split on every machine, in Rust and in Python.
///
/// @param nRows The number of rows, 2 to 10⁹.
/// @param testShare The share of the test part, above 0 and below 1.
/// @throws {LoyaltyError} fewer than 2 rows, or more than there is memory for; a share that is out of range or leaves no row to
/// train; with `stratify`: a length other than `nRows`, DEGENERATE for a class of a single row, or fewer rows in a part than
/// there are classes
/// @example
/// ```js
/// const churned = [true, false, false, false, true, false, false, false]
/// const { train, test } = metrics.trainTestSplit(8, 0.25, { stratify: churned, seed: 7 })
/// test.length // 2
/// ```
#[napi(namespace = "metrics", ts_args_type = "nRows: number, testShare: number, options?: SplitOptions")]
pub fn train_test_split(
    env: &Env,
    n_rows: Unknown<'_>,
    test_share: Unknown<'_>,
    options: Unknown<'_>,
) -> napi::Result<Split> {
    guarded(env, || {
        let (n_rows, test_share) = (count("nRows", n_rows)?, number("testShare", test_share)?);
        let split =
            |classes: Option<&[u32]>, seed| metrics::train_test_split(n_rows, test_share, classes, seed);
        Ok(Splitting::new(options)?.made(split)?.into())
    })
}

/// Splits rows at random into `nSplits` folds, to test on each in turn and train on the others.
///
/// The folds' sizes differ by one at most. With `stratify` so do the numbers of each class in the folds; a class with fewer
/// rows than folds is missing from some. The same seed gives the same folds on every machine, in Rust and in Python.
///
/// @param nRows The number of rows, 2 to 10⁹.
/// @param nSplits The number of folds, at least 2 and at most `nRows`.
/// @throws {LoyaltyError} fewer than 2 rows, or more than there is memory for; `nSplits` out of range; with `stratify`: a
/// length other than `nRows`, or DEGENERATE if every class has fewer than `nSplits` rows, as in scikit-learn
/// @example
/// ```js
/// for (const { train, test } of metrics.kFolds(10, 3, { seed: 7 })) console.log(train.length, test.length) // 6 4, 7 3, 7 3
/// ```
#[napi(namespace = "metrics", ts_args_type = "nRows: number, nSplits: number, options?: SplitOptions")]
pub fn k_folds(
    env: &Env,
    n_rows: Unknown<'_>,
    n_splits: Unknown<'_>,
    options: Unknown<'_>,
) -> napi::Result<Folds> {
    guarded(env, || {
        let (n_rows, n_splits) = (count("nRows", n_rows)?, count("nSplits", n_splits)?);
        let folds = |classes: Option<&[u32]>, seed| metrics::k_folds(n_rows, n_splits, classes, seed);
        Folds::new(env, Splitting::new(options)?.made(folds)?)
    })
}
