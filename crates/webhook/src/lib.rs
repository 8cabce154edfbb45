#![doc = include_str!("../README.md")]

mod delivery;
mod endpoint;
mod error;
mod event;
mod notice;
mod ports;
mod sender;
mod service;
mod store;

pub use delivery::{NoticeDeps, NoticeReport, Notices};
pub use endpoint::{Endpoint, SealedEndpoint};
pub use error::Error;
pub use event::{EventType, UnknownEvent, message_id, queue};
pub use notice::{AttemptRecord, Destination, DueNotice, SealedNotice, Then};
pub use ports::{
    Address, AddressRefused, Delivered, EndpointPatch, EndpointStore, KeyKind, KeyTurn,
    NewEndpoint, NewKey, NoKey, Redelivery, Signing,
};
pub use sender::{Letter, NextStep, Sender, Sent};
pub use service::{EndpointAsk, EndpointChange, WebhookDeps, Webhooks};
pub use store::NoticeStore;
