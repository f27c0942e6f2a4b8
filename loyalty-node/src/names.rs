//! `snake_case` of the core, `camelCase` of this package.

/// The names of arguments and parameters in the core that are of several words.
const NAMES: [&str; 42] = [
    "acquisition_cost",
    "as_of",
    "average_order_value",
    "churn_rate",
    "class_weight",
    "confidence_level",
    "customers_at_end",
    "customers_at_start",
    "cut_points",
    "discount_rate",
    "feature_names",
    "feature_range",
    "first_margin",
    "fit_intercept",
    "holdout_share",
    "horizon_days",
    "l1_ratio",
    "lifespan_periods",
    "max_clusters",
    "max_iter",
    "min_clusters",
    "n_bins",
    "n_clusters",
    "n_init",
    "n_purchases",
    "n_rows",
    "n_splits",
    "n_threads",
    "new_customers",
    "next_purchase",
    "on_invalid",
    "purchases_per_period",
    "recency_days",
    "retention_rate",
    "sample_size",
    "sample_weight",
    "tenure_days",
    "test_share",
    "time_unit",
    "total_amount",
    "with_mean",
    "with_std",
];

/// The core's name of an option.
pub(crate) fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// This package's name of a parameter.
pub(crate) fn camel_case(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    for (i, word) in name.split('_').enumerate() {
        let (first, rest) = word.split_at(word.len().min(1));
        camel.push_str(&if i == 0 { first.to_owned() } else { first.to_ascii_uppercase() });
        camel.push_str(rest);
    }
    camel
}

/// A text of the core with its names as they are here. What users have named stays as it is.
pub(crate) fn translated(text: &str) -> String {
    let of_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut translation = String::with_capacity(text.len());
    for piece in text.split_inclusive(|c| !of_word(c)) {
        let word = piece.trim_end_matches(|c| !of_word(c));
        if NAMES.contains(&word) {
            translation.push_str(&camel_case(word));
            translation.push_str(&piece[word.len()..]);
        } else {
            translation.push_str(piece);
        }
    }
    translation
}
