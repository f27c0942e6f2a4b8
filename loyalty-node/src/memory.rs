//! The memory of callers' typed arrays: whose it is, and the way to write to it.
//!
//! The one place with unsafe code of our own. The properties of a typed array may lie, and reading them may run a caller's
//! code, so its buffer is asked for below JavaScript; and nothing safe in Node-API's binding lends memory for writing.

use crate::convert::shown;
use crate::error::Fallible;
use crate::options::wrong_type;
use loyalty_core::Error;
use napi::bindgen_prelude::{Float64ArraySlice, FromNapiValue, TypedArrayType, Unknown};
use napi::{JsValue, check_status, sys};
use std::ptr;

/// Of which kind a typed array is; unknown for one that this Node does not tell of, such as a Float16Array.
pub(crate) fn typed_array_type(value: Unknown<'_>) -> Fallible<TypedArrayType> {
    let mut kind = -1;
    // SAFETY: `value` is a typed array of this environment, as all callers have made sure; `kind` is the only place written to.
    #[expect(unsafe_code, reason = "see the module's first lines")]
    unsafe {
        check_status!(sys::napi_get_typedarray_info(
            value.value().env,
            value.raw(),
            &mut kind,
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
        ))?;
    }
    Ok(kind.into())
}

/// Whether other threads may write to the memory of the typed array `name`; refuses one whose buffer was given away.
pub(crate) fn is_shared(name: &str, value: Unknown<'_>) -> Fallible<bool> {
    let (env, mut buffer) = (value.value().env, ptr::null_mut());
    let (mut own, mut gone) = (false, false);
    // SAFETY: `value` is a typed array of this environment, as all callers have made sure; the places that are written to are
    // those of this call, and null for what is not asked for.
    #[expect(unsafe_code, reason = "see the module's first lines")]
    unsafe {
        check_status!(sys::napi_get_typedarray_info(
            env,
            value.raw(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            &mut buffer,
            ptr::null_mut(),
        ))?;
        check_status!(sys::napi_is_arraybuffer(env, buffer, &mut own))?;
        if own {
            check_status!(sys::napi_is_detached_arraybuffer(env, buffer, &mut gone))?;
        }
    }
    if gone {
        return wrong_type(name, "an array whose buffer was transferred", "an array that has its memory");
    }
    Ok(!own)
}

/// Lets `work` write into the Float64Array `name`, while it reads `input`, which is other memory.
///
/// Both must have been read from their arguments before, so that no code of JavaScript runs meanwhile.
pub(crate) fn fill<T>(
    name: &str,
    value: Unknown<'_>,
    input: &[f64],
    work: impl FnOnce(&mut [f64]) -> Fallible<T>,
) -> Fallible<T> {
    const MUST: &str = "a Float64Array that no other thread has";
    if !value.is_typedarray()? || !matches!(typed_array_type(value)?, TypedArrayType::Float64) {
        return wrong_type(name, &shown(value), MUST);
    }
    if is_shared(name, value)? {
        return wrong_type(name, "of shared memory", MUST);
    }
    let mut output = Float64ArraySlice::from_unknown(value)?;
    let (read, written) = (input.as_ptr_range(), output.as_ptr_range());
    if read.start < written.end && written.start < read.end {
        let (value, must) = ("memory of the input".to_owned(), "memory of its own".into());
        return Err(Error::InvalidParameter { name: name.to_owned().into(), value, must }.into());
    }
    // SAFETY: the memory belongs to this thread's JavaScript, of which none runs until `work` returns; it is not shared
    // with other threads; and `input`, the only other borrow of a caller's memory, lies elsewhere.
    #[expect(unsafe_code, reason = "see the module's first lines")]
    let numbers = unsafe { output.as_mut() };
    work(numbers)
}

/// Refuses an output of another length than this.
pub(crate) fn check_length(name: &str, got: usize, expected: usize) -> Fallible<()> {
    if got == expected {
        return Ok(());
    }
    let (got, expected) = (format!("{got} number(s)"), format!("{expected} number(s)"));
    Err(Error::ShapeMismatch { name: name.to_owned().into(), got, expected }.into())
}
