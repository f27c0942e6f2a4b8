//! Logistic churn.
