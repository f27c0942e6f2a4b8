//! Evaluation: how good classes, rankings, probabilities and clusters are, and the splits to judge them on.

mod classes;

pub mod classification;
pub mod clustering;
pub mod probability;
pub mod ranking;
pub mod splits;

pub use probability::Calibration;

use crate::convert::{Floats, optional_view, sample_weight};
use crate::error::{Fallible, guarded};
use crate::options::Options;
use classes::{Column, PosLabel};
use loyalty_core::Result;
use napi::Env;
use napi::bindgen_prelude::Unknown;

/// What the core's function makes of outcomes and of the scores or probabilities in the argument `name`, with weights.
fn weighed<T>(
    env: &Env,
    truth: Unknown<'_>,
    (name, predicted): (&str, Unknown<'_>),
    options: Unknown<'_>,
    judge: impl FnOnce(&[bool], &[f64], Option<&[f64]>) -> Result<T>,
) -> napi::Result<T> {
    guarded(env, || {
        let mut options = Options::new("options", options)?;
        let weights = sample_weight(options.take("sampleWeight"))?;
        let positive = PosLabel::new(options.take("posLabel"))?;
        options.finish()?;
        let [truth] = positive.answers([&Column::new("truth", truth)?])?;
        let predicted = Floats::new(name, predicted)?;
        let (predicted, weights) = (predicted.view()?, optional_view(weights.as_ref())?);
        Ok(judge(&truth, &predicted, weights.as_deref())?)
    })
}

/// The same without weights, the rest of the options being read already.
fn counted<T>(
    truth: Unknown<'_>,
    (name, predicted): (&str, Unknown<'_>),
    positive: &PosLabel,
    judge: impl FnOnce(&[bool], &[f64]) -> Result<T>,
) -> Fallible<T> {
    let [truth] = positive.answers([&Column::new("truth", truth)?])?;
    let predicted = Floats::new(name, predicted)?;
    Ok(judge(&truth, &predicted.view()?)?)
}

/// The positive class, where that is the only option.
fn only_pos_label(options: Unknown<'_>) -> Fallible<PosLabel> {
    let mut options = Options::new("options", options)?;
    let positive = PosLabel::new(options.take("posLabel"))?;
    options.finish()?;
    Ok(positive)
}
