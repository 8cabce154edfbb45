#![doc = include_str!("../README.md")]

mod delivery;
mod endpoint;
mod event;
mod notice;
mod sender;
mod store;

pub use delivery::{NoticeDeps, NoticeReport, Notices};
pub use endpoint::{Endpoint, SealedEndpoint};
pub use event::{EventType, UnknownEvent, message_id, queue};
pub use notice::{AttemptRecord, Destination, DueNotice, SealedNotice, Then};
pub use sender::{Letter, NextStep, Sender, Sent};
pub use store::NoticeStore;
