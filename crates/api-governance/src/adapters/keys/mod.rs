//! Keys of adapters, for operators.

pub(super) mod issue;
pub(super) mod list;
pub(super) mod revoke;
pub(super) mod view;
