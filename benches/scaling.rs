//! Both scalers: fit, matrices, one row.

use loyalty_benches::{Concept, clouds};
use loyalty_core::scaling::{MinMaxScaler, StandardScaler};
use std::hint::black_box;

fn main() {
    let mut scaling = Concept::new("scaling");
    macro_rules! scaler {
        ($name:literal, $plan:expr) => {
            scaling.bench(concat!($name, "/fit"), |size| {
                let x = clouds(size);
                Ok(move || $plan.fit(x.view()))
            });
            scaling.bench(concat!($name, "/transform"), |size| {
                let x = clouds(size);
                let model = $plan.fit(x.view())?;
                Ok(move || model.transform(x.view()))
            });
            scaling.bench(concat!($name, "/transform_one"), |size| {
                let x = clouds(size.of_rows(1000));
                let model = $plan.fit(x.view())?;
                let (row, mut scaled) = (x.row(0).to_vec(), vec![0.0; x.ncols()]);
                Ok(move || model.transform_one(black_box(&row), black_box(&mut scaled)))
            });
        };
    }
    scaler!("standard", StandardScaler::new());
    scaler!("min_max", MinMaxScaler::new());
    scaling.finish();
}
