//! RFM scores.

use crate::convert::{Floats, FloatsView, names_column, number, shown};
use crate::error::{Fallible, guarded};
use crate::options::wrong_type;
use crate::task::{self, blocking, followed};
use loyalty_core::model::Model;
use loyalty_core::monitor::Monitor;
use loyalty_core::rfm;
use napi::bindgen_prelude::{Array, Float64Array, FromNapiValue, JsObjectValue, Object, Uint8Array, Unknown};
use napi::{Env, ValueType};
use napi_derive::napi;
use std::sync::Arc;

/// Scores by recency, frequency and monetary value, and the segments they name.
///
/// score = 1 + the number of cut points below the value; for recency, `nBins` − that number. Cut points are learnt (sample
/// quantiles) or given, so that equal values score equally, and tomorrow's customers by the cut points of today. Segments
/// come from a grid of recency and frequency scores.
///
/// Source: Hughes (1994), Strategic Database Marketing; quantiles of type 7 in Hyndman and Fan (1996), The American
/// Statistician 50.
///
/// @example
/// ```js
/// const rows = { recencyDays: [5, 40, 200, 90], frequency: [9, 3, 1, 1], monetary: [700, 150, 20, 35] }
/// const model = Rfm.fitSync(rows, { nBins: 2 })
/// model.score(rows).rfm // ['222', '222', '111', '111']
/// model.scoreCustomer({ recencyDays: 3, frequency: 12, monetary: 900 }).segment // 'Champion'
/// ```
#[napi]
pub struct Rfm(pub(crate) Arc<rfm::FittedRfm>);

/// Scores of many customers, row by row.
#[napi(object, object_from_js = false)]
pub struct RfmScores<'env> {
    /// Recency scores, 1 to `nBins`; the most recent buyers have the highest.
    pub r: Uint8Array,
    /// Frequency scores, 1 to `nBins`.
    pub f: Uint8Array,
    /// Monetary scores, 1 to `nBins`.
    pub m: Uint8Array,
    /// The weighted means of the three.
    pub rfm_score: Float64Array,
    /// The three in a row, such as `'545'`.
    #[napi(ts_type = "string[]")]
    pub rfm: Array<'env>,
    /// The names of the segments.
    #[napi(ts_type = "string[]")]
    pub segment: Array<'env>,
}

/// Scores of one customer.
#[napi(object, object_from_js = false)]
pub struct RfmScore {
    /// Recency score, 1 to `nBins`; the most recent buyers have the highest.
    pub r: f64,
    /// Frequency score, 1 to `nBins`.
    pub f: f64,
    /// Monetary score, 1 to `nBins`.
    pub m: f64,
    /// The weighted mean of the three.
    pub rfm_score: f64,
    /// The three in a row, such as `'545'`.
    pub rfm: String,
    /// The name of the segment.
    pub segment: String,
}

/// The values at which a score changes, ascending.
#[napi(object, object_from_js = false)]
pub struct CutPoints {
    /// Of the days since the last purchase.
    pub recency_days: Float64Array,
    /// Of the number of purchases.
    pub frequency: Float64Array,
    /// Of the amount spent.
    pub monetary: Float64Array,
}

/// The cut points of nested scores, `nBins` − 1 for each cell, one cell after the other.
#[napi(object, object_from_js = false)]
pub struct NestedCutPoints {
    /// Of the frequency, for each recency score from 1.
    pub frequency: Float64Array,
    /// Of the monetary value, for each cell (1, 1), (1, 2), … of recency and frequency score.
    pub monetary: Float64Array,
}

/// How many different scores the customers of the fit have.
#[napi(object, object_from_js = false)]
pub struct BinsInUse {
    /// Of recency.
    pub recency_days: f64,
    /// Of frequency.
    pub frequency: f64,
    /// Of monetary value.
    pub monetary: f64,
}

/// Customer rows by columns.
struct Rows<'env> {
    recency_days: Floats<'env>,
    frequency: Floats<'env>,
    monetary: Floats<'env>,
}

impl<'env> Rows<'env> {
    /// Of an object that may be a summary, whose purchases and totals they are: its `frequency` is one less.
    fn new(value: Unknown<'env>) -> Fallible<Self> {
        if value.get_type()? != ValueType::Object {
            return wrong_type("rows", &shown(value), "an object of columns");
        }
        let object: Object<'env> = FromNapiValue::from_unknown(value)?;
        let part = |name: &'static str| -> Fallible<(&str, Unknown<'env>)> {
            Ok((name, object.get_named_property_unchecked(name)?))
        };
        let or = |first: (&'static str, Unknown<'env>), name| -> Fallible<(&str, Unknown<'env>)> {
            let second = part(name)?;
            Ok(if second.1.get_type()? == ValueType::Undefined { first } else { second })
        };
        let recency_days = part("recencyDays")?;
        let frequency = or(part("frequency")?, "nPurchases")?;
        let monetary = or(part("monetary")?, "totalAmount")?;
        let floats = |(name, value): (&str, Unknown<'env>)| Floats::new(name, value);
        Ok(Self {
            recency_days: floats(recency_days)?,
            frequency: floats(frequency)?,
            monetary: floats(monetary)?,
        })
    }

    fn view(&self) -> Fallible<[FloatsView<'_>; 3]> {
        Ok([self.recency_days.view()?, self.frequency.view()?, self.monetary.view()?])
    }

    fn copied(self) -> Fallible<[Vec<f64>; 3]> {
        Ok([self.recency_days.copied()?, self.frequency.copied()?, self.monetary.copied()?])
    }
}

#[napi]
impl Rfm {
    /// Learns the cut points, on a thread of its own.
    ///
    /// @param rows One row a customer by columns: recency in days, number of purchases, amount; or the answer of {@link summarize}.
    /// @throws {LoyaltyError} INVALID_PARAMETER, INVALID_TYPE, INVALID_VALUE, SHAPE_MISMATCH, NON_FINITE, TOO_FEW_ROWS, CANCELLED
    #[napi(
        ts_args_type = "rows: RfmRows, options?: RfmOptions & TaskOptions",
        ts_return_type = "Promise<Rfm>"
    )]
    pub fn fit<'env>(
        env: &'env Env,
        rows: Unknown<'env>,
        options: Unknown<'env>,
    ) -> napi::Result<Object<'env>> {
        task::start(env, || {
            let (control, options) = followed(options)?;
            let spec: rfm::Rfm = options.specification()?;
            let [r, f, m] = Rows::new(rows)?.copied()?;
            let work = move |_: &mut Monitor<'_>| spec.fit(&r, &f, &m);
            Ok((control, work, |_: &Env, model| Ok(Self(Arc::new(model)))))
        })
    }

    /// As {@link Rfm.fit}, blocking the event loop until it is done.
    #[napi(ts_args_type = "rows: RfmRows, options?: RfmOptions")]
    pub fn fit_sync(env: &Env, rows: Unknown<'_>, options: Unknown<'_>) -> napi::Result<Self> {
        guarded(env, || {
            let options = blocking(options)?;
            let spec: rfm::Rfm = options.specification()?;
            let rows = Rows::new(rows)?;
            let [r, f, m] = rows.view()?;
            Ok(Self(Arc::new(spec.fit(&r, &f, &m)?)))
        })
    }

    /// The model of a file's text, whichever language wrote it.
    ///
    /// @throws {LoyaltyError} BAD_MODEL
    #[napi(js_name = "fromJSON", ts_args_type = "text: ModelText")]
    pub fn from_json(env: &Env, text: Unknown<'_>) -> napi::Result<Self> {
        guarded(env, || Ok(Self(Arc::new(Model::from_json(&crate::model::text(text)?)?))))
    }

    /// The text of its model file.
    #[napi(js_name = "toJSON")]
    pub fn to_json(&self, env: &Env) -> napi::Result<String> {
        guarded(env, || Ok(self.0.to_json()?))
    }

    /// Scores customers, those of the fit or others.
    ///
    /// @param rows As for {@link Rfm.fit}; any number of rows.
    /// @throws {LoyaltyError} INVALID_VALUE, SHAPE_MISMATCH, NON_FINITE
    #[napi(ts_args_type = "rows: RfmRows", ts_return_type = "RfmScores")]
    pub fn score<'env>(&self, env: &'env Env, rows: Unknown<'env>) -> napi::Result<RfmScores<'env>> {
        guarded(env, || {
            let rows = Rows::new(rows)?;
            let scores = {
                let [r, f, m] = rows.view()?;
                self.0.score(&r, &f, &m)?
            };
            let codes = scores.codes();
            let mut texts: Vec<&str> = Vec::new();
            let places = codes.iter().map(|code| place(&mut texts, code)).collect::<Vec<_>>();
            Ok(RfmScores {
                rfm: names_column(env, &texts, &places)?,
                segment: names_column(env, &self.0.segment_names(), &scores.segment)?,
                r: scores.r.into(),
                f: scores.f.into(),
                m: scores.m.into(),
                rfm_score: scores.combined.into(),
            })
        })
    }

    /// Scores one customer.
    ///
    /// @throws {LoyaltyError} INVALID_TYPE, INVALID_VALUE, NON_FINITE
    #[napi(ts_args_type = "customer: RfmCustomer")]
    pub fn score_customer(&self, env: &Env, customer: Unknown<'_>) -> napi::Result<RfmScore> {
        guarded(env, || {
            if customer.get_type()? != ValueType::Object {
                return wrong_type("customer", &shown(customer), "an object of figures");
            }
            let object: Object<'_> = FromNapiValue::from_unknown(customer)?;
            let figure = |name: &str| number(name, object.get_named_property_unchecked(name)?);
            let score =
                self.0.score_one(figure("recencyDays")?, figure("frequency")?, figure("monetary")?)?;
            Ok(RfmScore {
                r: score.r.into(),
                f: score.f.into(),
                m: score.m.into(),
                rfm_score: score.combined,
                rfm: score.code(),
                segment: score.segment.to_owned(),
            })
        })
    }

    /// The cut points, `nBins` − 1 of each.
    #[napi(getter)]
    pub fn cut_points(&self) -> CutPoints {
        let rfm::CutPoints { recency_days, frequency, monetary } = self.0.cut_points().clone();
        CutPoints {
            recency_days: recency_days.into(),
            frequency: frequency.into(),
            monetary: monetary.into(),
        }
    }

    /// The cut points of frequency within recency, and of monetary value within both; null unless `nested`.
    #[napi(getter, ts_return_type = "NestedCutPoints | null")]
    pub fn nested_cut_points(&self) -> Option<NestedCutPoints> {
        self.0.nested_cut_points().map(|nested| NestedCutPoints {
            frequency: nested.frequency.clone().into(),
            monetary: nested.monetary.clone().into(),
        })
    }

    /// How many different scores the customers of the fit have: fewer than `nBins` where cut points coincide.
    #[napi(getter)]
    pub fn bins_in_use(&self) -> BinsInUse {
        let used = self.0.bins_in_use();
        BinsInUse {
            recency_days: used.recency_days as f64,
            frequency: used.frequency as f64,
            monetary: used.monetary as f64,
        }
    }

    /// The names of the segments, each once.
    #[napi(getter, ts_return_type = "readonly string[]")]
    pub fn segment_names(&self) -> Vec<String> {
        self.0.segment_names().into_iter().map(str::to_owned).collect()
    }

    /// The names of the columns.
    #[napi(getter, ts_return_type = "readonly string[]")]
    pub fn feature_names(&self) -> Vec<String> {
        self.0.feature_names().to_vec()
    }
}

/// Where a text is among those seen before, to which it is added.
fn place<'a>(texts: &mut Vec<&'a str>, text: &'a str) -> u32 {
    let known = texts.iter().position(|known| *known == text);
    known.unwrap_or_else(|| {
        texts.push(text);
        texts.len() - 1
    }) as u32
}
