//! Small dense symmetric linear algebra.
//!
//! A symmetric or lower triangular matrix of order n is *packed*: its lower triangle by rows, entry (i, j) with j ≤ i at
//! [`packed`]`(i, j)`, n(n + 1)/2 numbers in all. Read as an upper triangle, the same numbers hold the transpose by columns.

/// Where a packed matrix holds entry (i, j), j ≤ i.
pub(crate) const fn packed(i: usize, j: usize) -> usize {
    i * (i + 1) / 2 + j
}

/// How many numbers a packed matrix of this order has.
pub(crate) const fn packed_len(order: usize) -> usize {
    order * (order + 1) / 2
}

/// Row i of a packed lower triangle, its diagonal entry last.
pub(crate) fn row(matrix: &[f64], i: usize) -> &[f64] {
    &matrix[packed(i, 0)..=packed(i, i)]
}

/// Σ aᵢbᵢ over the shorter of the two, in eight interleaved sums that a compiler turns into vectors.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    const LANES: usize = 8;
    let length = a.len().min(b.len());
    let (a, a_rest) = a[..length].split_at(length - length % LANES);
    let (b, b_rest) = b[..length].split_at(length - length % LANES);
    let mut sums = [0.0; LANES];
    for (a, b) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7])) + rest
}

/// y ← y + factor·x.
pub(crate) fn add_scaled(y: &mut [f64], factor: f64, x: &[f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += factor * x;
    }
}

/// Replaces a packed positive definite matrix A by its Cholesky factor L, A = LLᵀ.
///
/// # Errors
/// The first row whose pivot is not above the rounding error of its diagonal entry: up to there A is positive definite,
/// and this row is numerically a combination of those before it. Rows before it are then factored.
///
/// Source: Golub and Van Loan, Matrix Computations (2013, 4th ed.), algorithm 4.2.1.
pub(crate) fn cholesky(matrix: &mut [f64], order: usize) -> Result<(), usize> {
    (0..order).try_for_each(|i| cholesky_row(matrix, order, i))
}

/// Row `i` of [`cholesky`], the rows before it done: for those who have to look up from their work between rows.
///
/// # Errors
/// As [`cholesky`].
pub(crate) fn cholesky_row(matrix: &mut [f64], order: usize, i: usize) -> Result<(), usize> {
    let rounding = f64::EPSILON * order as f64;
    let (above, current) = matrix.split_at_mut(packed(i, 0));
    for j in 0..i {
        let pivot_row = row(above, j);
        current[j] = (current[j] - dot(&current[..j], &pivot_row[..j])) / pivot_row[j];
    }
    let pivot = current[i] - dot(&current[..i], &current[..i]);
    // A NaN fails this comparison too.
    if !(pivot > rounding * current[i] && pivot.is_finite()) {
        return Err(i);
    }
    current[i] = pivot.sqrt();
    Ok(())
}

/// b ← L⁻¹b for a packed lower triangle of b's order.
pub(crate) fn solve_lower(factor: &[f64], b: &mut [f64]) {
    for i in 0..b.len() {
        let l = row(factor, i);
        b[i] = (b[i] - dot(&l[..i], &b[..i])) / l[i];
    }
}

/// b ← L⁻ᵀb for a packed lower triangle of b's order.
pub(crate) fn solve_lower_transposed(factor: &[f64], b: &mut [f64]) {
    for i in (0..b.len()).rev() {
        let l = row(factor, i);
        b[i] /= l[i];
        let solved = b[i];
        add_scaled(&mut b[..i], -solved, &l[..i]);
    }
}

/// b ← A⁻¹b, from the Cholesky factor of A.
pub(crate) fn cholesky_solve(factor: &[f64], b: &mut [f64]) {
    solve_lower(factor, b);
    solve_lower_transposed(factor, b);
}

/// An estimate, never too high, of the condition number ‖A‖₁‖A⁻¹‖₁ from A and its Cholesky factor; mostly within a factor of 3.
///
/// Source: Higham (1988), ACM Transactions on Mathematical Software 14, algorithm 4.1.
pub(crate) fn condition(matrix: &[f64], factor: &[f64], order: usize) -> f64 {
    if order == 0 {
        return 1.0;
    }
    let norm_1 = |v: &[f64]| v.iter().map(|v| v.abs()).sum::<f64>();

    let mut column_sums = vec![0.0; order];
    for i in 0..order {
        for (j, entry) in row(matrix, i).iter().enumerate() {
            column_sums[i] += entry.abs();
            if j < i {
                column_sums[j] += entry.abs();
            }
        }
    }
    let norm = column_sums.iter().copied().fold(0.0, f64::max);

    // Climbs ‖A⁻¹v‖₁ over the corners v of the unit ball, by its gradient.
    let mut v = vec![1.0 / order as f64; order];
    let mut inverse_norm: f64 = 0.0;
    for _ in 0..5 {
        let mut image = v.clone();
        cholesky_solve(factor, &mut image);
        let reached = norm_1(&image);
        if reached <= inverse_norm {
            break;
        }
        inverse_norm = reached;
        let mut gradient: Vec<f64> = image.iter().map(|&v| if v < 0.0 { -1.0 } else { 1.0 }).collect();
        cholesky_solve(factor, &mut gradient);
        let steepest =
            (1..order).fold(0, |best, i| if gradient[i].abs() > gradient[best].abs() { i } else { best });
        v.fill(0.0);
        v[steepest] = 1.0;
    }
    norm * inverse_norm
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::Rng;

    /// A random packed positive definite matrix, as the Gram matrix of more rows than columns.
    fn random_definite(order: usize, seed: u64) -> Vec<f64> {
        let mut rng = Rng::new(seed);
        let rows: Vec<Vec<f64>> =
            (0..2 * order + 1).map(|_| (0..order).map(|_| rng.uniform() - 0.5).collect()).collect();
        let mut matrix = vec![0.0; packed_len(order)];
        for i in 0..order {
            for j in 0..=i {
                matrix[packed(i, j)] = rows.iter().map(|r| r[i] * r[j]).sum();
            }
        }
        matrix
    }

    fn entry(matrix: &[f64], i: usize, j: usize) -> f64 {
        matrix[packed(i.max(j), i.min(j))]
    }

    #[test]
    fn dot_is_the_plain_sum() {
        for length in [0, 1, 7, 8, 9, 40] {
            let a: Vec<f64> = (0..length).map(|i| f64::from(i) - 3.0).collect();
            let b: Vec<f64> = (0..length).map(|i| f64::from(i * i)).collect();
            assert_eq!(dot(&a, &b), a.iter().zip(&b).map(|(a, b)| a * b).sum::<f64>());
            assert_eq!(
                dot(&a, &b[..(length as usize).saturating_sub(1)]),
                dot(&b[..(length as usize).saturating_sub(1)], &a)
            );
        }
    }

    #[test]
    fn solves_undo_the_product() {
        for order in [0, 1, 2, 5, 30] {
            let matrix = random_definite(order, order as u64);
            let mut factor = matrix.clone();
            assert_eq!(cholesky(&mut factor, order), Ok(()));
            let truth: Vec<f64> = (0..order).map(|i| 1.0 + i as f64).collect();
            let mut b: Vec<f64> =
                (0..order).map(|i| (0..order).map(|j| entry(&matrix, i, j) * truth[j]).sum()).collect();
            cholesky_solve(&factor, &mut b);
            for (b, truth) in b.iter().zip(&truth) {
                assert!((b - truth).abs() < 1e-10 * truth, "{b} for {truth}");
            }
        }
    }

    #[test]
    fn a_failed_pivot_is_named() {
        // The third row is the sum of the first two.
        let mut matrix = [2.0, 1.0, 3.0, 3.0, 4.0, 7.0];
        assert_eq!(cholesky(&mut matrix, 3), Err(2));
        assert_eq!(cholesky(&mut [-1.0], 1), Err(0));
        assert_eq!(cholesky(&mut [f64::NAN], 1), Err(0));
        assert_eq!(cholesky(&mut [f64::INFINITY], 1), Err(0));
        assert_eq!(cholesky(&mut [0.0], 1), Err(0));
    }

    #[test]
    fn condition_is_that_of_the_hilbert_matrix() {
        // Todd (1954): cond₁ of the Hilbert matrices of order 3 and 6 is 748 and 29,070,279.
        for (order, expected) in [(3, 748.0), (6, 29_070_279.0)] {
            let mut matrix = vec![0.0; packed_len(order)];
            for i in 0..order {
                for j in 0..=i {
                    matrix[packed(i, j)] = 1.0 / (i + j + 1) as f64;
                }
            }
            let mut factor = matrix.clone();
            cholesky(&mut factor, order).unwrap();
            let estimate = condition(&matrix, &factor, order);
            assert!((estimate / expected - 1.0).abs() < 1e-6, "{estimate}");
        }
        assert_eq!(condition(&[4.0], &[2.0], 1), 1.0);
    }
}
