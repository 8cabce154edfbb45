//! The layers of the architecture.

use std::fmt;

/// A layer of the architecture, from the ground up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// L0: vocabulary everything shares; no I/O and no async runtime.
    Ground,
    /// L1: domains, independent of one another.
    Domain,
    /// L2: use cases over the domains.
    UseCase,
    /// L3: one outside system each.
    Adapter,
    /// L4: what others call.
    Interface,
    /// L5: what puts the rest together.
    Assembly,
}

impl fmt::Display for Layer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Ground => "L0",
            Self::Domain => "L1",
            Self::UseCase => "L2",
            Self::Adapter => "L3",
            Self::Interface => "L4",
            Self::Assembly => "L5",
        })
    }
}
