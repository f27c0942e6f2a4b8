//! The core for the Node package `loyalty`.
//!
//! A function here converts its arguments, calls the core and converts the answer. Its documentation becomes that of
//! the package's types, together with those of `types.d.ts`.

mod columns;
mod error;
mod memory;
mod names;
mod options;
mod order_log;
mod packing;
mod time;

pub mod churn;
pub mod clv;
pub mod convert;
pub mod customers;
pub mod kmeans;
pub mod metrics;
pub mod model;
pub mod rfm;
pub mod scaling;
pub mod score;
pub mod scorecard;
pub mod task;

use napi::Env;
use napi::bindgen_prelude::{Object, Unknown};
use napi_derive::napi;

/// Prepares an environment: the main one, or a worker's.
#[napi(module_exports)]
pub fn initialise(_exports: Object<'_>, env: Env) -> napi::Result<()> {
    packing::register(&env)?;
    task::register(&env)
}

/// Panics, in a call or in a task: for the tests, which prove that no panic reaches the host.
#[napi(js_name = "__panic", skip_typescript)]
pub fn provoke_panic(env: &Env) -> napi::Result<()> {
    error::guarded(env, || Ok(fall()?))
}

/// As `__panic`, on a thread of its own.
#[napi(js_name = "__panicLater", skip_typescript)]
pub fn provoke_panic_later<'env>(env: &'env Env, options: Unknown<'env>) -> napi::Result<Object<'env>> {
    task::start(env, || {
        let (control, _) = task::followed(options)?;
        Ok((control, |_: &mut loyalty_core::monitor::Monitor<'_>| fall(), |_: &Env, ()| Ok(())))
    })
}

#[expect(clippy::panic, reason = "it is the point")]
fn fall() -> loyalty_core::Result<()> {
    panic!("provoked by a test")
}
