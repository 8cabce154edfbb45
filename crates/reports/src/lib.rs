#![doc = include_str!("../README.md")]

mod envelope;
mod error;
mod judgement;
mod key;
mod key_service;
mod report;
mod service;
mod steps;
mod store;
mod trace;
mod words;

pub use envelope::{SignatureMode, SignaturePolicy, SignedPart};
pub use error::{Error, Refusal};
pub use judgement::{Found, Standing, StandingState};
pub use key::{KeyAlgorithm, KeyError, PublicKey, TelemetryKey};
pub use key_service::{SetTelemetryKey, TelemetryKeys};
pub use report::{
    AuditReport, Body, CostReport, MetricsReport, Report, ReportKind, SignedBy, Submission,
    ViolationReport,
};
pub use service::{Receipt, Reporter, Reports, ReportsDeps};
pub use store::{Recorded, ReportBatch, ReportStore, TelemetryKeyStore};
pub use trace::{CheckedSteps, ClaimedViolation, ReportedTrace};
pub use words::Settled;
