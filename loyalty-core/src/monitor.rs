//! Progress of long work, and the way to stop it.

use crate::error::{Error, Result};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

/// Where a running fit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done, for example `kmeans`.
    pub stage: &'static str,
    /// Steps done in this stage.
    pub iteration: usize,
    /// Steps at the most, where that is known.
    pub total: Option<usize>,
}

/// Listens to a fit and may stop it.
///
/// The listener is called on the thread that called the fit, at each iteration and, with the progress unchanged, between
/// blocks of rows within an iteration; it should return quickly. A fit that is stopped returns [`Error::Cancelled`] within
/// the time of one block and leaves nothing behind.
///
/// ```
/// use loyalty_core::Error;
/// use loyalty_core::kmeans::KMeans;
/// use loyalty_core::monitor::{Monitor, Progress};
/// use loyalty_core::ndarray::array;
/// use std::ops::ControlFlow;
///
/// let x = array![[1.0, 20.0], [2.0, 22.0], [9.0, 70.0], [8.0, 74.0]];
/// let mut listener = |progress: Progress| {
///     let enough = progress.stage == "kmeans" && progress.iteration > 1000;
///     if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
/// };
/// let fit = KMeans::new(2).n_init(100).fit_with(x.view(), None, &mut Monitor::new(&mut listener));
/// assert_eq!(fit, Err(Error::Cancelled));
/// ```
#[derive(Default)]
pub struct Monitor<'a> {
    listener: Option<&'a mut dyn FnMut(Progress) -> ControlFlow<()>>,
    flag: Option<&'a AtomicBool>,
    progress: Option<Progress>,
}

impl<'a> Monitor<'a> {
    /// Hears nothing and never stops the work.
    pub fn silent() -> Self {
        Self::default()
    }

    /// Tells `listener` of each step; the work stops when it answers [`ControlFlow::Break`].
    pub fn new(listener: &'a mut dyn FnMut(Progress) -> ControlFlow<()>) -> Self {
        Self { listener: Some(listener), ..Self::default() }
    }

    /// Also stops the work once `flag` is true, which any thread may set.
    #[must_use]
    pub fn cancelled_by(mut self, flag: &'a AtomicBool) -> Self {
        self.flag = Some(flag);
        self
    }

    /// A new step.
    pub(crate) fn report(
        &mut self,
        stage: &'static str,
        iteration: usize,
        total: Option<usize>,
    ) -> Result<()> {
        self.progress = Some(Progress { stage, iteration, total });
        self.poll()
    }

    /// Asks, within a step, whether to go on.
    pub(crate) fn poll(&mut self) -> Result<()> {
        let told = match (&mut self.listener, self.progress) {
            (Some(listener), Some(progress)) => listener(progress),
            _ => ControlFlow::Continue(()),
        };
        let flagged = self.flag.is_some_and(|flag| flag.load(Ordering::Relaxed));
        if told.is_break() || flagged { Err(Error::Cancelled) } else { Ok(()) }
    }
}

impl std::fmt::Debug for Monitor<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Monitor").field("progress", &self.progress).finish_non_exhaustive()
    }
}
