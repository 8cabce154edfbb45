#![doc = include_str!("../README.md")]

pub mod diff;
mod head;
mod note;
mod reduced;
mod reported;
mod service;
mod stats;
mod step;
mod store;
mod trace;

pub use note::{
    Annotation, LONGEST_ANNOTATION, LONGEST_KEY, LONGEST_LABEL, LabelChanges, MOST_LABELS,
    NoteError, check_changes, check_key, merge_labels,
};
pub use reduced::{Reduced, ReducedTo};
pub use reported::{HashStatus, Reported, StepHashes, Trust, check_reported_steps};
pub use service::{NewAnnotation, TraceError, Traces};
pub use stats::{DAY_MICROS, DayCover, StatsCover, StatsRange, TOTAL_MICROS, TraceStats, total_of};
pub use step::{Integrity, SpanStep, Step, StepData, StepRecorder, check_steps};
pub use store::{AnnotationWrite, EntityKind, LabelWrite, NoteStore, TraceFilter, TraceStore};
pub use trace::{GrantedScope, RunStatus, Trace, TraceCost, TraceSource, UsedScope, Violation};
