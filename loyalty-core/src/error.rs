//! The one error type: an enum by cause, each with the values a caller needs to put it right.

use std::borrow::Cow;
use std::fmt;

/// The result of every fallible function of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Text that is usually a literal.
pub(crate) type Text = Cow<'static, str>;

/// Why a call could not be answered.
///
/// Rows and columns count from zero. [`code`](Error::code) and [`argument`](Error::argument) are the same in
/// every language; the sentence of [`Display`](fmt::Display) is for people and may change.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// A parameter outside its range.
    InvalidParameter {
        /// The parameter.
        name: Text,
        /// What was given.
        value: String,
        /// What it must be.
        must: Text,
    },
    /// A parameter of another type than the one due, such as a text for a number.
    InvalidType {
        /// The parameter.
        name: Text,
        /// What was given.
        value: String,
        /// What it must be.
        must: Text,
    },
    /// One value among the data that has no meaning there, such as a null id or a negative weight.
    InvalidValue {
        /// The argument that holds it.
        name: Text,
        /// Its row.
        row: usize,
        /// What was given.
        value: String,
        /// What it must be.
        must: Text,
    },
    /// Two arguments that do not fit together.
    ShapeMismatch {
        /// The argument of the wrong shape.
        name: Text,
        /// What was given, for example `3 columns`.
        got: String,
        /// What would fit.
        expected: String,
    },
    /// NaN or an infinity where a number is due.
    NonFinite {
        /// The argument that holds it.
        name: Text,
        /// Its row.
        row: usize,
        /// Its column; 0 in a vector.
        column: usize,
        /// What was given.
        value: f64,
    },
    /// Fewer rows than the work needs.
    TooFewRows {
        /// The argument.
        name: Text,
        /// How many it has.
        rows: usize,
        /// How many are needed.
        need: usize,
    },
    /// Data that are well formed but carry no information for this work, such as labels of one class.
    Degenerate {
        /// The argument, or the feature of it.
        name: Text,
        /// What is the matter, and what would help.
        reason: Text,
    },
    /// The estimate does not exist or cannot be told apart, such as an unpenalised fit to separable classes.
    NoEstimate {
        /// The features to blame.
        features: Vec<String>,
        /// What is the matter, and what would help.
        reason: Text,
    },
    /// The caller's [`Monitor`](crate::monitor::Monitor) asked to stop.
    Cancelled,
    /// A model file that is damaged, of another kind, or from a later version.
    BadModel {
        /// What is wrong with it.
        reason: String,
    },
}

impl Error {
    /// A stable code for programs, the same in Rust, Python and Node.
    pub fn code(&self) -> &'static str {
        match self {
            Error::InvalidParameter { .. } => "INVALID_PARAMETER",
            Error::InvalidType { .. } => "INVALID_TYPE",
            Error::InvalidValue { .. } => "INVALID_VALUE",
            Error::ShapeMismatch { .. } => "SHAPE_MISMATCH",
            Error::NonFinite { .. } => "NON_FINITE",
            Error::TooFewRows { .. } => "TOO_FEW_ROWS",
            Error::Degenerate { .. } => "DEGENERATE",
            Error::NoEstimate { .. } => "NO_ESTIMATE",
            Error::Cancelled => "CANCELLED",
            Error::BadModel { .. } => "BAD_MODEL",
        }
    }

    /// The same error where its rows were counted from `first`.
    pub(crate) fn in_rows_from(mut self, first: usize) -> Self {
        if let Error::InvalidValue { row, .. } | Error::NonFinite { row, .. } = &mut self {
            *row += first;
        }
        self
    }

    /// The argument at fault, where there is one.
    pub fn argument(&self) -> Option<&str> {
        match self {
            Error::InvalidParameter { name, .. }
            | Error::InvalidType { name, .. }
            | Error::InvalidValue { name, .. }
            | Error::ShapeMismatch { name, .. }
            | Error::NonFinite { name, .. }
            | Error::TooFewRows { name, .. }
            | Error::Degenerate { name, .. } => Some(name),
            Error::NoEstimate { features, .. } => features.first().map(String::as_str),
            Error::Cancelled | Error::BadModel { .. } => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::InvalidParameter { name, value, must } | Error::InvalidType { name, value, must } => {
                write!(f, "{name} is {value}; it must be {must}")
            }
            Error::InvalidValue { name, row, value, must } => {
                write!(f, "{name} in row {row} is {value}; it must be {must}")
            }
            Error::ShapeMismatch { name, got, expected } => {
                write!(f, "{name} has {got}; it must have {expected}")
            }
            Error::NonFinite { name, row, column, value } => {
                write!(f, "{name} in row {row}, column {column} is {value}; it must be a finite number")
            }
            Error::TooFewRows { name, rows, need } => {
                write!(f, "{name} has {rows} row(s); it must have at least {need}")
            }
            Error::Degenerate { name, reason } => write!(f, "{name}: {reason}"),
            Error::NoEstimate { features, reason } => {
                write!(f, "no estimate exists ({}): {reason}", features.join(", "))
            }
            Error::Cancelled => f.write_str("cancelled by the caller"),
            Error::BadModel { reason } => write!(f, "not a usable loyalty model: {reason}"),
        }
    }
}

impl std::error::Error for Error {}
