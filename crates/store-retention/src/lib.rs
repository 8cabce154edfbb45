#![doc = include_str!("../README.md")]

mod change;
mod forget;
mod rows;

pub use rows::RetentionRows;
