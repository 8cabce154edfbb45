#![doc = include_str!("../README.md")]

mod audit;
mod cashier;
mod desk;
mod error;
mod http;
mod record;
mod refund;

pub use audit::{AuditReport, ChainVerdict, EntryView};
pub use cashier::{Cashier, CashierError, Shop};
pub use desk::{DeskOptions, RefundDesk};
pub use error::Error;
pub use http::router;
pub use refund::{Paid, Refund, RefundRequest};
