#![doc = include_str!("../README.md")]

mod assemble;
mod attributes;
mod decode;
mod genai;
mod intake;
mod redact;
mod span;

pub use assemble::{Assembly, step};
pub use decode::{DecodeError, Encoding, Export, Received, decode, reply};
pub use genai::{GenAi, Operation};
pub use intake::{
    Intake, IntakeError, KeptSpan, MOST_SPANS, Recording, SpanIntake, SpanStore, SpansRecorded,
};
pub use span::{LONGEST_SPAN, Span, SpanError};
