//! A plain reading of the rules' semantics, straight from their JSON: no Cedar, no code of the crate.

use clasper_core::Usd;
use clasper_policy::{Effect, PolicyContext};
use serde_json::Value;

/// The effect and the rule that decides, by precedence.
pub fn decide<'r>(rules: &'r [Value], context: &PolicyContext) -> Option<&'r Value> {
    let mut best: Option<&Value> = None;
    for rule in rules.iter().filter(|rule| matches(rule, context)) {
        if best.is_none_or(|best| beats(rule, best)) {
            best = Some(rule);
        }
    }
    best
}

pub fn effect(rule: &Value) -> Effect {
    match rule["effect"]["decision"].as_str() {
        Some("allow") => Effect::Allow,
        Some("require_approval") => Effect::RequireApproval,
        _ => Effect::Deny,
    }
}

fn beats(rule: &Value, other: &Value) -> bool {
    let key = |rule: &Value| {
        let scope = &rule["scope"];
        let specificity = match (scope.get("workspace_id"), scope.get("environment")) {
            (Some(_), Some(_)) => 3,
            (Some(_), None) => 2,
            (None, Some(_)) => 1,
            (None, None) => 0,
        };
        let strictness = match rule["effect"]["decision"].as_str() {
            Some("deny") => 3,
            Some("require_approval") => 2,
            _ => 1,
        };
        (rule["precedence"].as_i64(), specificity, strictness)
    };
    match key(rule).cmp(&key(other)) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => rule["policy_id"].as_str() < other["policy_id"].as_str(),
    }
}

pub fn matches(rule: &Value, context: &PolicyContext) -> bool {
    if rule["enabled"] == false {
        return false;
    }
    let facts = facts(context);
    let allows = rule["effect"]["decision"] == "allow";
    let scope_holds = rule["scope"].as_object().is_some_and(|scope| {
        scope
            .iter()
            .all(|(key, wanted)| facts[key.as_str()] == *wanted && !wanted.is_null())
    });
    scope_holds
        && subject(&rule["subject"], &facts, allows)
        && rule["conditions"].as_object().is_some_and(|conditions| {
            conditions
                .iter()
                .all(|(name, test)| condition(name, test, &facts, context, allows))
        })
}

/// The context under the names of conditions. What is absent or empty is null.
fn facts(context: &PolicyContext) -> Value {
    let raw = serde_json::to_value(context).expect("JSON");
    let (server, request) = (&raw["server"], &raw["request"]);
    let inner = &request["context"];
    let dotted = |value: &Value| match value.as_str() {
        Some(name) => Value::from(name.split(['-', '_']).collect::<Vec<_>>().join(".")),
        None => Value::Null,
    };
    let or = |first: Value, second: Value| if first.is_null() { second } else { first };
    let mut facts = serde_json::json!({
        "tenant_id": server["tenant"], "workspace_id": server["workspace"], "environment": server["environment"],
        "adapter_id": server["adapter_id"], "adapter_risk_class": server["adapter_risk_class"],
        "skill": request["skill"], "skill_state": server["skill_state"], "risk_level": server["risk_level"],
        "risk_score": server["risk_score"], "tool": dotted(&request["tool"]), "tool_group": request["tool_group"],
        "agent_id": request["agent_id"], "agent_role": request["agent_role"], "intent": request["intent"],
        "capability": request["requested_capabilities"], "resource": request["resource"],
        "action": dotted(&or(request["action"].clone(), request["tool"].clone())),
        "actor": or(request["actor"].clone(), request["agent_id"].clone()),
        "cost": server["estimated_cost"], "provenance.source": request["provenance"]["source"],
        "context.package_manager": inner["package_manager"], "context.external_network": inner["external_network"],
        "context.writes_files": inner["writes_files"], "context.elevated_privileges": inner["elevated_privileges"],
        "context.side_effects.writes_possible": inner["side_effects"]["writes_possible"],
        "context.exec.argv0": or(inner["exec"]["argv0"].clone(), inner["exec"]["argv"][0].clone()), "context.exec.argv": inner["exec"]["argv"],
        "context.exec.cwd": inner["exec"]["cwd"], "context.targets.paths": inner["targets"]["paths"],
        "context.targets.hosts": inner["targets"]["hosts"], "context.targets.list": inner["targets"]["list"],
    });
    for value in facts.as_object_mut().expect("an object").values_mut() {
        if value == "" || value.as_array().is_some_and(Vec::is_empty) {
            *value = Value::Null;
        }
    }
    facts
}

fn subject(subject: &Value, facts: &Value, allows: bool) -> bool {
    let name = subject["name"].as_str();
    let kind = subject["type"].as_str().expect("a type");
    let places: &[&str] = match kind {
        "tool" => &["tool"],
        "adapter" => &["adapter_id"],
        "environment" => &["environment"],
        "risk" => &["risk_level"],
        "agent" => &["agent_id", "agent_role"],
        "skill" => match name {
            Some("draft" | "tested" | "approved" | "active" | "deprecated") => &["skill_state"],
            Some(_) => &["skill"],
            None => &["skill", "skill_state"],
        },
        _ => return true,
    };
    match name {
        Some(name) => {
            let name = if kind == "tool" {
                name.replace(['_', '-'], ".")
            } else {
                name.to_owned()
            };
            places.iter().any(|place| facts[*place] == name.as_str())
        }
        None => !allows || places.iter().any(|place| !facts[*place].is_null()),
    }
}

fn condition(
    name: &str,
    test: &Value,
    facts: &Value,
    context: &PolicyContext,
    allows: bool,
) -> bool {
    if name == "min_cost" || name == "max_cost" {
        let amount = |value: &Value| value.as_str().and_then(|text| text.parse::<Usd>().ok());
        return match (amount(&facts["cost"]), amount(test)) {
            (Some(cost), Some(bound)) if name == "min_cost" => cost >= bound,
            (Some(cost), Some(bound)) => cost <= bound,
            _ => false,
        };
    }
    let actual = &facts[name];
    if actual.is_null() {
        return false;
    }
    let (operator, expected) = match test.as_object().and_then(|test| test.iter().next()) {
        Some((operator, expected)) => (operator.as_str(), expected),
        None => ("eq", test),
    };
    let fill = |value: &Value| filled(value, name, context);
    let each = |pass: &dyn Fn(&Value) -> bool| match actual.as_array() {
        Some(items) if allows && name != "capability" => items.iter().all(pass),
        Some(items) => items.iter().any(pass),
        None => pass(actual),
    };
    match operator {
        "exists" => true,
        "eq" => fill(expected).is_some_and(|expected| each(&|item| *item == expected)),
        "in" => {
            let wanted: Vec<_> = expected
                .as_array()
                .expect("a list")
                .iter()
                .filter_map(fill)
                .collect();
            each(&|item| wanted.contains(item))
        }
        "prefix" => fill(expected).is_some_and(|prefix| {
            each(&|item| {
                item.as_str()
                    .expect("text")
                    .starts_with(prefix.as_str().expect("text"))
            })
        }),
        _ => under(operator, expected, actual, name, context, allows),
    }
}

fn filled(value: &Value, name: &str, context: &PolicyContext) -> Option<Value> {
    let Some(text) = value.as_str() else {
        return Some(value.clone());
    };
    if name == "tool" || name == "action" {
        return Some(text.replace(['_', '-'], ".").into());
    }
    let mut text = text.replace("{{ tenant.id }}", context.server.tenant.as_str());
    if text.contains("{{workspace.root}}") {
        text = text.replace(
            "{{workspace.root}}",
            context.server.values.workspace_root.as_deref()?,
        );
    }
    Some(text.into())
}

fn under(
    operator: &str,
    expected: &Value,
    actual: &Value,
    name: &str,
    context: &PolicyContext,
    allows: bool,
) -> bool {
    let roots: Vec<Vec<String>> = expected
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|root| filled(root, name, context))
        .filter_map(|root| absolute(root.as_str()?, None))
        .collect();
    let root = context.server.values.workspace_root.as_deref();
    let base = match context.request.context.exec.cwd.as_deref() {
        Some(cwd) if name != "context.exec.cwd" => Some(cwd),
        _ => root,
    };
    let one = [actual.clone()];
    let items = actual.as_array().map_or(&one[..], Vec::as_slice);
    let mut paths = items
        .iter()
        .map(|item| absolute(item.as_str().expect("text"), base));
    let inside = |path: &Vec<String>| roots.iter().any(|root| path.starts_with(root));
    match operator {
        "all_under" => paths.all(|path| path.is_some_and(|path| inside(&path))),
        // What cannot be placed may lie there: enough to restrict.
        _ => paths.any(|path| path.map_or(!allows && !roots.is_empty(), |path| inside(&path))),
    }
}

/// The segments of an absolute path.
fn absolute(path: &str, base: Option<&str>) -> Option<Vec<String>> {
    let whole = match path.chars().next()? {
        '/' => path.to_owned(),
        '~' | '$' => return None,
        _ if path.contains('\\') => return None,
        _ => match base {
            Some(base) if base.starts_with('/') => format!("{base}/{path}"),
            _ => return None,
        },
    };
    let mut kept: Vec<String> = Vec::new();
    for segment in whole
        .split('/')
        .filter(|segment| !segment.is_empty() && *segment != ".")
    {
        if segment == ".." {
            kept.pop();
        } else {
            kept.push(segment.to_owned());
        }
    }
    Some(kept)
}
