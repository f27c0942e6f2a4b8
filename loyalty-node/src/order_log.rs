//! Columns of ids and order logs from JavaScript.

use crate::columns::{Moments, MomentsView};
use crate::convert::{
    Floats, FloatsView, elements, number_text, optional_copy, optional_view, safe_integer, shown, wrong_row,
};
use crate::error::Fallible;
use crate::memory::{is_shared, typed_array_type};
use crate::options::{properties, wrong_type};
use crate::packing;
use loyalty_core::Error;
use loyalty_core::customers::{CustomerIds, Ids, Transactions};
use loyalty_core::scorecard::OrderLog;
use napi::bindgen_prelude::{
    BigInt, BigInt64Array, BigInt64ArraySlice, BigUint64ArraySlice, Either4, Float64ArraySlice,
    FromNapiValue, Int8ArraySlice, Int16ArraySlice, Int32Array, Int32ArraySlice, TypedArrayType,
    Uint8ArraySlice, Uint8ClampedSlice, Uint16ArraySlice, Uint32ArraySlice, Unknown, Utf16String,
};
use napi::{JsValue, ValueType};

/// What ids are made of in JavaScript, and so come back as. Of the whole numbers each kind holds those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum IdKind {
    /// An Int32Array, or one of smaller integers.
    Int32,
    /// Numbers without fraction.
    Number,
    /// BigInts.
    BigInt,
    /// Texts.
    Text,
}

/// Ids as JavaScript is given them: of the kind it gave.
pub(crate) type AnsweredIds = Either4<Vec<String>, Int32Array, BigInt64Array, Vec<f64>>;

/// The ids of an answer, for a log whose ids were of this kind.
pub(crate) fn answered(ids: CustomerIds, kind: Option<IdKind>) -> Fallible<AnsweredIds> {
    match (ids, kind) {
        (CustomerIds::Str(ids), _) => Ok(Either4::A(ids)),
        (CustomerIds::Int(ids), Some(IdKind::Int32)) => {
            Ok(Either4::B(ids.into_iter().map(|id| id as i32).collect::<Vec<_>>().into()))
        }
        (CustomerIds::Int(ids), Some(IdKind::BigInt)) => Ok(Either4::C(ids.into())),
        (CustomerIds::Int(ids), _) => Ok(Either4::D(ids.into_iter().map(|id| id as f64).collect())),
        _ => wrong_type("customer", "of a kind that this package does not know", IDS_MUST),
    }
}

const IDS_MUST: &str = "an array of texts, of whole numbers or of BigInts, or a typed array of integers";
const ID_MUST: &str = "a text, a whole number or a BigInt; null where there is none";
const SAFE_MUST: &str = "a whole number, at most 2^53 - 1; above as a BigInt";
const SIGNED_MUST: &str = "a whole number of 64 bits, with a sign";

/// A column of ids.
struct IdColumn<'env> {
    /// None where there is no id at all.
    kind: Option<IdKind>,
    ids: IdSource<'env>,
}

enum IdSource<'env> {
    /// A BigInt64Array, whose memory is borrowed at last.
    Typed(Unknown<'env>),
    /// Others, converted.
    Read(IdList),
}

/// Ids apart from the caller's memory.
struct IdList {
    values: IdValues,
    /// The rows without an id, ascending; in the values something stands there.
    nulls: Vec<usize>,
}

enum IdValues {
    Ints(Vec<i64>),
    Texts(Texts),
}

/// Texts one after the other: millions of small ones would spend more on their allocations than on their letters.
#[derive(Default)]
struct Texts {
    letters: String,
    ends: Vec<usize>,
}

impl Texts {
    /// Adds the text of this row, after an empty one for each row that was left out.
    fn push(&mut self, row: usize, text: &str) {
        self.ends.resize(row, self.letters.len());
        self.letters.push_str(text);
        self.ends.push(self.letters.len());
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        self.ends.iter().scan(0, |start, &end| self.letters.get(std::mem::replace(start, end)..end))
    }
}

impl<'env> IdColumn<'env> {
    /// The ids of the argument `name`; `null` and `undefined` are null.
    fn new(name: &str, value: Unknown<'env>) -> Fallible<Self> {
        if value.is_typedarray()? {
            return Self::typed(name, value);
        }
        if !value.is_array()? {
            return wrong_type(name, &shown(value), IDS_MUST);
        }
        // Where this fails there is a null or an error, of which the array's own element says more.
        if let Some(numbers) = packing::numbers(value)?
            && let Ok(ids) = Self::typed(name, numbers)
        {
            return Ok(ids);
        }
        let (mut kind, mut rows) = (None, 0);
        let (mut ints, mut texts, mut nulls) = (Vec::new(), Texts::default(), Vec::new());
        elements(name, value, |row, element| {
            rows = row + 1;
            let found = match element.get_type()? {
                ValueType::String => IdKind::Text,
                ValueType::Number => IdKind::Number,
                ValueType::BigInt => IdKind::BigInt,
                ValueType::Null | ValueType::Undefined => {
                    nulls.push(row);
                    return Ok(());
                }
                _ => return wrong_row(name, row, element, ID_MUST),
            };
            if *kind.get_or_insert(found) != found {
                let must = match kind {
                    Some(IdKind::Text) => "a text, as the ids before",
                    Some(IdKind::BigInt) => "a BigInt, as the ids before",
                    _ => "a number, as the ids before",
                };
                return wrong_row(name, row, element, must);
            }
            if found == IdKind::Text {
                texts.push(row, &text(name, row, element)?);
                return Ok(());
            }
            ints.resize(row, 0);
            let (int, must) = if found == IdKind::Number {
                (safe_integer(f64::from_unknown(element)?), SAFE_MUST)
            } else {
                let (int, lossless) = BigInt::from_unknown(element)?.get_i64();
                (lossless.then_some(int), SIGNED_MUST)
            };
            match int {
                Some(int) => ints.push(int),
                None => return wrong_row(name, row, element, must),
            }
            Ok(())
        })?;
        let values = if kind == Some(IdKind::Text) {
            texts.ends.resize(rows, texts.letters.len());
            IdValues::Texts(texts)
        } else {
            ints.resize(rows, 0);
            IdValues::Ints(ints)
        };
        Ok(Self { kind, ids: IdSource::Read(IdList { values, nulls }) })
    }

    fn typed(name: &str, value: Unknown<'env>) -> Fallible<Self> {
        let (kind, ints) = match typed_array_type(value)? {
            TypedArrayType::BigInt64 if !is_shared(name, value)? => {
                return Ok(Self { kind: Some(IdKind::BigInt), ids: IdSource::Typed(value) });
            }
            TypedArrayType::BigInt64 => (IdKind::BigInt, BigInt64ArraySlice::from_unknown(value)?.to_vec()),
            TypedArrayType::BigUint64 => {
                let ids = BigUint64ArraySlice::from_unknown(value)?;
                (
                    IdKind::BigInt,
                    checked(name, &ids, SIGNED_MUST, |id| i64::try_from(id).ok(), u64::to_string)?,
                )
            }
            TypedArrayType::Float64 => {
                let ids = Float64ArraySlice::from_unknown(value)?;
                (IdKind::Number, checked(name, &ids, SAFE_MUST, safe_integer, |&id| number_text(id))?)
            }
            TypedArrayType::Uint32 => (IdKind::Number, widened(&Uint32ArraySlice::from_unknown(value)?)),
            TypedArrayType::Int32 => (IdKind::Int32, widened(&Int32ArraySlice::from_unknown(value)?)),
            TypedArrayType::Int16 => (IdKind::Int32, widened(&Int16ArraySlice::from_unknown(value)?)),
            TypedArrayType::Int8 => (IdKind::Int32, widened(&Int8ArraySlice::from_unknown(value)?)),
            TypedArrayType::Uint16 => (IdKind::Int32, widened(&Uint16ArraySlice::from_unknown(value)?)),
            TypedArrayType::Uint8 => (IdKind::Int32, widened(&Uint8ArraySlice::from_unknown(value)?)),
            TypedArrayType::Uint8Clamped => {
                (IdKind::Int32, widened(&Uint8ClampedSlice::from_unknown(value)?))
            }
            // Floats of less than 64 bits have made one id of several long before they come here.
            _ => return wrong_type(name, "a typed array of no such numbers", IDS_MUST),
        };
        let list = IdList { values: IdValues::Ints(ints), nulls: Vec::new() };
        Ok(Self { kind: Some(kind), ids: IdSource::Read(list) })
    }

    /// The ids, to be read before any other code of JavaScript runs.
    fn view(&self) -> Fallible<IdsView<'_>> {
        Ok(match &self.ids {
            IdSource::Typed(value) => IdsView::Typed(FromNapiValue::from_unknown(*value)?),
            IdSource::Read(list) => list.view(),
        })
    }

    fn copied(self) -> Fallible<IdList> {
        Ok(match self.ids {
            IdSource::Typed(value) => {
                let ids = BigInt64ArraySlice::from_unknown(value)?.to_vec();
                IdList { values: IdValues::Ints(ids), nulls: Vec::new() }
            }
            IdSource::Read(list) => list,
        })
    }
}

/// A text id. Halves of characters, which UTF-8 has not, would all become the same replacement.
fn text(name: &str, row: usize, element: Unknown<'_>) -> Fallible<String> {
    let text = String::from_unknown(element)?;
    if text.contains(char::REPLACEMENT_CHARACTER) {
        let units = Utf16String::from_unknown(element)?;
        if char::decode_utf16(units.iter().copied()).any(|unit| unit.is_err()) {
            return wrong_row(name, row, element, "a text of whole characters");
        }
    }
    Ok(text)
}

fn widened<T: Copy + Into<i64>>(ids: &[T]) -> Vec<i64> {
    ids.iter().map(|&id| id.into()).collect()
}

fn checked<T: Copy>(
    name: &str,
    ids: &[T],
    must: &'static str,
    integer: impl Fn(T) -> Option<i64>,
    shown: impl Fn(&T) -> String,
) -> Fallible<Vec<i64>> {
    let checked = |(row, id): (usize, &T)| {
        let invalid =
            || Error::InvalidValue { name: name.to_owned().into(), row, value: shown(id), must: must.into() };
        Ok(integer(*id).ok_or_else(invalid)?)
    };
    ids.iter().enumerate().map(checked).collect()
}

impl IdList {
    fn view(&self) -> IdsView<'_> {
        match &self.values {
            IdValues::Ints(ids) if self.nulls.is_empty() => IdsView::Ints(ids),
            IdValues::Ints(ids) => IdsView::NullableInts(self.nullable(ids.iter().copied())),
            IdValues::Texts(texts) if self.nulls.is_empty() => IdsView::Texts(texts.iter().collect()),
            IdValues::Texts(texts) => IdsView::NullableTexts(self.nullable(texts.iter())),
        }
    }

    fn nullable<T>(&self, ids: impl Iterator<Item = T>) -> Vec<Option<T>> {
        let mut ids: Vec<Option<T>> = ids.map(Some).collect();
        for &row in &self.nulls {
            ids[row] = None;
        }
        ids
    }
}

/// Ids to read now.
enum IdsView<'a> {
    Typed(BigInt64ArraySlice<'a>),
    Ints(&'a [i64]),
    NullableInts(Vec<Option<i64>>),
    Texts(Vec<&'a str>),
    NullableTexts(Vec<Option<&'a str>>),
}

impl IdsView<'_> {
    fn ids(&self) -> Ids<'_> {
        match self {
            IdsView::Typed(ids) => Ids::Int(ids),
            IdsView::Ints(ids) => Ids::Int(ids),
            IdsView::NullableInts(ids) => Ids::NullableInt(ids),
            IdsView::Texts(ids) => Ids::Str(ids),
            IdsView::NullableTexts(ids) => Ids::NullableStr(ids),
        }
    }

    /// Whether none of these rows has an id.
    fn is_void(&self, rows: usize) -> bool {
        match self {
            IdsView::Ints(ids) => ids.is_empty() && rows == 0,
            IdsView::NullableInts(ids) => ids.len() == rows && ids.iter().all(Option::is_none),
            _ => false,
        }
    }
}

/// An order log by columns: `{ customer, time, amount, order? }`, of scorecards `usage?` and `feedback?` too.
pub(crate) struct OrderLogArg<'env> {
    customer: IdColumn<'env>,
    time: Moments<'env>,
    amount: Floats<'env>,
    order: Option<IdColumn<'env>>,
    usage: Option<Floats<'env>>,
    feedback: Option<Floats<'env>>,
}

impl<'env> OrderLogArg<'env> {
    /// The log that the argument `name` is. Columns of use and of feedback are refused unless `with_extras`.
    pub(crate) fn new(name: &str, value: Unknown<'env>, with_extras: bool) -> Fallible<Self> {
        if value.get_type()? != ValueType::Object || value.is_array()? || value.is_typedarray()? {
            return wrong_type(name, &shown(value), "an object of columns: { customer, time, amount }");
        }
        let mut given = properties(value)?;
        let mut take = |column: &str| {
            let place = given.iter().position(|(name, _)| name == column)?;
            Some(given.swap_remove(place).1)
        };
        let (customer, time, amount) = (take("customer"), take("time"), take("amount"));
        let order = take("order");
        let (usage, feedback) = if with_extras { (take("usage"), take("feedback")) } else { (None, None) };
        if let Some((unknown, _)) = given.into_iter().next() {
            let (name, value) = (unknown.into(), "no column of this order log".to_owned());
            return Err(Error::InvalidParameter { name, value, must: "left out".into() }.into());
        }
        let missing = |name: &str, must| wrong_type(name, "undefined", must);
        Ok(Self {
            customer: match customer {
                Some(ids) => IdColumn::new("customer", ids)?,
                None => return missing("customer", IDS_MUST),
            },
            time: match time {
                Some(moments) => Moments::new("time", moments)?,
                None => return missing("time", crate::columns::MOMENTS_MUST),
            },
            amount: match amount {
                Some(numbers) => Floats::new("amount", numbers)?,
                None => return missing("amount", crate::convert::FLOATS_MUST),
            },
            order: order.map(|ids| IdColumn::new("order", ids)).transpose()?,
            usage: usage.map(|numbers| Floats::new("usage", numbers)).transpose()?,
            feedback: feedback.map(|numbers| Floats::new("feedback", numbers)).transpose()?,
        })
    }

    /// What the customers' ids are made of; none where there is no id.
    pub(crate) fn id_kind(&self) -> Option<IdKind> {
        self.customer.kind
    }

    /// Takes customers' ids that are all null, and so of no kind, for ids of this kind.
    pub(crate) fn assume_kind(&mut self, kind: Option<IdKind>) {
        if let (None, Some(IdKind::Text), IdSource::Read(list)) =
            (self.customer.kind, kind, &mut self.customer.ids)
        {
            let ends = vec![0; list.nulls.len()];
            list.values = IdValues::Texts(Texts { letters: String::new(), ends });
        }
    }

    /// The columns, to be read before any other code of JavaScript runs.
    pub(crate) fn view(&self) -> Fallible<OrderLogView<'_>> {
        Ok(OrderLogView {
            customer: self.customer.view()?,
            time: self.time.view()?,
            amount: self.amount.view()?,
            order: self.order.as_ref().map(IdColumn::view).transpose()?,
            usage: optional_view(self.usage.as_ref())?,
            feedback: optional_view(self.feedback.as_ref())?,
        })
    }

    /// The columns apart from the caller's memory.
    pub(crate) fn copied(self) -> Fallible<OrderLogCopy> {
        Ok(OrderLogCopy {
            customer: self.customer.copied()?,
            time: self.time.copied()?,
            amount: self.amount.copied()?,
            order: self.order.map(IdColumn::copied).transpose()?,
            usage: optional_copy(self.usage)?,
            feedback: optional_copy(self.feedback)?,
        })
    }
}

/// An order log that any thread may read.
pub(crate) struct OrderLogCopy {
    customer: IdList,
    time: Vec<i64>,
    amount: Vec<f64>,
    order: Option<IdList>,
    usage: Option<Vec<f64>>,
    feedback: Option<Vec<f64>>,
}

impl OrderLogCopy {
    /// Its columns.
    pub(crate) fn view(&self) -> OrderLogView<'_> {
        OrderLogView {
            customer: self.customer.view(),
            time: MomentsView::Converted(&self.time),
            amount: FloatsView::Converted(&self.amount),
            order: self.order.as_ref().map(IdList::view),
            usage: self.usage.as_deref().map(FloatsView::Converted),
            feedback: self.feedback.as_deref().map(FloatsView::Converted),
        }
    }
}

/// An order log to read now.
pub(crate) struct OrderLogView<'a> {
    customer: IdsView<'a>,
    time: MomentsView<'a>,
    amount: FloatsView<'a>,
    order: Option<IdsView<'a>>,
    usage: Option<FloatsView<'a>>,
    feedback: Option<FloatsView<'a>>,
}

impl OrderLogView<'_> {
    /// As scorecards take it.
    pub(crate) fn log(&self) -> OrderLog<'_> {
        let mut log = OrderLog::new(self.transactions());
        log.usage = self.usage.as_deref();
        log.feedback = self.feedback.as_deref();
        log
    }

    /// As summaries take it.
    pub(crate) fn transactions(&self) -> Transactions<'_> {
        let mut transactions = Transactions::new(self.customer.ids(), &self.time, &self.amount);
        // Without any id it is of no kind, which the batches after it might be found to differ from.
        let order = self.order.as_ref().filter(|order| !order.is_void(self.time.len()));
        transactions.order = order.map(IdsView::ids);
        transactions
    }
}
