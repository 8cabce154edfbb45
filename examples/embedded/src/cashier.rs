//! The effect that is governed: money goes out. A port, because it is an outside system in earnest.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use clasper_core::Usd;

use crate::Refund;

/// Why the cashier did not pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CashierError {
    /// There is no such order.
    #[error("there is no such order")]
    UnknownOrder,
    /// The whole order was paid back before.
    #[error("nothing is left of this order")]
    NothingLeft,
}

/// Pays refunds.
#[async_trait]
pub trait Cashier: Send + Sync {
    /// Pays `refund`, or as much of it as the order is still worth, and says how much that was. An error means that
    /// nothing was paid.
    async fn pay(&self, refund: &Refund) -> Result<Usd, CashierError>;
}

/// A sample shop in memory: what is left to pay back of each order.
#[derive(Debug)]
pub struct Shop(Mutex<HashMap<String, Usd>>);

impl Shop {
    /// A shop with these orders and what was paid for them.
    pub fn new(orders: impl IntoIterator<Item = (String, Usd)>) -> Self {
        Self(Mutex::new(orders.into_iter().collect()))
    }
}

#[async_trait]
impl Cashier for Shop {
    async fn pay(&self, refund: &Refund) -> Result<Usd, CashierError> {
        let mut orders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = orders
            .get_mut(&refund.order_id)
            .ok_or(CashierError::UnknownOrder)?;
        if left.is_zero() {
            return Err(CashierError::NothingLeft);
        }
        let paid = refund.amount_usd.min(*left);
        *left = left.saturating_sub(paid);
        Ok(paid)
    }
}
