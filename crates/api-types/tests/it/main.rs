//! The wire types against their documents.

mod examples;
