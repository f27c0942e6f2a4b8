//! Scalers.

use crate::convert::{DenseMatrix, Floats, Matrix, matrix, optional_copy, optional_view, sample_weight};
use crate::error::{Fallible, guarded};
use crate::options::Options;
use crate::task::{self, blocking, followed};
use loyalty_core::model::Model;
use loyalty_core::monitor::Monitor;
use loyalty_core::scaling;
use napi::Env;
use napi::bindgen_prelude::{Float64Array, Object, Unknown};
use napi_derive::napi;
use std::sync::Arc;

/// Each column to mean 0 and standard deviation 1.
///
/// z = (x − mean) / scale, where mean = Σᵢ wᵢ·xᵢ / Σᵢ wᵢ and scale = √(Σᵢ wᵢ·(xᵢ − mean)² / Σᵢ wᵢ), the standard deviation of
/// the population; 1 for a constant column.
///
/// It keeps its digits with offsets of 10¹² and at any size of the values. A column is constant if all its values (of weight
/// above 0) are equal.
///
/// Source: Chan, Golub and LeVeque (1983), The American Statistician 37, equation 1.7.
///
/// @example
/// ```js
/// const scaler = StandardScaler.fitSync([[1, 5], [3, 5]])
/// scaler.transform([[4, 5]]).data // Float64Array [2, 0]
/// ```
#[napi]
pub struct StandardScaler(pub(crate) Arc<scaling::FittedStandardScaler>);

/// Each column to a given range.
///
/// y = low + (x − dataMin) / (dataMax − dataMin) · (high − low); a constant column becomes low.
///
/// The least and the greatest value of the fit become exactly low and high. Values beyond those of the fit fall outside the
/// range, unless `clip` is set. A column is constant if all its values are equal, at any scale.
///
/// @example
/// ```js
/// const scaler = MinMaxScaler.fitSync([[10], [30]], { featureRange: [0, 100] })
/// scaler.transform([[15], [40]]).data // Float64Array [25, 150]
/// ```
#[napi]
pub struct MinMaxScaler(pub(crate) Arc<scaling::FittedMinMaxScaler>);

/// The arguments of a fit, the specification apart.
struct Fit<'env> {
    names: Vec<String>,
    x: Matrix<'env>,
    weights: Option<Floats<'env>>,
}

impl<'env> Fit<'env> {
    /// With the options that are left for the specification.
    fn new(x: Unknown<'env>, mut options: Options<'env>) -> Fallible<(Self, Options<'env>)> {
        let weights = sample_weight(options.take("sampleWeight"))?;
        let names = options.take_feature_names()?;
        Ok((Self { names, x: matrix("x", x)?, weights }, options))
    }
}

impl StandardScaler {
    pub(crate) fn new(scaler: scaling::FittedStandardScaler) -> Self {
        Self(Arc::new(scaler))
    }
}

#[napi]
impl StandardScaler {
    /// Learns mean and standard deviation of each column, on a thread of its own.
    ///
    /// @param x One row a customer, finite numbers.
    /// @throws {LoyaltyError} INVALID_PARAMETER, INVALID_TYPE, INVALID_VALUE, SHAPE_MISMATCH, NON_FINITE, TOO_FEW_ROWS, DEGENERATE, CANCELLED
    #[napi(
        ts_args_type = "x: Matrix, options?: StandardScalerOptions & TaskOptions",
        ts_return_type = "Promise<StandardScaler>"
    )]
    pub fn fit<'env>(env: &'env Env, x: Unknown<'env>, options: Unknown<'env>) -> napi::Result<Object<'env>> {
        task::start(env, || {
            let (control, options) = followed(options)?;
            let (Fit { names, x, weights }, options) = Fit::new(x, options)?;
            let spec = options.specification::<scaling::StandardScaler>()?.feature_names(names);
            let (x, weights) = (x.copied()?, optional_copy(weights)?);
            let work = move |_: &mut Monitor<'_>| spec.fit_weighted(x.view(), weights.as_deref());
            Ok((control, work, |_: &Env, scaler| Ok(Self::new(scaler))))
        })
    }

    /// As {@link StandardScaler.fit}, blocking the event loop until it is done.
    #[napi(ts_args_type = "x: Matrix, options?: StandardScalerOptions")]
    pub fn fit_sync(env: &Env, x: Unknown<'_>, options: Unknown<'_>) -> napi::Result<Self> {
        guarded(env, || {
            let options = blocking(options)?;
            let (Fit { names, x, weights }, options) = Fit::new(x, options)?;
            let spec = options.specification::<scaling::StandardScaler>()?.feature_names(names);
            let (x, weights) = (x.view()?, optional_view(weights.as_ref())?);
            Ok(Self::new(spec.fit_weighted(x.array()?, weights.as_deref())?))
        })
    }

    /// The scaler of a file's text, whichever language wrote it.
    ///
    /// @throws {LoyaltyError} BAD_MODEL
    #[napi(js_name = "fromJSON", ts_args_type = "text: ModelText")]
    pub fn from_json(env: &Env, text: Unknown<'_>) -> napi::Result<Self> {
        guarded(env, || Ok(Self::new(Model::from_json(&crate::model::text(text)?)?)))
    }

    /// The text of its model file.
    #[napi(js_name = "toJSON")]
    pub fn to_json(&self, env: &Env) -> napi::Result<String> {
        guarded(env, || Ok(self.0.to_json()?))
    }

    /// Each column's mean, also where `withMean` is false.
    #[napi(getter)]
    pub fn mean(&self) -> Float64Array {
        self.0.mean().to_vec().into()
    }

    /// Each column's standard deviation, also where `withStd` is false; 1 for a constant column.
    #[napi(getter)]
    pub fn scale(&self) -> Float64Array {
        self.0.scale().to_vec().into()
    }

    /// The columns, from 0, whose values were all equal, ascending.
    #[napi(getter)]
    pub fn constant_columns(&self) -> Vec<f64> {
        numbers(&self.0.constant_columns())
    }

    /// The names of the columns.
    #[napi(getter, ts_return_type = "readonly string[]")]
    pub fn feature_names(&self) -> Vec<String> {
        self.0.feature_names().to_vec()
    }

    /// Scaled rows: z = (x − mean) / scale. A value too large for a number becomes infinite, never NaN.
    ///
    /// @param x Rows with the columns of the fit, finite numbers.
    #[napi(ts_args_type = "x: Matrix")]
    pub fn transform(&self, env: &Env, x: Unknown<'_>) -> napi::Result<DenseMatrix> {
        guarded(env, || {
            Ok(self
                .0
                .transform(matrix("x", x)?.or_columns(self.0.feature_names().len()).view()?.array()?)?
                .into())
        })
    }

    /// Rows in the units of the fit from scaled ones: x = z · scale + mean.
    ///
    /// @param x Scaled rows.
    #[napi(ts_args_type = "x: Matrix")]
    pub fn inverse_transform(&self, env: &Env, x: Unknown<'_>) -> napi::Result<DenseMatrix> {
        guarded(env, || {
            Ok(self
                .0
                .inverse_transform(matrix("x", x)?.or_columns(self.0.feature_names().len()).view()?.array()?)?
                .into())
        })
    }
}

impl MinMaxScaler {
    pub(crate) fn new(scaler: scaling::FittedMinMaxScaler) -> Self {
        Self(Arc::new(scaler))
    }
}

#[napi]
impl MinMaxScaler {
    /// Learns the range of each column over the rows of weight above 0, on a thread of its own.
    ///
    /// @param x One row a customer, finite numbers.
    /// @throws {LoyaltyError} INVALID_PARAMETER, INVALID_TYPE, INVALID_VALUE, SHAPE_MISMATCH, NON_FINITE, TOO_FEW_ROWS, DEGENERATE, CANCELLED
    #[napi(
        ts_args_type = "x: Matrix, options?: MinMaxScalerOptions & TaskOptions",
        ts_return_type = "Promise<MinMaxScaler>"
    )]
    pub fn fit<'env>(env: &'env Env, x: Unknown<'env>, options: Unknown<'env>) -> napi::Result<Object<'env>> {
        task::start(env, || {
            let (control, options) = followed(options)?;
            let (Fit { names, x, weights }, options) = Fit::new(x, options)?;
            let spec = options.specification::<scaling::MinMaxScaler>()?.feature_names(names);
            let (x, weights) = (x.copied()?, optional_copy(weights)?);
            let work = move |_: &mut Monitor<'_>| spec.fit_weighted(x.view(), weights.as_deref());
            Ok((control, work, |_: &Env, scaler| Ok(Self::new(scaler))))
        })
    }

    /// As {@link MinMaxScaler.fit}, blocking the event loop until it is done.
    #[napi(ts_args_type = "x: Matrix, options?: MinMaxScalerOptions")]
    pub fn fit_sync(env: &Env, x: Unknown<'_>, options: Unknown<'_>) -> napi::Result<Self> {
        guarded(env, || {
            let options = blocking(options)?;
            let (Fit { names, x, weights }, options) = Fit::new(x, options)?;
            let spec = options.specification::<scaling::MinMaxScaler>()?.feature_names(names);
            let (x, weights) = (x.view()?, optional_view(weights.as_ref())?);
            Ok(Self::new(spec.fit_weighted(x.array()?, weights.as_deref())?))
        })
    }

    /// The scaler of a file's text, whichever language wrote it.
    ///
    /// @throws {LoyaltyError} BAD_MODEL
    #[napi(js_name = "fromJSON", ts_args_type = "text: ModelText")]
    pub fn from_json(env: &Env, text: Unknown<'_>) -> napi::Result<Self> {
        guarded(env, || Ok(Self::new(Model::from_json(&crate::model::text(text)?)?)))
    }

    /// The text of its model file.
    #[napi(js_name = "toJSON")]
    pub fn to_json(&self, env: &Env) -> napi::Result<String> {
        guarded(env, || Ok(self.0.to_json()?))
    }

    /// Each column's least value.
    #[napi(getter)]
    pub fn data_min(&self) -> Float64Array {
        self.0.data_min().to_vec().into()
    }

    /// Each column's greatest value.
    #[napi(getter)]
    pub fn data_max(&self) -> Float64Array {
        self.0.data_max().to_vec().into()
    }

    /// The columns, from 0, whose values were all equal, ascending.
    #[napi(getter)]
    pub fn constant_columns(&self) -> Vec<f64> {
        numbers(&self.0.constant_columns())
    }

    /// The names of the columns.
    #[napi(getter, ts_return_type = "readonly string[]")]
    pub fn feature_names(&self) -> Vec<String> {
        self.0.feature_names().to_vec()
    }

    /// Scaled rows. A value too large for a number becomes infinite, never NaN.
    ///
    /// @param x Rows with the columns of the fit, finite numbers.
    #[napi(ts_args_type = "x: Matrix")]
    pub fn transform(&self, env: &Env, x: Unknown<'_>) -> napi::Result<DenseMatrix> {
        guarded(env, || {
            Ok(self
                .0
                .transform(matrix("x", x)?.or_columns(self.0.feature_names().len()).view()?.array()?)?
                .into())
        })
    }

    /// Rows in the units of the fit from scaled ones; what was clipped comes back as the nearest value of the fit's range.
    ///
    /// @param x Scaled rows.
    #[napi(ts_args_type = "x: Matrix")]
    pub fn inverse_transform(&self, env: &Env, x: Unknown<'_>) -> napi::Result<DenseMatrix> {
        guarded(env, || {
            Ok(self
                .0
                .inverse_transform(matrix("x", x)?.or_columns(self.0.feature_names().len()).view()?.array()?)?
                .into())
        })
    }
}

fn numbers(columns: &[usize]) -> Vec<f64> {
    columns.iter().map(|&column| column as f64).collect()
}
