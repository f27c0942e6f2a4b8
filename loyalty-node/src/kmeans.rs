//! K-means.

use crate::convert::{DenseMatrix, Floats, Matrix, matrix, optional_copy, optional_view, sample_weight};
use crate::error::{Fallible, guarded};
use crate::options::Options;
use crate::task::{self, blocking, followed};
use loyalty_core::kmeans;
use loyalty_core::model::Model;
use loyalty_core::monitor::Monitor;
use napi::Env;
use napi::bindgen_prelude::{Float64Array, Object, ObjectFinalize, Uint32Array, Unknown};
use napi_derive::napi;
use std::sync::Arc;

/// Groups of similar customers: k centroids μ that make Σᵢ wᵢ·min_c ‖xᵢ − μ_c‖² a (local) minimum.
///
/// Greedy k-means++ or given centroids, then Lloyd's iteration; of several restarts the least inertia wins. Columns in
/// different units should be scaled before.
///
/// Source: Lloyd (1982), IEEE Transactions on Information Theory 28; Arthur and Vassilvitskii (2007), SODA.
///
/// @example
/// ```js
/// const model = await KMeans.fit([[1, 20], [2, 22], [9, 70], [8, 74]], { nClusters: 2, seed: 7 })
/// model.inertia // 11
/// model.predict([[8.5, 71]])[0] === model.labels[2] // true
/// ```
#[napi(custom_finalize)]
pub struct KMeans(pub(crate) Arc<kmeans::FittedKMeans>);

impl KMeans {
    /// The labels, which are the bulk of it, are made known to the garbage collector.
    pub(crate) fn new(env: &Env, model: kmeans::FittedKMeans) -> Fallible<Self> {
        Self::of(env, Arc::new(model))
    }

    fn of(env: &Env, model: Arc<kmeans::FittedKMeans>) -> Fallible<Self> {
        env.adjust_external_memory(bytes(&model))?;
        Ok(Self(model))
    }
}

impl ObjectFinalize for KMeans {
    fn finalize(self, env: Env) -> napi::Result<()> {
        env.adjust_external_memory(-bytes(&self.0)).map(drop)
    }
}

fn bytes(model: &kmeans::FittedKMeans) -> i64 {
    size_of_val(model.labels()) as i64
}

/// The arguments of a fit.
struct Fit<'env> {
    spec: kmeans::KMeans,
    x: Matrix<'env>,
    weights: Option<Floats<'env>>,
}

impl<'env> Fit<'env> {
    fn new(x: Unknown<'env>, mut options: Options<'env>) -> Fallible<Self> {
        let weights = sample_weight(options.take("sampleWeight"))?;
        let (names, n_threads) = (options.take_feature_names()?, options.take_n_threads()?);
        let spec = options.specification::<kmeans::KMeans>()?.feature_names(names).n_threads(n_threads);
        Ok(Self { spec, x: matrix("x", x)?, weights })
    }
}

#[napi]
impl KMeans {
    /// Finds the clusters, on threads of its own.
    ///
    /// @param x One row a customer, finite numbers.
    /// @throws {LoyaltyError} INVALID_PARAMETER, INVALID_TYPE, INVALID_VALUE, SHAPE_MISMATCH, NON_FINITE, TOO_FEW_ROWS, DEGENERATE, CANCELLED
    #[napi(
        ts_args_type = "x: Matrix, options?: KMeansOptions & TaskOptions",
        ts_return_type = "Promise<KMeans>"
    )]
    pub fn fit<'env>(env: &'env Env, x: Unknown<'env>, options: Unknown<'env>) -> napi::Result<Object<'env>> {
        task::start(env, || {
            let (control, options) = followed(options)?;
            let Fit { spec, x, weights } = Fit::new(x, options)?;
            let (x, weights) = (x.copied()?, optional_copy(weights)?);
            let work = move |monitor: &mut Monitor<'_>| spec.fit_with(x.view(), weights.as_deref(), monitor);
            Ok((control, work, Self::new))
        })
    }

    /// As {@link KMeans.fit}, blocking the event loop until it is done.
    #[napi(ts_args_type = "x: Matrix, options?: KMeansOptions")]
    pub fn fit_sync(env: &Env, x: Unknown<'_>, options: Unknown<'_>) -> napi::Result<Self> {
        guarded(env, || {
            let options = blocking(options)?;
            let Fit { spec, x, weights } = Fit::new(x, options)?;
            let (x, weights) = (x.view()?, optional_view(weights.as_ref())?);
            let model = spec.fit_with(x.array()?, weights.as_deref(), &mut Monitor::silent())?;
            Self::new(env, model)
        })
    }

    /// The model of a file's text, whichever language wrote it.
    ///
    /// @throws {LoyaltyError} BAD_MODEL
    #[napi(js_name = "fromJSON", ts_args_type = "text: ModelText")]
    pub fn from_json(env: &Env, text: Unknown<'_>) -> napi::Result<Self> {
        guarded(env, || Self::new(env, Model::from_json(&crate::model::text(text)?)?))
    }

    /// The text of its model file, which holds no labels: they are of the customers it was fitted to.
    #[napi(js_name = "toJSON")]
    pub fn to_json(&self, env: &Env) -> napi::Result<String> {
        guarded(env, || Ok(self.0.to_json()?))
    }

    /// The centroids, one row a cluster.
    #[napi(getter)]
    pub fn centroids(&self) -> DenseMatrix {
        DenseMatrix::from(self.0.centroids())
    }

    /// The cluster of each row of the fit; empty if the model came from a file.
    #[napi(getter)]
    pub fn labels(&self) -> Uint32Array {
        self.0.labels().to_vec().into()
    }

    /// The weighted sum of the squared distances of the rows of the fit to their centroids.
    #[napi(getter)]
    pub fn inertia(&self) -> f64 {
        self.0.inertia()
    }

    /// Iterations of the best restart.
    #[napi(getter)]
    pub fn iterations(&self) -> f64 {
        self.0.iterations() as f64
    }

    /// Whether the best restart ended before `maxIter`.
    #[napi(getter)]
    pub fn converged(&self) -> bool {
        self.0.converged()
    }

    /// The weight of the rows of each cluster: their number, had they no weights.
    #[napi(getter)]
    pub fn cluster_weights(&self) -> Float64Array {
        self.0.cluster_weights().to_vec().into()
    }

    /// Clusters that have a row: fewer than `nClusters` where fewer rows are distinct.
    #[napi(getter)]
    pub fn n_used_clusters(&self) -> f64 {
        self.0.n_used_clusters() as f64
    }

    /// The names of the columns.
    #[napi(getter, ts_return_type = "readonly string[]")]
    pub fn feature_names(&self) -> Vec<String> {
        self.0.feature_names().to_vec()
    }

    /// The cluster of each row: of the nearest centroid, of equally near ones the first.
    #[napi(ts_args_type = "x: Matrix, options?: ThreadOptions")]
    pub fn predict(&self, env: &Env, x: Unknown<'_>, options: Unknown<'_>) -> napi::Result<Uint32Array> {
        guarded(env, || {
            let (n_threads, x) = (
                Options::new("options", options)?.only_threads()?,
                matrix("x", x)?.or_columns(self.0.feature_names().len()),
            );
            let x = x.view()?;
            Ok(self.0.predict_with(x.array()?, n_threads, &mut Monitor::silent())?.into())
        })
    }

    /// The Euclidean distance of each row to each centroid.
    #[napi(ts_args_type = "x: Matrix, options?: ThreadOptions")]
    pub fn distances(&self, env: &Env, x: Unknown<'_>, options: Unknown<'_>) -> napi::Result<DenseMatrix> {
        guarded(env, || {
            let (n_threads, x) = (
                Options::new("options", options)?.only_threads()?,
                matrix("x", x)?.or_columns(self.0.feature_names().len()),
            );
            let x = x.view()?;
            Ok(self.0.distances_with(x.array()?, n_threads, &mut Monitor::silent())?.into())
        })
    }

    /// The weighted sum of the squared distances of these rows to their nearest centroids.
    #[napi(ts_args_type = "x: Matrix, options?: WeightOptions & ThreadOptions")]
    pub fn inertia_of(&self, env: &Env, x: Unknown<'_>, options: Unknown<'_>) -> napi::Result<f64> {
        guarded(env, || {
            let mut options = Options::new("options", options)?;
            let weights = sample_weight(options.take("sampleWeight"))?;
            let n_threads = options.take_n_threads()?;
            options.finish()?;
            let x = matrix("x", x)?.or_columns(self.0.feature_names().len());
            let (x, weights) = (x.view()?, optional_view(weights.as_ref())?);
            let monitor = &mut Monitor::silent();
            Ok(self.0.inertia_of_with(x.array()?, weights.as_deref(), n_threads, monitor)?)
        })
    }
}

/// The choice of the number of clusters: the one whose clusters have the highest mean silhouette, of several the least.
///
/// Source: Rousseeuw (1987), Journal of Computational and Applied Mathematics 20.
///
/// @example
/// ```js
/// const { k, model, candidates } = await ChooseK.fit(x, { minClusters: 2, maxClusters: 5, kmeans: { nInit: 10 } })
/// ```
#[napi]
pub struct ChooseK {
    k: usize,
    model: Arc<kmeans::FittedKMeans>,
    candidates: Vec<kmeans::Candidate>,
}

/// One number of clusters that was tried.
#[napi(object)]
pub struct Candidate {
    /// The number of clusters.
    pub k: f64,
    /// The inertia of its model.
    pub inertia: f64,
    /// The mean silhouette of its clusters, −1 to 1.
    pub silhouette: f64,
}

impl From<&kmeans::Candidate> for Candidate {
    fn from(tried: &kmeans::Candidate) -> Self {
        Self { k: tried.k as f64, inertia: tried.inertia, silhouette: tried.silhouette }
    }
}

/// The arguments of a choice.
struct Choice<'env> {
    spec: kmeans::ChooseK,
    x: Matrix<'env>,
    weights: Option<Floats<'env>>,
}

impl<'env> Choice<'env> {
    fn new(x: Unknown<'env>, mut options: Options<'env>) -> Fallible<Self> {
        let weights = sample_weight(options.take("sampleWeight"))?;
        let (names, n_threads) = (options.take_feature_names()?, options.take_n_threads()?);
        let mut spec: kmeans::ChooseK = options.specification()?;
        spec.kmeans = spec.kmeans.feature_names(names).n_threads(n_threads);
        Ok(Self { spec, x: matrix("x", x)?, weights })
    }
}

impl ChooseK {
    fn new(chosen: kmeans::ChosenK) -> Self {
        Self { k: chosen.k, model: Arc::new(chosen.model), candidates: chosen.candidates }
    }
}

#[napi]
impl ChooseK {
    /// Tries each number of clusters, on threads of its own.
    ///
    /// @param x One row a customer, finite numbers.
    /// @throws {LoyaltyError} as {@link KMeans.fit}
    #[napi(
        ts_args_type = "x: Matrix, options?: ChooseKOptions & TaskOptions",
        ts_return_type = "Promise<ChooseK>"
    )]
    pub fn fit<'env>(env: &'env Env, x: Unknown<'env>, options: Unknown<'env>) -> napi::Result<Object<'env>> {
        task::start(env, || {
            let (control, options) = followed(options)?;
            let Choice { spec, x, weights } = Choice::new(x, options)?;
            let (x, weights) = (x.copied()?, optional_copy(weights)?);
            let work = move |monitor: &mut Monitor<'_>| spec.fit_with(x.view(), weights.as_deref(), monitor);
            Ok((control, work, |_: &Env, chosen| Ok(Self::new(chosen))))
        })
    }

    /// As {@link ChooseK.fit}, blocking the event loop until it is done.
    #[napi(ts_args_type = "x: Matrix, options?: ChooseKOptions")]
    pub fn fit_sync(env: &Env, x: Unknown<'_>, options: Unknown<'_>) -> napi::Result<Self> {
        guarded(env, || {
            let options = blocking(options)?;
            let Choice { spec, x, weights } = Choice::new(x, options)?;
            let (x, weights) = (x.view()?, optional_view(weights.as_ref())?);
            Ok(Self::new(spec.fit_with(x.array()?, weights.as_deref(), &mut Monitor::silent())?))
        })
    }

    /// The number of clusters.
    #[napi(getter)]
    pub fn k(&self) -> f64 {
        self.k as f64
    }

    /// The model with that number.
    #[napi(getter)]
    pub fn model(&self, env: &Env) -> napi::Result<KMeans> {
        guarded(env, || KMeans::of(env, self.model.clone()))
    }

    /// All that were tried, in ascending order of k.
    #[napi(getter, ts_return_type = "readonly Candidate[]")]
    pub fn candidates(&self) -> Vec<Candidate> {
        self.candidates.iter().map(Candidate::from).collect()
    }
}
