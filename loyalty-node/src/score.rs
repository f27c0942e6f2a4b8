//! stub
use napi_derive::napi;
/// stub
#[napi]
pub struct LoyaltyScore(pub(crate) std::sync::Arc<loyalty_core::score::FittedLoyaltyScore>);
