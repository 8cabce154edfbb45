//! What must hold before Cedar is asked about a policy: exact for rules, a necessary condition for Cedar policies.

use crate::condition::Condition;
use crate::context::{ActionKind, PrincipalKind};
use crate::view::View;

/// What a Cedar policy surely needs. When it does not hold, the policy is neither satisfied nor in error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Gate {
    /// One of these actions; `None` for any.
    pub(crate) actions: Option<Vec<ActionKind>>,
    /// A principal of this type, and with this id.
    pub(crate) principal: Option<(PrincipalKind, Option<String>)>,
    /// A resource of this type, and with this id.
    pub(crate) resource: Option<(String, Option<String>)>,
    /// The scope of the bundle and comparisons at the beginning of `when`.
    pub(crate) conditions: Vec<Condition>,
}

impl Gate {
    pub(crate) fn admits(&self, view: &View<'_>) -> bool {
        let server = &view.context.server;
        let action = |actions: &Vec<ActionKind>| actions.contains(&server.action_kind);
        let principal = |(kind, id): &(PrincipalKind, Option<String>)| {
            *kind == server.principal.kind
                && id.as_ref().is_none_or(|id| *id == server.principal.id)
        };
        let resource = |(kind, id): &(String, Option<String>)| {
            let (actual_kind, actual_id) = view.resource();
            kind == actual_kind && id.as_ref().is_none_or(|id| id == actual_id)
        };
        self.actions.as_ref().is_none_or(action)
            && self.principal.as_ref().is_none_or(principal)
            && self.resource.as_ref().is_none_or(resource)
            && self
                .conditions
                .iter()
                .all(|condition| condition.holds(view))
    }
}
