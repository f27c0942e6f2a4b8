//! Elementary functions over a slice, exact sums, quantiles.

use loyalty_benches::{Concept, uniform};
use loyalty_core::numeric::{elementary, quantile, sum};
use std::hint::black_box;

fn main() {
    let mut numeric = Concept::new("numeric");
    elementwise(&mut numeric, "exp", (-50.0, 50.0), elementary::exp);
    elementwise(&mut numeric, "ln", (1e-9, 1e9), elementary::ln);
    elementwise(&mut numeric, "pow", (1e-3, 1e3), |x| elementary::pow(x, 1.7));
    numeric.bench("exact_sum", |size| {
        let x = uniform(size.rows, -1e6, 1e6);
        Ok(move || Ok(sum::exact_sum(x.iter().copied())))
    });
    numeric.bench("quantiles", |size| {
        let x = uniform(size.rows, 0.0, 1.0);
        Ok(move || Ok(quantile::quantiles(&mut x.clone(), &[0.2, 0.4, 0.6, 0.8])))
    });
    numeric.finish();
}

/// `function` from slice to slice.
fn elementwise(
    numeric: &mut Concept,
    what: &str,
    (low, high): (f64, f64),
    function: impl Fn(f64) -> f64 + Copy,
) {
    numeric.bench(what, |size| {
        let x = uniform(size.rows, low, high);
        let mut y = vec![0.0; x.len()];
        Ok(move || {
            y.iter_mut().zip(&x).for_each(|(y, &x)| *y = function(x));
            Ok(black_box(&y).len())
        })
    });
}
