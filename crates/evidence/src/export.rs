//! Audit entries in the forms that other systems read.

mod csv;
mod jsonl;
mod ocsf;

pub use csv::{CSV_HEADER, csv_row};
pub use jsonl::jsonl_line;
pub use ocsf::{OCSF_VERSION, ocsf_event};

#[cfg(test)]
mod tests;
