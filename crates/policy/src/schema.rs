//! The Cedar schema, made from the tables of actions, principals and fields.

use std::fmt::Write as _;

use crate::context::{ActionKind, PrincipalKind};
use crate::field::{Field, FieldKind};

/// Every path target lies under each of these directories.
pub(crate) const PATHS_UNDER: &str = "target_paths_under";
/// Some path target lies under each of these directories.
pub(crate) const PATHS_TOUCH: &str = "target_paths_touch";

/// The resource types of an action.
const fn resources(action: ActionKind) -> &'static str {
    match action {
        ActionKind::ModelCall => "[Model]",
        ActionKind::ToolCall => "[Tool]",
        ActionKind::AdapterExecution | ActionKind::DelegatedExecution => {
            "[Tool, AdapterCapability]"
        }
        ActionKind::OperatorAction => "[Workspace]",
        ActionKind::Access => "[Resource]",
    }
}

/// The schema that Cedar policies are validated against, in Cedar's schema language.
#[must_use]
pub fn cedar_schema() -> String {
    schema(false)
}

/// With `predicates`, which only the policies made from rules read.
pub(crate) fn schema(predicates: bool) -> String {
    let mut text = String::from("entity Model, Tool, AdapterCapability, Workspace, Resource;\n");
    let principals = PrincipalKind::ALL
        .map(PrincipalKind::entity_type)
        .join(", ");
    let mut line = |line: String| text.push_str(&line);
    line(format!("entity {principals};\ntype Circumstances = {{\n"));
    for field in Field::ALL {
        let kind = match field.kind() {
            FieldKind::Text | FieldKind::Tool => "String",
            FieldKind::Bool => "Bool",
            FieldKind::Long => "Long",
            FieldKind::List => "Set<String>",
        };
        let mark = if is_always_there(*field) { "" } else { "?" };
        line(format!("  {}{mark}: {kind},\n", field.attribute()));
    }
    line(format!(
        "  {PATHS_UNDER}?: Set<String>,\n  {PATHS_TOUCH}?: Set<String>,\n"
    ));
    if predicates {
        line("  predicates?: Set<String>,\n".to_owned());
    }
    line("};\n".to_owned());
    for action in ActionKind::ALL {
        let _infallible = writeln!(
            text,
            "action {} appliesTo {{ principal: [{principals}], resource: {}, context: Circumstances }};",
            action.name(),
            resources(action)
        );
    }
    text
}

/// Attributes that Cedar policies may read without `has`.
const fn is_always_there(field: Field) -> bool {
    matches!(
        field,
        Field::ActionKind | Field::TenantId | Field::TwoLayerPermission
    )
}

/// The names that conditions of rules may use, with what they hold: for wizards and documentation.
pub fn condition_fields() -> impl Iterator<Item = (&'static str, FieldKind)> {
    Field::ALL
        .iter()
        .filter(|field| **field != Field::EstimatedCost)
        .map(|field| (field.name(), field.kind()))
}
