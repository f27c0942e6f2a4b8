//! stub
use napi_derive::napi;
/// stub
#[napi]
pub struct Rfm(pub(crate) std::sync::Arc<loyalty_core::rfm::FittedRfm>);
