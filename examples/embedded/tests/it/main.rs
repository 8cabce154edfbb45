//! The refund desk as facts, checked through its routes on a throw-away SQLite file.

mod audit;
mod budget;
mod recovery;
mod repeat;
mod support;
mod validation;
