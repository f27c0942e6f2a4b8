//! Long arrays in one piece.
//!
//! Node-API takes some 70 ns to read one number of an array, a loop of JavaScript two or three. So arrays of nothing but
//! numbers and nulls, of rows of such, or of Dates and nulls, are packed by such a loop. What it does not pack is read element by element, and
//! errors are found there. (Texts are not packed: to join them takes as long as to read them.)

use crate::error::Fallible;
use napi::bindgen_prelude::{Float64ArraySlice, FromNapiValue, FunctionRef, JsObjectValue, Object, Unknown};
use napi::{Env, JsValue, ValueType};
use std::cell::RefCell;

/// The elements from which on a call of a loop costs less than it saves.
const LONG: u32 = 32;

/// Each loop gives `undefined` as soon as it meets what it does not pack. It holds on to what a caller may replace later.
const LOOPS: &str = "(() => {
  'use strict'
  const { Float64Array } = globalThis
  const { isArray } = Array
  const getTime = Function.prototype.call.bind(Date.prototype.getTime)
  const isNull = (value) => value === null || value === undefined
  return {
    numbers: (array) => {
      const { length, 0: first } = array
      if (typeof first !== 'number' && !isNull(first)) return
      const numbers = new Float64Array(length)
      for (let i = 0; i < length; i++) {
        const value = array[i]
        if (typeof value === 'number') numbers[i] = value
        else if (isNull(value)) numbers[i] = NaN
        else return
      }
      return numbers
    },
    rows: (array) => {
      const { length, 0: first } = array
      if (!isArray(first)) return
      const cols = first.length
      if (!(length * cols <= 2 ** 30)) return
      const numbers = new Float64Array(length * cols)
      let at = 0
      for (let i = 0; i < length; i++) {
        const row = array[i]
        if (!isArray(row) || row.length !== cols) return
        for (let j = 0; j < cols; j++) {
          const value = row[j]
          if (typeof value === 'number') numbers[at++] = value
          else if (isNull(value)) numbers[at++] = NaN
          else return
        }
      }
      return array.length === length ? numbers : undefined
    },
    dates: (array) => {
      const { length } = array
      const numbers = new Float64Array(length)
      try {
        for (let i = 0; i < length; i++) {
          const value = array[i]
          numbers[i] = isNull(value) ? NaN : getTime(value)
        }
      } catch {
        return
      }
      return numbers
    },
  }
})()";

type Loop = FunctionRef<Object<'static>, Unknown<'static>>;

/// The loops of one environment.
struct Loops {
    numbers: Loop,
    rows: Loop,
    dates: Loop,
}

thread_local! {
    static OF_THIS_THREAD: RefCell<Option<Loops>> = const { RefCell::new(None) };
}

/// Makes the loops of an environment.
pub(crate) fn register(env: &Env) -> napi::Result<()> {
    let loops: Object<'_> = env.run_script(LOOPS)?;
    let part = |name: &str| loops.get_named_property_unchecked(name);
    let loops = Loops { numbers: part("numbers")?, rows: part("rows")?, dates: part("dates")? };
    OF_THIS_THREAD.set(Some(loops));
    env.add_env_cleanup_hook((), |()| {
        let _ = OF_THIS_THREAD.try_with(RefCell::take);
    })?;
    Ok(())
}

/// What a loop makes of an array; none of a short one or of what it does not pack.
fn packed<'env>(array: Unknown<'env>, which: fn(&Loops) -> &Loop) -> Fallible<Option<Unknown<'env>>> {
    let env = Env::from_raw(array.value().env);
    let object = Object::from_raw(env.raw(), array.raw());
    if !(LONG..=crate::convert::LONGEST).contains(&object.get_array_length()?) {
        return Ok(None);
    }
    let function =
        OF_THIS_THREAD.with_borrow(|loops| loops.as_ref().map(|loops| which(loops).borrow_back(&env)));
    let Some(function) = function else { return Ok(None) };
    let packed = function?.call(object)?;
    Ok((packed.get_type()? == ValueType::Object).then_some(packed))
}

/// A Float64Array of an array of numbers, NaN for a null.
pub(crate) fn numbers<'env>(array: Unknown<'env>) -> Fallible<Option<Unknown<'env>>> {
    packed(array, |loops| &loops.numbers)
}

/// A Float64Array of an array of equally long arrays of numbers, row by row; NaN for a null.
pub(crate) fn rows<'env>(array: Unknown<'env>) -> Fallible<Option<Unknown<'env>>> {
    packed(array, |loops| &loops.rows)
}

/// The milliseconds of an array of Dates, NaN for an invalid one and a null.
pub(crate) fn dates<'env>(array: Unknown<'env>) -> Fallible<Option<Float64ArraySlice<'env>>> {
    Ok(packed(array, |loops| &loops.dates)?.map(FromNapiValue::from_unknown).transpose()?)
}
