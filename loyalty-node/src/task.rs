//! Long work on threads of its own, which reports, hears an `AbortSignal`, and ends before its environment does.

use crate::convert::shown;
use crate::error::{Failure, Fallible, cancelled, caught, guarded};
use crate::options::{Options, wrong_type};
use loyalty_core::monitor::{Monitor, Progress as CoreProgress};
use loyalty_core::{Error, Result};
use napi::bindgen_prelude::{
    FnArgs, FromNapiValue, Function, FunctionRef, JsObjectValue, Object, ObjectRef, ToNapiValue, Unknown,
};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status, ValueType};
use napi_derive::napi;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often a listener hears of the progress: an eye does not see more.
const INTERVAL: Duration = Duration::from_millis(25);

/// Where a running fit stands.
#[napi(object)]
#[derive(Clone)]
pub struct Progress {
    /// What is being done, for example `kmeans`.
    pub stage: String,
    /// Steps done in this stage.
    pub iteration: f64,
    /// Steps at the most, where that is known.
    pub total: Option<f64>,
}

/// What a caller wants of work that takes its time.
pub(crate) struct Control<'env> {
    signal: Option<Object<'env>>,
    listener: Option<Function<'env, Progress, Unknown<'static>>>,
}

impl<'env> Control<'env> {
    /// Takes `signal` and `onProgress` out of the options.
    fn take(options: &mut Options<'env>) -> Fallible<Self> {
        let signal = options.take("signal").map(|value| signal(value)).transpose()?;
        let listener = options.take("onProgress").map(|value| {
            if value.get_type()? != ValueType::Function {
                return wrong_type("onProgress", &shown(value), "a function");
            }
            Ok(FromNapiValue::from_unknown(value)?)
        });
        Ok(Self { signal, listener: listener.transpose()? })
    }
}

/// The options of a call that gives a promise.
pub(crate) fn followed(value: Unknown<'_>) -> Fallible<(Control<'_>, Options<'_>)> {
    let mut options = Options::new("options", value)?;
    Ok((Control::take(&mut options)?, options))
}

/// The options of a call that blocks the event loop, and so hears nobody.
pub(crate) fn blocking(value: Unknown<'_>) -> Fallible<Options<'_>> {
    const MUST: &str = "left out of a call that blocks; the one with a promise hears it";
    let mut options = Options::new("options", value)?;
    for name in ["signal", "onProgress"] {
        if let Some(given) = options.take(name) {
            return wrong_type(name, &shown(given), MUST);
        }
    }
    Ok(options)
}

fn signal<'env>(value: Unknown<'env>) -> Fallible<Object<'env>> {
    if value.get_type()? == ValueType::Object {
        let object: Object<'env> = FromNapiValue::from_unknown(value)?;
        let part = |name: &str| object.get_named_property_unchecked::<Unknown<'_>>(name)?.get_type();
        if part("aborted")? == ValueType::Boolean
            && part("addEventListener")? == ValueType::Function
            && part("removeEventListener")? == ValueType::Function
        {
            return Ok(object);
        }
    }
    wrong_type("signal", &shown(value), "an AbortSignal")
}

/// What stops a running task, and why.
#[derive(Default)]
struct Stop {
    flag: AtomicBool,
    /// What the listener threw.
    thrown: Mutex<Option<napi::Error>>,
}

/// A task that runs, as its environment knows it.
struct Running {
    stop: Arc<Stop>,
    thread: Option<JoinHandle<()>>,
    /// The signal, and what was added to it.
    heard: Option<(ObjectRef<false>, FunctionRef<(), ()>)>,
    /// Whether the listener is still to be told.
    telling: Arc<AtomicBool>,
    /// Rejects the promise without waiting for the work.
    reject: Option<Box<dyn FnOnce()>>,
}

thread_local! {
    /// The tasks of this thread's environment.
    static RUNNING: RefCell<HashMap<u64, Running>> = RefCell::default();
    /// Threads of tasks that were aborted, until they have noticed.
    static ENDING: RefCell<Vec<JoinHandle<()>>> = RefCell::default();
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

/// Stops the environment's tasks, and waits for them, before it goes.
pub(crate) fn register(env: &Env) -> napi::Result<()> {
    env.add_env_cleanup_hook((), |()| {
        let running =
            RUNNING.try_with(|running| std::mem::take(&mut *running.borrow_mut())).unwrap_or_default();
        for task in running.values() {
            task.stop.flag.store(true, Ordering::Relaxed);
        }
        let ending = ENDING.try_with(RefCell::take).unwrap_or_default();
        for thread in running.into_values().filter_map(|task| task.thread).chain(ending) {
            // What it panicked with has been made an error.
            let _ = thread.join();
        }
    })?;
    Ok(())
}

/// A promise of the answer of `work`, which runs on a thread of its own; `answer` makes a value of JavaScript of it.
///
/// `prepare` reads and copies all arguments. What it refuses rejects the promise.
pub(crate) fn start<'env, W, A, T, R>(
    env: &'env Env,
    prepare: impl FnOnce() -> Fallible<(Control<'env>, W, A)>,
) -> napi::Result<Object<'env>>
where
    W: FnOnce(&mut Monitor<'_>) -> Result<T> + Send + 'static,
    A: FnOnce(&Env, T) -> Fallible<R> + Send + 'static,
    T: Send + 'static,
    R: ToNapiValue + 'static,
{
    let id = NEXT.replace(NEXT.get() + 1);
    ENDING.with_borrow_mut(|threads| threads.retain(|thread| !thread.is_finished()));
    let prepared = catch_unwind(AssertUnwindSafe(|| {
        caught(env, || {
            let (control, work, answer) = prepare()?;
            if let Some(signal) = control.signal
                && signal.get_named_property_unchecked::<bool>("aborted")?
            {
                let reason = signal.get_named_property_unchecked("reason")?;
                return Err(Failure::Node(cancelled(*env, Some(reason))));
            }
            Ok((Arrangement::new(env, id, control)?, work, answer))
        })
    }));
    // After the listener's queue, which so is emptied before the promise is settled.
    let (deferred, promise) = env.create_deferred::<R, Box<dyn FnOnce(Env) -> napi::Result<R> + Send>>()?;
    let (arrangement, work, answer) = match prepared.unwrap_or_else(|panic| Err(Failure::panic(&*panic))) {
        Ok(prepared) => prepared,
        Err(failure) => {
            deferred.resolve(Box::new(move |env| Err(failure.into_napi(env))));
            return Ok(promise);
        }
    };
    let Arrangement { stop, reporter, mut running } = arrangement;
    let early = deferred.clone();
    running.reject = Some(Box::new(move || {
        early.resolve(Box::new(move |env| Err(cancelled(env, finished(&env, id, Wait::No)))));
    }));
    RUNNING.with_borrow_mut(|tasks| tasks.insert(id, running));
    // Settles the promise should there be no thread that does.
    let spare = deferred.clone();
    let spawned = thread::Builder::new().name("loyalty".to_owned()).spawn(move || {
        let outcome = catch_unwind(AssertUnwindSafe(|| run(work, &stop, reporter)))
            .unwrap_or_else(|panic| Err(Failure::panic(&*panic)));
        deferred.resolve(Box::new(move |env| {
            let reason = finished(&env, id, Wait::Yes);
            let thrown = stop.thrown.lock().unwrap_or_else(PoisonError::into_inner).take();
            match (thrown, outcome) {
                (Some(thrown), _) => Err(thrown),
                (None, Ok(value)) => guarded(&env, || answer(&env, value)),
                (None, Err(Failure::Core(Error::Cancelled))) => Err(cancelled(env, reason)),
                (None, Err(failure)) => Err(failure.into_napi(env)),
            }
        }));
    });
    match spawned {
        Ok(thread) => RUNNING.with_borrow_mut(|tasks| {
            if let Some(task) = tasks.get_mut(&id) {
                task.thread = Some(thread);
            }
        }),
        Err(error) => {
            finished(env, id, Wait::Yes);
            spare.resolve(Box::new(move |env| Err(Failure::NoThread(error).into_napi(env))));
        }
    }
    Ok(promise)
}

/// All that is to be arranged on the event loop's thread before the work starts.
struct Arrangement {
    stop: Arc<Stop>,
    reporter: Option<Reporter>,
    running: Running,
}

/// Tells the listener of the progress, from any thread.
type Reporter = ThreadsafeFunction<Progress, (), Progress, Status, false, true, 1>;

impl Arrangement {
    fn new(env: &Env, id: u64, control: Control<'_>) -> Fallible<Self> {
        let stop = Arc::new(Stop::default());
        let telling = Arc::new(AtomicBool::new(true));
        let reporter = control.listener.map(|listener| reporter(env, &listener, &telling)).transpose()?;
        // At last, as nobody would take it back after a failure.
        let heard = control.signal.map(|signal| listen(env, id, signal, &stop)).transpose()?;
        let running = Running { stop: stop.clone(), thread: None, heard, telling, reject: None };
        Ok(Self { stop, reporter, running })
    }
}

/// `addEventListener`, or the method that takes back what it did.
type ListenerMethod<'a> = Function<'a, FnArgs<(&'static str, Function<'a, (), ()>)>, Unknown<'a>>;

/// Stops the work when the signal says so, and rejects its promise at once: some work is slow to notice.
fn listen(
    env: &Env,
    id: u64,
    signal: Object<'_>,
    stop: &Arc<Stop>,
) -> Fallible<(ObjectRef<false>, FunctionRef<(), ()>)> {
    let stop = stop.clone();
    let listener: Function<'_, (), ()> = env.create_function_from_closure("abort", move |_| {
        stop.flag.store(true, Ordering::Relaxed);
        if let Some(reject) =
            RUNNING.with_borrow_mut(|tasks| tasks.get_mut(&id).and_then(|task| task.reject.take()))
        {
            reject();
        }
        Ok(())
    })?;
    let listener_ref = listener.create_ref()?;
    let add: ListenerMethod<'_> = signal.get_named_property_unchecked("addEventListener")?;
    add.apply(signal, ("abort", listener).into())?;
    Ok((signal.create_ref()?, listener_ref))
}

fn reporter(
    env: &Env,
    listener: &Function<'_, Progress, Unknown<'static>>,
    telling: &Arc<AtomicBool>,
) -> Fallible<Reporter> {
    let (listener, telling) = (listener.create_ref()?, telling.clone());
    let tell: Function<'_, Progress, ()> = env.create_function_from_closure("onProgress", move |call| {
        if telling.load(Ordering::Relaxed) {
            // Unlike `call`, this passes on what the listener throws as it is, be it no error.
            listener.borrow_back(call.env)?.apply((), call.first_arg()?)?;
        }
        Ok(())
    })?;
    Ok(tell
        .build_threadsafe_function()
        .max_queue_size::<1>()
        .weak::<true>()
        .callee_handled::<false>()
        .build()?)
}

/// The work itself, on its own thread.
fn run<T>(
    work: impl FnOnce(&mut Monitor<'_>) -> Result<T>,
    stop: &Arc<Stop>,
    reporter: Option<Reporter>,
) -> Fallible<T> {
    let mut told: Option<Instant> = None;
    let mut tell = |progress: CoreProgress| {
        if let Some(reporter) = &reporter
            && told.is_none_or(|told| told.elapsed() >= INTERVAL)
        {
            told = Some(Instant::now());
            let stop = stop.clone();
            let heard = move |outcome: napi::Result<()>, _| {
                // What the listener throws stops the work and rejects its promise.
                if let Err(thrown) = outcome {
                    *stop.thrown.lock().unwrap_or_else(PoisonError::into_inner) = Some(thrown);
                    stop.flag.store(true, Ordering::Relaxed);
                }
                Ok(())
            };
            // If the event loop is too busy to hear this one, it hears the next.
            let mode = ThreadsafeFunctionCallMode::NonBlocking;
            reporter.call_with_return_value(progress.into(), mode, heard);
        }
        ControlFlow::Continue(())
    };
    let mut monitor = Monitor::new(&mut tell).cancelled_by(&stop.flag);
    Ok(work(&mut monitor)?)
}

impl From<CoreProgress> for Progress {
    fn from(progress: CoreProgress) -> Self {
        Self {
            stage: progress.stage.to_owned(),
            iteration: progress.iteration as f64,
            total: progress.total.map(|total| total as f64),
        }
    }
}

/// Whether to wait for the thread of a task, which is about to end, or may take its time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wait {
    Yes,
    No,
}

/// Lets go of a task that is done: of its thread, its signal, its listener. Gives the signal's reason, had it been aborted.
fn finished<'env>(env: &'env Env, id: u64, wait: Wait) -> Option<Unknown<'env>> {
    let task = RUNNING.with_borrow_mut(|tasks| tasks.remove(&id))?;
    task.telling.store(false, Ordering::Relaxed);
    match task.thread {
        // What it panicked with has been made an error.
        Some(thread) if wait == Wait::Yes => drop(thread.join()),
        Some(thread) => ENDING.with_borrow_mut(|threads| threads.push(thread)),
        None => {}
    }
    let (signal_ref, listener) = task.heard?;
    let reason = caught(env, || {
        let signal = signal_ref.get_value(env)?;
        let reason = signal.get_named_property_unchecked("reason")?;
        let remove: ListenerMethod<'_> = signal.get_named_property_unchecked("removeEventListener")?;
        remove.apply(signal, ("abort", listener.borrow_back(env)?).into())?;
        Ok(reason)
    });
    // What a signal of the caller's own making throws is no matter of the work, which is done.
    let _ = signal_ref.unref(env);
    reason.ok()
}
