#![doc = include_str!("../README.md")]

mod error;
mod policy;
mod sample;
mod service;
mod store;

pub use error::RetentionError;
pub use policy::{
    DEFAULT_DAYS, Keep, LONGEST_DAYS, LeftOut, PolicyChange, RetentionPolicy, Sampling,
    StorageMode, Weight,
};
pub use sample::SampleRate;
pub use service::{Enforced, Retention, TenantStanding};
pub use store::{Dropped, PolicyWrite, RetentionStore};
