//! stub
use napi_derive::napi;
/// stub
#[napi]
pub struct LogisticChurn(pub(crate) std::sync::Arc<loyalty_core::churn::FittedLogisticChurn>);
