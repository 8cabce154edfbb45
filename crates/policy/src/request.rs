//! A context as a Cedar request: only the attributes that the policies at hand read.

use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityId, EntityTypeName, EntityUid, PolicySet,
    Request, RestrictedExpression,
};

use crate::context::{ActionKind, PrincipalKind};
use crate::field::{Field, PREDICATES_BIT};
use crate::path::ancestors;
use crate::schema::{PATHS_TOUCH, PATHS_UNDER};
use crate::view::{Actual, View};

/// The bit of [`PATHS_UNDER`] in a set of attributes.
pub(crate) const PATHS_UNDER_BIT: u64 = 1 << 62;
/// The bit of [`PATHS_TOUCH`].
pub(crate) const PATHS_TOUCH_BIT: u64 = 1 << 61;

/// What Cedar says about one policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Satisfaction {
    Satisfied,
    NotSatisfied,
    Failed,
}

/// The types of resources, beside those of principals.
const RESOURCE_TYPES: [&str; 5] = [
    "Model",
    "Tool",
    "AdapterCapability",
    "Workspace",
    "Resource",
];

/// The Cedar evaluator, with the names it needs for every request read once.
pub(crate) struct Engine {
    authorizer: Authorizer,
    entities: Entities,
    types: Vec<(&'static str, EntityTypeName)>,
    actions: Vec<(ActionKind, EntityUid)>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Engine")
    }
}

impl Engine {
    pub(crate) fn new() -> Self {
        let principals = PrincipalKind::ALL.map(PrincipalKind::entity_type);
        let types = principals.into_iter().chain(RESOURCE_TYPES);
        let action_type: Option<EntityTypeName> = "Action".parse().ok();
        let actions = ActionKind::ALL.into_iter().filter_map(|action| {
            let id = EntityId::new(action.name());
            let kind = action_type.clone()?;
            Some((action, EntityUid::from_type_name_and_id(kind, id)))
        });
        Self {
            authorizer: Authorizer::new(),
            entities: Entities::empty(),
            types: types
                .filter_map(|name| Some((name, name.parse().ok()?)))
                .collect(),
            actions: actions.collect(),
        }
    }

    fn entity(&self, kind: &str, id: &str) -> Option<EntityUid> {
        let (_, kind) = self.types.iter().find(|(name, _)| *name == kind)?;
        Some(EntityUid::from_type_name_and_id(
            kind.clone(),
            EntityId::new(id),
        ))
    }

    /// The request, with the attributes in `wanted` and these predicates. `None` when Cedar does not accept it, which denies.
    pub(crate) fn request<'p>(
        &self,
        view: &View<'_>,
        wanted: u64,
        predicates: impl Iterator<Item = &'p str>,
    ) -> Option<Request> {
        let server = &view.context.server;
        let (resource_type, resource_id) = view.resource();
        let action = self
            .actions
            .iter()
            .find(|(kind, _)| *kind == server.action_kind);
        Request::new(
            self.entity(server.principal.kind.entity_type(), &server.principal.id)?,
            action?.1.clone(),
            self.entity(resource_type, resource_id)?,
            Context::from_pairs(attributes(view, wanted, predicates)).ok()?,
            None,
        )
        .ok()
    }

    /// Evaluates a set of one policy, whatever its effect.
    pub(crate) fn satisfies(&self, request: &Request, policy: &PolicySet) -> Satisfaction {
        let response = self
            .authorizer
            .is_authorized(request, policy, &self.entities);
        if response.diagnostics().errors().next().is_some() {
            return Satisfaction::Failed;
        }
        let satisfied = response.decision() == Decision::Allow
            || response.diagnostics().reason().next().is_some();
        if satisfied {
            Satisfaction::Satisfied
        } else {
            Satisfaction::NotSatisfied
        }
    }
}

fn attributes<'p>(
    view: &View<'_>,
    wanted: u64,
    predicates: impl Iterator<Item = &'p str>,
) -> Vec<(String, RestrictedExpression)> {
    let mut pairs = Vec::with_capacity(wanted.count_ones() as usize);
    for field in Field::ALL.iter().filter(|field| wanted & field.bit() != 0) {
        let value = match view.get(*field) {
            Actual::Absent => continue,
            Actual::Text(text) => RestrictedExpression::new_string(text.to_owned()),
            Actual::Bool(value) => RestrictedExpression::new_bool(value),
            Actual::Long(value) => RestrictedExpression::new_long(value),
            actual @ (Actual::List(_) | Actual::Set(_)) => texts(actual.texts()),
        };
        pairs.push((field.attribute().to_owned(), value));
    }
    if wanted & PREDICATES_BIT != 0 {
        pairs.push(("predicates".to_owned(), texts(predicates)));
    }
    add_directories(view, wanted, &mut pairs);
    pairs
}

fn add_directories(view: &View<'_>, wanted: u64, pairs: &mut Vec<(String, RestrictedExpression)>) {
    if wanted & (PATHS_UNDER_BIT | PATHS_TOUCH_BIT) == 0 {
        return;
    }
    let paths = view.paths(Field::TargetPaths);
    let Some(first) = paths.first() else { return };
    if wanted & PATHS_UNDER_BIT != 0 {
        let common = first
            .iter()
            .flat_map(|path| ancestors(path))
            .filter(|root| {
                paths.iter().all(|path| {
                    path.as_ref()
                        .is_some_and(|path| crate::path::is_under(path, root))
                })
            });
        pairs.push((PATHS_UNDER.to_owned(), texts(common)));
    }
    if wanted & PATHS_TOUCH_BIT != 0 {
        let all = paths.iter().flatten().flat_map(|path| ancestors(path));
        pairs.push((PATHS_TOUCH.to_owned(), texts(all)));
    }
}

fn texts<'t>(texts: impl Iterator<Item = &'t str>) -> RestrictedExpression {
    RestrictedExpression::new_set(
        texts.map(|text| RestrictedExpression::new_string(text.to_owned())),
    )
}
