//! Sample quantiles by selection.

/// The sample quantiles of `values` at the given `probabilities`, with linear interpolation between order statistics.
///
/// For probability p of n values the quantile lies at position h = (n − 1)·p of the sorted values: type 7 of Hyndman and
/// Fan (1996, The American Statistician 50), the default of NumPy and R, and the same bits as NumPy's. `values` is put
/// into another order. Selection takes time linear in n for a few probabilities.
///
/// Empty values have no quantile: the answer is then empty. Probabilities outside [0, 1] count as the nearer end, and the
/// quantile of a NaN is NaN. Values may be infinite; between −∞ and ∞ lies NaN. A NaN among the values stands beyond the
/// infinity of its sign, and next to it lies NaN.
pub fn quantiles(values: &mut [f64], probabilities: &[f64]) -> Vec<f64> {
    if values.is_empty() {
        return Vec::new();
    }
    let last = values.len() - 1;
    let position = |p: f64| (last as f64 * p).clamp(0.0, last as f64);

    let mut wanted: Vec<usize> = probabilities
        .iter()
        .flat_map(|&p| {
            let low = position(p) as usize;
            [low, (low + 1).min(last)]
        })
        .collect();
    wanted.sort_unstable();
    wanted.dedup();
    place(values, 0, &wanted);

    probabilities
        .iter()
        .map(|&p| {
            let h = position(p);
            let low = h as usize;
            interpolate(values[low], values[(low + 1).min(last)], h - low as f64)
        })
        .collect()
}

/// Between `a` and `b`, from the nearer end, so that it never leaves [a, b] and is symmetric.
fn interpolate(a: f64, b: f64, t: f64) -> f64 {
    if t == 0.0 {
        return a;
    }
    let step = b - a;
    if !step.is_finite() {
        // The difference overflows; neither product does.
        return a * (1.0 - t) + b * t;
    }
    if t >= 0.5 { b - step * (1.0 - t) } else { a + step * t }
}

/// Puts the values of the wanted ranks (ascending, counted from `offset`) into their sorted places.
fn place(values: &mut [f64], offset: usize, wanted: &[usize]) {
    let middle = wanted.len() / 2;
    let Some(&rank) = wanted.get(middle) else { return };
    // The total order tells −0 from 0, so the bits of a quantile do not depend on the order of the rows.
    let (below, _, above) = values.select_nth_unstable_by(rank - offset, f64::total_cmp);
    place(below, offset, &wanted[..middle]);
    place(above, rank + 1, &wanted[middle + 1..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_numpy() {
        // numpy 2.4.6: np.quantile([0.1, 0.7, 3.3, 2.2, 9.5, -4.0], [0, .1, .25, .5, .8, 1]).
        let mut values = [0.1, 0.7, 3.3, 2.2, 9.5, -4.0];
        let expected = [-4.0, -1.9499999999999997, 0.25, 1.4500000000000002, 3.3, 9.5];
        assert_eq!(quantiles(&mut values, &[0.0, 0.1, 0.25, 0.5, 0.8, 1.0]), expected);
    }

    #[test]
    fn edges() {
        assert!(quantiles(&mut [], &[0.5]).is_empty());
        assert_eq!(quantiles(&mut [2.5], &[0.0, 0.3, 1.0]), [2.5; 3]);
        assert_eq!(quantiles(&mut [1.0, 2.0], &[-1.0, 7.0]), [1.0, 2.0]);
        assert_eq!(quantiles(&mut [f64::MAX, -f64::MAX], &[0.5]), [0.0]);
    }
}
