//! Classes of any kind, and answers of yes or no, as the numbers that the core takes.

use crate::convert::{Floats, elements, number_text, safe_integer, shown, wrong_row};
use crate::error::Fallible;
use crate::memory::typed_array_type;
use crate::options::wrong_type;
use loyalty_core::Error;
use napi::bindgen_prelude::{Either3, FromNapiValue, TypedArrayType, Unknown};
use napi::{JsValue, ValueType};

/// A class as it was given.
pub(super) type Label = Either3<String, f64, bool>;

const ROW_MUST: &str = "a class: a whole number, a text or a boolean";

/// One class a row.
pub(super) struct Column {
    name: &'static str,
    values: Values,
}

enum Values {
    /// Booleans are 0 and 1 among numbers; `flags` says that all are booleans.
    Numbers {
        values: Vec<i64>,
        flags: bool,
    },
    Texts(Vec<String>),
}

impl Column {
    /// The classes of the argument `name`.
    pub(super) fn new(name: &'static str, value: Unknown<'_>) -> Fallible<Self> {
        const MUST: &str = "an array of whole numbers, texts or booleans, or a typed array of whole numbers";
        if value.is_typedarray()? {
            return match typed_array_type(value)? {
                TypedArrayType::BigInt64 | TypedArrayType::BigUint64 => {
                    wrong_type(name, "a typed array of BigInts", MUST)
                }
                _ => Self::of_numbers(name, &Floats::new(name, value)?.copied()?),
            };
        }
        if !value.is_array()? {
            return wrong_type(name, &shown(value), MUST);
        }
        let (mut numbers, mut flags, mut texts) = (Vec::new(), true, Vec::new());
        elements(name, value, |row, element| {
            match element.get_type()? {
                ValueType::Boolean => numbers.push(i64::from(bool::from_unknown(element)?)),
                ValueType::Number => {
                    flags = false;
                    match safe_integer(FromNapiValue::from_unknown(element)?) {
                        Some(class) => numbers.push(class),
                        None => return wrong_row(name, row, element, ROW_MUST),
                    }
                }
                ValueType::String => texts.push(FromNapiValue::from_unknown(element)?),
                _ => return wrong_row(name, row, element, ROW_MUST),
            }
            if numbers.is_empty() || texts.is_empty() { Ok(()) } else { different(name) }
        })?;
        let values =
            if texts.is_empty() { Values::Numbers { values: numbers, flags } } else { Values::Texts(texts) };
        Ok(Self { name, values })
    }

    fn of_numbers(name: &'static str, numbers: &[f64]) -> Fallible<Self> {
        let class = |(row, &number): (usize, &f64)| {
            safe_integer(number).ok_or_else(|| invalid(name, row, number_text(number), ROW_MUST).into())
        };
        let values = numbers.iter().enumerate().map(class).collect::<Fallible<_>>()?;
        Ok(Self { name, values: Values::Numbers { values, flags: numbers.is_empty() } })
    }

    /// The answers, if yes and no are all there is.
    fn answers(&self) -> Option<Vec<bool>> {
        let Values::Numbers { values, .. } = &self.values else { return None };
        values
            .iter()
            .all(|value| matches!(value, 0 | 1))
            .then(|| values.iter().map(|&value| value == 1).collect())
    }
}

fn different<T>(name: &'static str) -> Fallible<T> {
    wrong_type(name, "of different kinds of classes", "all numbers, all texts or all booleans")
}

fn invalid(name: &'static str, row: usize, value: String, must: &'static str) -> Error {
    Error::InvalidValue { name: name.into(), row, value, must: must.into() }
}

/// The distinct classes, ascending.
pub(super) struct Classes(Distinct);

enum Distinct {
    Numbers { values: Vec<i64>, flags: bool },
    Texts(Vec<String>),
}

impl Classes {
    /// The class of this place among them, as it was given.
    pub(super) fn label(&self, code: u32) -> Label {
        let code = code as usize;
        match &self.0 {
            Distinct::Numbers { values, flags: true } => Either3::C(values.get(code) == Some(&1)),
            Distinct::Numbers { values, .. } => {
                Either3::B(values.get(code).map_or(f64::NAN, |&value| value as f64))
            }
            Distinct::Texts(values) => Either3::A(values.get(code).cloned().unwrap_or_default()),
        }
    }

    /// The same for a message.
    pub(super) fn text(&self, code: u32) -> String {
        match self.label(code) {
            Either3::A(text) => {
                let start: String = text.chars().take(40).collect();
                let end = if start.len() < text.len() { "…" } else { "" };
                format!("{start:?}{end}")
            }
            Either3::B(number) => number_text(number),
            Either3::C(flag) => flag.to_string(),
        }
    }

    fn len(&self) -> usize {
        match &self.0 {
            Distinct::Numbers { values, .. } => values.len(),
            Distinct::Texts(values) => values.len(),
        }
    }

    /// Where this one stands.
    fn place(&self, label: &Label) -> Option<u32> {
        let place = match (&self.0, label) {
            (Distinct::Texts(values), Either3::A(text)) => values.binary_search(text).ok(),
            (Distinct::Numbers { values, .. }, Either3::B(number)) => {
                safe_integer(*number).and_then(|number| values.binary_search(&number).ok())
            }
            (Distinct::Numbers { values, .. }, Either3::C(flag)) => {
                values.binary_search(&i64::from(*flag)).ok()
            }
            _ => None,
        };
        place.map(|place| place as u32)
    }
}

/// The distinct classes of all columns, ascending, and for each column where its classes stand among them.
pub(super) fn encoded<const N: usize>(columns: [&Column; N]) -> Fallible<(Classes, [Vec<u32>; N])> {
    let all_texts = columns.iter().any(|column| matches!(column.values, Values::Texts(_)));
    for column in columns {
        // A column without rows is of every kind.
        if all_texts && matches!(&column.values, Values::Numbers { values, .. } if !values.is_empty()) {
            return different(columns.last().map_or(column.name, |last| last.name));
        }
    }
    if all_texts {
        let (distinct, codes) = places(columns.map(|column| match &column.values {
            Values::Texts(values) => values.as_slice(),
            Values::Numbers { .. } => &[],
        }));
        return Ok((Classes(Distinct::Texts(distinct)), codes));
    }
    let mut flags = true;
    let (values, codes) = places(columns.map(|column| match &column.values {
        Values::Numbers { values, flags: these } => {
            flags &= these;
            values.as_slice()
        }
        Values::Texts(_) => &[],
    }));
    Ok((Classes(Distinct::Numbers { values, flags }), codes))
}

fn places<T: Ord + Clone, const N: usize>(columns: [&[T]; N]) -> (Vec<T>, [Vec<u32>; N]) {
    let mut distinct: Vec<&T> = columns.iter().copied().flatten().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let place = |value: &T| distinct.partition_point(|&other| other < value) as u32;
    let codes = columns.map(|column| column.iter().map(place).collect());
    (distinct.into_iter().cloned().collect(), codes)
}

/// Which class is the positive one, where yes and no are not said in so many words.
pub(super) struct PosLabel(Option<(Label, String)>);

impl PosLabel {
    /// Of the option.
    pub(super) fn new(given: Option<Unknown<'_>>) -> Fallible<Self> {
        let label = given.map(|value| {
            let label = match value.get_type()? {
                ValueType::String => Either3::A(FromNapiValue::from_unknown(value)?),
                ValueType::Number => Either3::B(FromNapiValue::from_unknown(value)?),
                ValueType::Boolean => Either3::C(FromNapiValue::from_unknown(value)?),
                _ => return wrong_type("posLabel", &shown(value), ROW_MUST),
            };
            Ok((label, shown(value)))
        });
        Ok(Self(label.transpose()?))
    }

    /// Which rows of each column are positive.
    pub(super) fn answers<const N: usize>(&self, columns: [&Column; N]) -> Fallible<[Vec<bool>; N]> {
        if self.0.is_none() {
            let answers = columns.map(Column::answers);
            if answers.iter().all(Option::is_some) {
                return Ok(answers.map(Option::unwrap_or_default));
            }
        }
        let (classes, codes) = encoded(columns)?;
        if classes.len() > 2 {
            return Err(third_class(columns, &classes, &codes).into());
        }
        let wrong = |given: &str, must: &'static str| {
            let names: Vec<_> = columns.iter().map(|column| column.name).collect();
            let known: Vec<_> = (0..classes.len() as u32).map(|code| classes.text(code)).collect();
            let value = format!("{given}, where {} has {}", names.join(" and "), known.join(" and "));
            Error::InvalidParameter { name: "posLabel".into(), value, must: must.into() }
        };
        let Some((label, shown)) = &self.0 else {
            return Err(wrong("undefined", "the positive class").into());
        };
        let positive = classes.place(label);
        if positive.is_none() && classes.len() == 2 {
            return Err(wrong(shown, "one of them").into());
        }
        Ok(codes.map(|codes| codes.into_iter().map(|code| Some(code) == positive).collect()))
    }
}

/// The error for the first row whose class makes three.
fn third_class<const N: usize>(columns: [&Column; N], classes: &Classes, codes: &[Vec<u32>; N]) -> Error {
    let mut seen = Vec::new();
    for (column, codes) in columns.iter().zip(codes) {
        for (row, code) in codes.iter().enumerate() {
            if seen.contains(code) {
                continue;
            }
            seen.push(*code);
            if let &[first, second, third] = seen.as_slice() {
                let [first, second, third] = [first, second, third].map(|code| classes.text(code));
                let value = format!("{third}, a third class beside {first} and {second}");
                return invalid(column.name, row, value, "one of two");
            }
        }
    }
    invalid("truth", 0, "a third class".to_owned(), "one of two")
}
