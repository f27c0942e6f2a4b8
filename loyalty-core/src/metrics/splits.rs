//! Rows to learn from and rows to judge by.

use crate::check;
use crate::error::{Error, Result};
use crate::numeric::rng::Rng;

/// The folds at the most: each takes memory for all rows.
const MAX_SPLITS: usize = 1000;

/// Row numbers to train on and to test on, each ascending; every row is in one of the two.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Split {
    /// The rows to fit to.
    pub train: Vec<usize>,
    /// The rows to judge by.
    pub test: Vec<usize>,
}

/// Splits rows at random into a training and a test part.
///
/// The test part has ⌈test_share · n_rows⌉ rows. With `stratify`, one class a row, each class is split in the same
/// proportion: the parts of a row that the classes are owed go to those with the largest remainders (ties to the lower label).
///
/// `n_rows` is the number of rows; `test_share` lies between 0 and 1, both excluded; `seed` may be any number, and the same
/// one gives the same split on every machine.
///
/// # Errors
/// Fewer than 2 rows; a share that is out of range or leaves no row to train; with `stratify`: a length other than `n_rows`,
/// [`Error::Degenerate`] for a class of a single row, or fewer rows in a part than there are classes.
///
/// ```
/// use loyalty_core::metrics::train_test_split;
/// let churned = [1, 0, 0, 0, 1, 0, 0, 0];
/// let split = train_test_split(8, 0.25, Some(&churned), 7)?;
/// assert_eq!((split.train.len(), split.test.len()), (6, 2));
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn train_test_split(
    n_rows: usize,
    test_share: f64,
    stratify: Option<&[u32]>,
    seed: u64,
) -> Result<Split> {
    let mut rng = Rng::new(seed);
    let strata = checked_strata(n_rows, stratify, &mut rng)?;
    if !(test_share > 0.0 && test_share < 1.0) {
        return check::invalid("test_share", test_share, "above 0 and below 1");
    }
    let n_test = (test_share * n_rows as f64).ceil() as usize;
    if n_test >= n_rows {
        return check::invalid("test_share", test_share, "small enough to leave a row to train");
    }
    if stratify.is_some() {
        if let Some(class) = strata.iter().find(|class| class.rows.len() < 2) {
            return too_small(format!("class {} has a single row; each needs at least 2", class.label));
        }
        if n_test.min(n_rows - n_test) < strata.len() {
            let must =
                format!("such that both parts have at least {} rows, one for each class", strata.len());
            return check::invalid("test_share", test_share, must);
        }
    }
    let mut is_test = vec![false; n_rows];
    for (class, quota) in strata.iter().zip(quotas(&strata, n_rows, n_test)) {
        class.rows[..quota].iter().for_each(|&row| is_test[row] = true);
    }
    Ok(Split::of(n_rows, |row| is_test[row]))
}

/// Splits rows at random into `n_splits` folds and gives, for each, the split that tests on it and trains on the others.
///
/// Every row is in the test part of exactly one split, and the folds' sizes differ by one at most. With `stratify`, one class
/// a row, so do the numbers of each class in the folds; a class with fewer rows than folds is missing from some.
///
/// `n_rows` is the number of rows; `n_splits` is 2 to 1,000 and at most `n_rows`; `seed` may be any number, and the same one
/// gives the same folds on every machine.
///
/// # Errors
/// Fewer than 2 rows; `n_splits` out of range; with `stratify`: a length other than `n_rows`, or [`Error::Degenerate`] if
/// every class has fewer than `n_splits` rows, as in scikit-learn.
///
/// ```
/// use loyalty_core::metrics::k_folds;
/// let folds = k_folds(10, 3, None, 7)?;
/// assert_eq!(folds.iter().map(|fold| fold.test.len()).collect::<Vec<_>>(), [4, 3, 3]);
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn k_folds(n_rows: usize, n_splits: usize, stratify: Option<&[u32]>, seed: u64) -> Result<Vec<Split>> {
    let mut rng = Rng::new(seed);
    let strata = checked_strata(n_rows, stratify, &mut rng)?;
    check::count_within("n_splits", n_splits, 2..=n_rows.min(MAX_SPLITS))?;
    if strata.iter().all(|class| class.rows.len() < n_splits) {
        return too_small(format!("no class has {n_splits} rows, one for each fold"));
    }
    // Dealt out class by class, so both the folds and each class in them come out even.
    let mut fold_of = vec![0; n_rows];
    for (place, &row) in strata.iter().flat_map(|class| &class.rows).enumerate() {
        fold_of[row] = place % n_splits;
    }
    Ok((0..n_splits).map(|fold| Split::of(n_rows, |row| fold_of[row] == fold)).collect())
}

impl Split {
    fn of(n_rows: usize, is_test: impl Fn(usize) -> bool) -> Self {
        let (test, train) = (0..n_rows).partition(|&row| is_test(row));
        Self { train, test }
    }
}

/// The rows of one class, in random order.
struct Stratum {
    label: u32,
    rows: Vec<usize>,
}

/// The classes by ascending label; all rows as one where none are given.
fn checked_strata(n_rows: usize, stratify: Option<&[u32]>, rng: &mut Rng) -> Result<Vec<Stratum>> {
    check::at_least_rows("n_rows", n_rows, 2)?;
    // More rows than this are no data of one machine, and their numbers would not fit its memory.
    check::count_within("n_rows", n_rows, 2..=u32::MAX as usize)?;
    let label = |row: usize| stratify.map_or(0, |labels| labels[row]);
    if let Some(labels) = stratify {
        check::same_rows("stratify", labels.len(), n_rows)?;
    }
    let mut order: Vec<usize> = (0..n_rows).collect();
    order.sort_by_key(|&row| label(row));
    Ok(order
        .chunk_by_mut(|&a, &b| label(a) == label(b))
        .map(|rows| {
            rng.shuffle(rows);
            Stratum { label: label(rows[0]), rows: rows.to_vec() }
        })
        .collect())
}

/// How many of `wanted` of all `n_rows` rows each class gives: its proportional part, by largest remainders.
fn quotas(strata: &[Stratum], n_rows: usize, wanted: usize) -> Vec<usize> {
    let owed = |class: usize| strata[class].rows.len() as u128 * wanted as u128;
    let mut quotas: Vec<usize> =
        (0..strata.len()).map(|class| (owed(class) / n_rows as u128) as usize).collect();
    let missing = wanted - quotas.iter().sum::<usize>();
    let mut by_remainder: Vec<usize> = (0..strata.len()).collect();
    by_remainder.sort_by_key(|&class| std::cmp::Reverse(owed(class) % n_rows as u128));
    by_remainder[..missing].iter().for_each(|&class| quotas[class] += 1);
    quotas
}

fn too_small<T>(reason: String) -> Result<T> {
    Err(Error::Degenerate { name: "stratify".into(), reason: reason.into() })
}
