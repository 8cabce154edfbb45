//! The log as it grows, in the words of those who watch it (reference section 31).

use std::fmt;
use std::str::FromStr;

use clasper_core::AuditEvent;

macro_rules! live_types {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)*) => {
        /// What a live event is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum LiveType {
            $($(#[$doc])* $variant,)*
        }

        impl LiveType {
            /// Every type.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl FromStr for LiveType {
            type Err = UnknownLiveType;

            fn from_str(text: &str) -> Result<Self, UnknownLiveType> {
                match text { $($name => Ok(Self::$variant),)* _ => Err(UnknownLiveType) }
            }
        }
    };
}

live_types! {
    /// A run began.
    TraceCreated = "trace.created";
    /// A run ended, or was refused before it began; its trace can be read.
    TraceCompleted = "trace.completed";
    /// An execution or a tool call was decided, or waits for people.
    DecisionCreated = "decision.created";
    /// What waited was approved, refused, overridden, or ran out of time.
    DecisionResolved = "decision.resolved";
    /// A policy was saved or taken away: the entry says which.
    PolicyUpdated = "policy.updated";
    /// Spending passed the alert threshold or the limit of a budget.
    BudgetThreshold = "budget.threshold";
    /// Everything else that the log says.
    AuditEntry = "audit.entry";
}

/// The text names no type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown type of event")]
pub struct UnknownLiveType;

impl fmt::Display for LiveType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl LiveType {
    /// What an entry about `event` is told as. Every entry is told as something, and once.
    #[must_use]
    pub const fn of(event: AuditEvent) -> Self {
        use AuditEvent as E;
        match event {
            E::AgentExecutionStarted => Self::TraceCreated,
            E::AgentExecutionCompleted
            | E::AgentExecutionFailed
            | E::AgentExecutionCancelled
            | E::AgentExecutionRecovered
            | E::AgentExecutionDenied => Self::TraceCompleted,
            E::ExecutionAllowed
            | E::ExecutionDenied
            | E::PolicyDecisionPending
            | E::ToolAuthorizationGranted
            | E::ToolAuthorizationDenied => Self::DecisionCreated,
            E::PolicyDecisionResolved | E::PolicyDecisionExpired | E::OpsOverrideUsed => {
                Self::DecisionResolved
            }
            E::PolicySaved | E::PolicyBundleActivated | E::PolicyBundleDeactivated => {
                Self::PolicyUpdated
            }
            E::BudgetWarning | E::BudgetExceeded => Self::BudgetThreshold,
            _ => Self::AuditEntry,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_told_of_something_and_survives_its_name() {
        for known in LiveType::ALL {
            assert_eq!(known.name().parse(), Ok(*known));
            let told = AuditEvent::ALL
                .iter()
                .any(|event| LiveType::of(*event) == *known);
            assert!(told, "nothing is told as {known}");
        }
        assert_eq!("trace.deleted".parse::<LiveType>(), Err(UnknownLiveType));
    }
}
