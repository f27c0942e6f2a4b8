//! Long work without the interpreter's lock, which still hears Ctrl-C and tells of its progress.

use crate::error;
use loyalty_core::Result;
use loyalty_core::monitor::{Monitor, Progress};
use pyo3::prelude::*;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// How often the interpreter is asked: a hand on Ctrl-C does not notice, nor does the work.
const INTERVAL: Duration = Duration::from_millis(25);

/// Who hears of the progress: called with stage, iteration and total (or `None`); an exception stops the work.
pub(crate) type Listener = Option<Py<PyAny>>;

/// Runs `work` detached from the interpreter.
pub(crate) fn run<T: Send>(
    py: Python<'_>,
    listener: Listener,
    work: impl FnOnce(&mut Monitor<'_>) -> Result<T> + Send,
) -> PyResult<T> {
    let mut raised = None;
    let outcome = py.detach(|| {
        let mut asked = Instant::now();
        let mut ask = |progress: Progress| {
            if asked.elapsed() < INTERVAL {
                return ControlFlow::Continue(());
            }
            asked = Instant::now();
            // Without an interpreter there is nobody left to work for.
            match Python::try_attach(|py| tell(py, listener.as_ref(), progress)) {
                Some(Ok(())) => ControlFlow::Continue(()),
                Some(Err(error)) => {
                    raised = Some(error);
                    ControlFlow::Break(())
                }
                None => ControlFlow::Break(()),
            }
        };
        catch_unwind(AssertUnwindSafe(|| work(&mut Monitor::new(&mut ask))))
    });
    match (outcome, raised) {
        (_, Some(exception)) => Err(exception),
        (Ok(result), None) => result.map_err(|e| error::from_core(py, e)),
        (Err(panic), None) => Err(error::internal(py, &*panic)),
    }
}

fn tell(py: Python<'_>, listener: Option<&Py<PyAny>>, progress: Progress) -> PyResult<()> {
    py.check_signals()?;
    if let Some(listener) = listener {
        listener.call1(py, (progress.stage, progress.iteration, progress.total))?;
    }
    Ok(())
}
