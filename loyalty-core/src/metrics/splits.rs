//! Rows to learn from and rows to judge by.

use crate::check;
use crate::error::{Error, Result};
use crate::numeric::rng::Rng;

/// More rows than this are no data of one machine.
const MAX_ROWS: usize = 1_000_000_000;

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
/// `n_rows` is the number of rows, up to 10⁹; `test_share` lies between 0 and 1, both excluded; `seed` may be any number, and the same
/// one gives the same split on every machine.
///
/// # Errors
/// Fewer than 2 rows, or more than there is memory for; a share that is out of range or leaves no row to train; with `stratify`: a length other than `n_rows`,
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
    let order = shuffled_by_class(n_rows, stratify, seed)?;
    if !(test_share > 0.0 && test_share < 1.0) {
        return check::invalid("test_share", test_share, "above 0 and below 1");
    }
    let n_test = (test_share * n_rows as f64).ceil() as usize;
    if n_test >= n_rows {
        return check::invalid("test_share", test_share, "small enough to leave a row to train");
    }
    let classes = classes(&order, stratify);
    if let Some(labels) = stratify {
        if let Some(class) = classes.iter().find(|class| class.len() < 2) {
            let label = labels[class[0] as usize];
            return too_small(format!("class {label} has a single row; each needs at least 2"));
        }
        if n_test.min(n_rows - n_test) < classes.len() {
            let must =
                format!("such that both parts have at least {} rows, one for each class", classes.len());
            return check::invalid("test_share", test_share, must);
        }
    }
    let mut is_test = reserved(n_rows)?;
    is_test.resize(n_rows, false);
    for (class, quota) in classes.iter().zip(quotas(&classes, n_rows, n_test)) {
        class[..quota].iter().for_each(|&row| is_test[row as usize] = true);
    }
    Split::of(n_rows, n_test, |row| is_test[row])
}

/// Splits rows at random into `n_splits` folds, to test on each in turn and train on the others.
///
/// The folds' sizes differ by one at most. With `stratify`, one class a row, so do the numbers of each class in the folds; a
/// class with fewer rows than folds is missing from some.
///
/// `n_rows` is the number of rows, up to 10⁹; `n_splits` is at least 2 and at most `n_rows`; `seed` may be any number, and the
/// same one gives the same folds on every machine.
///
/// # Errors
/// Fewer than 2 rows, or more than there is memory for; `n_splits` out of range; with `stratify`: a length other than `n_rows`,
/// or [`Error::Degenerate`] if every class has fewer than `n_splits` rows, as in scikit-learn.
///
/// ```
/// use loyalty_core::metrics::k_folds;
/// let folds = k_folds(10, 3, None, 7)?;
/// let first = folds.split(0)?;
/// assert_eq!((folds.n_splits(), first.train.len(), first.test.len()), (3, 6, 4));
/// # Ok::<(), loyalty_core::Error>(())
/// ```
pub fn k_folds(n_rows: usize, n_splits: usize, stratify: Option<&[u32]>, seed: u64) -> Result<Folds> {
    let order = shuffled_by_class(n_rows, stratify, seed)?;
    check::count_within("n_splits", n_splits, 2..=n_rows)?;
    if classes(&order, stratify).iter().all(|class| class.len() < n_splits) {
        return too_small(format!("no class has {n_splits} rows, one for each fold"));
    }
    // Dealt out class by class, so both the folds and each class in them come out even.
    let mut fold_of_row = reserved(n_rows)?;
    fold_of_row.resize(n_rows, 0);
    for (&row, fold) in order.iter().zip((0..n_splits as u32).cycle()) {
        fold_of_row[row as usize] = fold;
    }
    Ok(Folds { fold_of_row, n_splits })
}

/// Folds of rows: for each the split that tests on it and trains on the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folds {
    fold_of_row: Vec<u32>,
    n_splits: usize,
}

impl Folds {
    /// How many folds there are.
    pub fn n_splits(&self) -> usize {
        self.n_splits
    }

    /// The fold of each row, below `n_splits`: the one split whose test part it is in.
    pub fn fold_of_row(&self) -> &[u32] {
        &self.fold_of_row
    }

    /// The split that tests on the fold `index`, counted from 0.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for an `index` past the last fold, or if there is no memory for the answer.
    pub fn split(&self, index: usize) -> Result<Split> {
        check::count_within("index", index, 0..=self.n_splits - 1)?;
        let is_test = |row: usize| self.fold_of_row[row] as usize == index;
        let n_rows = self.fold_of_row.len();
        Split::of(n_rows, (0..n_rows).filter(|&row| is_test(row)).count(), is_test)
    }
}

impl Split {
    fn of(n_rows: usize, n_test: usize, is_test: impl Fn(usize) -> bool) -> Result<Self> {
        let mut split = Self { train: reserved(n_rows - n_test)?, test: reserved(n_test)? };
        for row in 0..n_rows {
            let part = if is_test(row) { &mut split.test } else { &mut split.train };
            part.push(row);
        }
        Ok(split)
    }
}

/// Memory for `n_rows` values. The number of rows is given without data, and may be beyond what the machine has.
fn reserved<T>(n_rows: usize) -> Result<Vec<T>> {
    let mut values = Vec::new();
    match values.try_reserve_exact(n_rows) {
        Ok(()) => Ok(values),
        Err(_) => check::invalid("n_rows", n_rows, "small enough for the memory at hand"),
    }
}

/// All rows, class by class in ascending order of labels, each class in random order.
fn shuffled_by_class(n_rows: usize, stratify: Option<&[u32]>, seed: u64) -> Result<Vec<u32>> {
    check::at_least_rows("n_rows", n_rows, 2)?;
    check::count_within("n_rows", n_rows, 2..=MAX_ROWS)?;
    let mut order = reserved(n_rows)?;
    order.extend(0..n_rows as u32);
    let mut rng = Rng::new(seed);
    match stratify {
        None => rng.shuffle(&mut order),
        Some(labels) => {
            check::same_rows("stratify", labels.len(), n_rows)?;
            let label = |row: u32| labels[row as usize];
            order.sort_by_key(|&row| label(row));
            order.chunk_by_mut(|&a, &b| label(a) == label(b)).for_each(|class| rng.shuffle(class));
        }
    }
    Ok(order)
}

/// The rows of each class; all rows as one where no classes are given.
fn classes<'a>(order: &'a [u32], stratify: Option<&[u32]>) -> Vec<&'a [u32]> {
    match stratify {
        None => vec![order],
        Some(labels) => order.chunk_by(|&a, &b| labels[a as usize] == labels[b as usize]).collect(),
    }
}

/// How many of `wanted` of all `n_rows` rows each class gives: its proportional part, by largest remainders.
fn quotas(classes: &[&[u32]], n_rows: usize, wanted: usize) -> Vec<usize> {
    let owed = |class: usize| classes[class].len() as u128 * wanted as u128;
    let mut quotas: Vec<usize> =
        (0..classes.len()).map(|class| (owed(class) / n_rows as u128) as usize).collect();
    let missing = wanted - quotas.iter().sum::<usize>();
    let mut by_remainder: Vec<usize> = (0..classes.len()).collect();
    by_remainder.sort_by_key(|&class| std::cmp::Reverse(owed(class) % n_rows as u128));
    by_remainder[..missing].iter().for_each(|&class| quotas[class] += 1);
    quotas
}

fn too_small<T>(reason: String) -> Result<T> {
    Err(Error::Degenerate { name: "stratify".into(), reason: reason.into() })
}
