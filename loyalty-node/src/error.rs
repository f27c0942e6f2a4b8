//! Errors and panics as JavaScript errors with `code`, `argument`, `row` and `column`.

use crate::names::translated;
use loyalty_core::Error;
use napi::bindgen_prelude::{Function, JsObjectValue, Object, Unknown};
use napi::{Env, JsError, JsRangeError, JsTypeError, JsValue};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Why a call failed.
pub(crate) enum Failure {
    /// What the core, or an argument on its way there, says.
    Core(Error),
    /// What JavaScript threw, or Node-API.
    Node(napi::Error),
    /// What a panic said, of which none is known.
    Panic(String),
    /// Why the system gave no thread for the work.
    NoThread(std::io::Error),
}

/// The result of all that can fail here.
pub(crate) type Fallible<T> = Result<T, Failure>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Core(error)
    }
}

impl From<napi::Error> for Failure {
    fn from(error: napi::Error) -> Self {
        Failure::Node(error)
    }
}

impl Failure {
    /// The failure for a panic.
    pub(crate) fn panic(panic: &(dyn Any + Send)) -> Self {
        let text =
            panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
        Failure::Panic(text.unwrap_or("no message").to_owned())
    }

    /// What Node-API throws, or rejects a promise with.
    pub(crate) fn into_napi(self, env: Env) -> napi::Error {
        let built = match self {
            Failure::Node(error) => return error,
            Failure::Core(error) => of_core(env, error),
            Failure::Panic(text) => {
                let message = format!("internal error, please report it: {text}");
                Ok(JsError::from(napi::Error::new("INTERNAL", message)).into_unknown(env))
            }
            Failure::NoThread(error) => {
                let message = format!("the system gives no thread for the work: {error}");
                Ok(JsError::from(napi::Error::new("INTERNAL", message)).into_unknown(env))
            }
        };
        built.map_or_else(|error| error, napi::Error::from_unknown_without_coercion)
    }
}

/// Runs `work`; a panic in it becomes an error like any other.
pub(crate) fn guarded<T>(env: &Env, work: impl FnOnce() -> Fallible<T>) -> napi::Result<T> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(Failure::panic(&*panic)))
        .map_err(|failure| failure.into_napi(*env))
}

/// Runs `work`, which calls code of JavaScript; what that throws is taken out of the environment, where it would bar
/// every further call, and becomes the failure.
pub(crate) fn caught<T>(env: &Env, work: impl FnOnce() -> Fallible<T>) -> Fallible<T> {
    let nothing: Function<'_, (), ()> = env.create_function_from_closure("nothing", |_| Ok(()))?;
    work().map_err(|failure| {
        // Instead of the call, what is pending is given and cleared.
        let Err(thrown) = nothing.call(()) else { return failure };
        // It was made a text, which may have thrown again.
        let _ = nothing.call(());
        thrown.into()
    })
}

/// A wrong type is a `TypeError`, a value out of range or a shape a `RangeError`, the rest an `Error`.
fn of_core(env: Env, error: Error) -> napi::Result<Unknown<'static>> {
    let error = renamed(error);
    let thrown = napi::Error::new(error.code(), infinities(error.to_string()));
    let value = match error {
        Error::InvalidType { .. } => JsTypeError::from(thrown).into_unknown(env),
        Error::InvalidParameter { .. }
        | Error::InvalidValue { .. }
        | Error::ShapeMismatch { .. }
        | Error::NonFinite { .. }
        | Error::TooFewRows { .. } => JsRangeError::from(thrown).into_unknown(env),
        _ => JsError::from(thrown).into_unknown(env),
    };
    let mut object = Object::from_raw(env.raw(), value.raw());
    if let Some(argument) = error.argument() {
        object.set_named_property("argument", argument)?;
    }
    if let Error::InvalidValue { row, .. } | Error::NonFinite { row, .. } = error {
        object.set_named_property("row", row as f64)?;
    }
    if let Error::NonFinite { column, .. } = error {
        object.set_named_property("column", column as f64)?;
    }
    if let Error::NoEstimate { features, .. } = &error {
        object.set_named_property("features", features.clone())?;
    }
    Ok(value)
}

/// The error of work that was aborted, for the signal's reason.
pub(crate) fn cancelled(env: Env, reason: Option<Unknown<'_>>) -> napi::Error {
    let built = || {
        let value = of_core(env, Error::Cancelled)?;
        let mut object = Object::from_raw(env.raw(), value.raw());
        object.set_named_property("name", "AbortError")?;
        if let Some(reason) = reason {
            object.set_named_property("cause", reason)?;
        }
        Ok(value)
    };
    built().map_or_else(|error| error, napi::Error::from_unknown_without_coercion)
}

/// A message with infinities as JavaScript writes them.
fn infinities(message: String) -> String {
    message.replace(" is inf;", " is Infinity;").replace(" is -inf;", " is -Infinity;")
}

/// The error in the names of this package.
fn renamed(mut error: Error) -> Error {
    match &mut error {
        Error::InvalidParameter { name, value, must } | Error::InvalidType { name, value, must } => {
            *name = translated(name).into();
            if let Some((number, part)) = value.rsplit_once(" for ") {
                // One of several values of the parameter, by the name of its part.
                *value = format!("{number} for {}", translated(part));
            }
            *must = translated(must).into();
            if must.starts_with("a whole number") && value.ends_with(".0") {
                // Only a number beyond the safe ones comes so.
                value.truncate(value.len() - 2);
                *must = format!("{must}; above 2^53 - 1 as a BigInt").into();
            }
        }
        Error::InvalidValue { name, must, .. } => {
            *name = translated(name).into();
            *must = translated(must).into();
        }
        Error::ShapeMismatch { name, got, expected } => {
            *name = translated(name).into();
            *got = translated(got);
            *expected = translated(expected);
        }
        Error::NonFinite { name, .. } | Error::TooFewRows { name, .. } => *name = translated(name).into(),
        Error::Degenerate { name, reason } => {
            *name = translated(name).into();
            *reason = translated(reason).into();
        }
        Error::NoEstimate { reason, .. } => *reason = translated(reason).into(),
        _ => {}
    }
    error
}
