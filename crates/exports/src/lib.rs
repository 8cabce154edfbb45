#![doc = include_str!("../README.md")]

mod audit;
mod error;
mod job;
mod make;
mod ports;
mod scope;
mod service;
mod worker;

pub use error::{Error, Failure};
pub use job::{Archive, Export, ExportState, Progress};
pub use make::{Made, MakeError, Order, Reporter, make_bundle};
pub use ports::{
    ArchiveRead, Archives, Cancellation, ExportEnd, ExportJob, ExportJobs, ExportSource,
    ExportStore, LogView, NewExport, Packed, Taker,
};
pub use scope::ExportScope;
pub use service::{ExportDeps, Exports};
pub use worker::{ExportWorker, ExportWorkerDeps};
