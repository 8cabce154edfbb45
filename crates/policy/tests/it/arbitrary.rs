//! Rules and contexts from a small vocabulary, so that they meet often.

use clasper_core::{TenantId, WorkspaceId};
use clasper_policy::{ActionKind, PolicyContext, Principal, PrincipalKind, RequestClaims};
use serde_json::{Map, Value, json};

/// A sequence of choices that a number determines (splitmix64).
pub struct Choices(pub u64);

impl Choices {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).expect("below the bound")
    }

    pub fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    fn some(&mut self, items: &[&str]) -> Option<String> {
        (self.below(4) > 0).then(|| self.of(items).to_owned())
    }

    fn several(&mut self, items: &[&str]) -> Vec<String> {
        (0..self.below(4))
            .map(|_| self.of(items).to_owned())
            .collect()
    }

    fn flag(&mut self) -> Option<bool> {
        [None, Some(true), Some(false)][self.below(3)]
    }
}

const TOOLS: &[&str] = &[
    "exec",
    "shell_exec",
    "shell.exec",
    "shell-run",
    "read",
    "Exec",
    "",
];
const WORDS: &[&str] = &[
    "low", "high", "fs", "ls", "rm", "l", "é*\"\\", "main", "prod",
];
const HOSTS: &[&str] = &["a.example", "b.example", "a.ex"];
const ROOTS: &[&str] = &[
    "/",
    "/work",
    "/work/a",
    "/work/../etc",
    "/workshop",
    "{{workspace.root}}",
    "{{workspace.root}}/a/",
];
const PATHS: &[&str] = &[
    "/work",
    "/work/a/b",
    "/work/./a/../x",
    "/workshop/x",
    "/etc/passwd",
    "a/b",
    "../etc",
    "~/x",
    "$HOME",
    "",
    "/",
    "x\\y",
];
const TEXT_FIELDS: &[&str] = &[
    "adapter_id",
    "adapter_risk_class",
    "tool_group",
    "skill_state",
    "risk_level",
    "workspace_id",
    "environment",
    "intent",
    "agent_id",
    "agent_role",
    "resource",
    "actor",
    "context.exec.argv0",
    "context.package_manager",
    "provenance.source",
];
const FLAGS: &[&str] = &[
    "context.external_network",
    "context.writes_files",
    "context.elevated_privileges",
    "context.side_effects.writes_possible",
];

pub fn rule(choices: &mut Choices, number: usize) -> Value {
    let mut rule = json!({
        "policy_id": format!("p{number}"),
        "subject": subject(choices),
        "effect": { "decision": choices.of(&["allow", "deny", "require_approval"]) },
        "precedence": choices.of(&[-1, 0, 0, 0, 5]),
        "enabled": choices.below(8) > 0,
    });
    let mut scope = Map::new();
    if choices.below(4) == 0 {
        scope.insert("workspace_id".into(), choices.of(&["main", "other"]).into());
    }
    if choices.below(4) == 0 {
        scope.insert("environment".into(), choices.of(&["prod", "low"]).into());
    }
    if choices.below(8) == 0 {
        scope.insert("tenant_id".into(), choices.of(&["acme", "other"]).into());
    }
    rule["scope"] = scope.into();
    let mut conditions = Map::new();
    for _ in 0..choices.of(&[0, 0, 1, 1, 2, 3]) {
        let (name, value) = condition(choices);
        conditions.insert(name.to_owned(), value);
    }
    rule["conditions"] = conditions.into();
    rule
}

fn subject(choices: &mut Choices) -> Value {
    let kind = choices.of(&[
        "tool",
        "tool",
        "tool",
        "adapter",
        "skill",
        "environment",
        "risk",
        "agent",
        "cost",
    ]);
    let name = match kind {
        "tool" => choices.of(&["exec", "shell_exec", "shell.exec", "read"]),
        "skill" => choices.of(&["draft", "low"]),
        "cost" => return json!({ "type": kind }),
        _ => choices.of(&["low", "high", "main", "prod"]),
    };
    if choices.below(3) == 0 {
        json!({ "type": kind })
    } else {
        json!({ "type": kind, "name": name })
    }
}

fn condition(choices: &mut Choices) -> (&'static str, Value) {
    match choices.below(12) {
        0 => (choices.of(FLAGS), json!(choices.below(2) == 0)),
        1 => (
            choices.of(&["min_cost", "max_cost"]),
            choices.of(&["0.1", "0.5", "1"]).into(),
        ),
        2 => (
            "risk_score",
            choices
                .of(&[json!(10), json!({"in": [10, 90]}), json!({"exists": true})].each_ref())
                .clone(),
        ),
        3 => ("capability", test(choices, WORDS)),
        4 => ("context.targets.hosts", test(choices, HOSTS)),
        5 | 6 => {
            let field = choices.of(&[
                "context.targets.paths",
                "context.targets.list",
                "context.exec.cwd",
                "context.exec.argv",
            ]);
            let operator = choices.of(&["all_under", "any_under"]);
            let mut roots = choices.several(ROOTS);
            roots.push(choices.of(ROOTS).to_owned());
            (field, json!({ operator: roots }))
        }
        7 => ("context.exec.argv", test(choices, WORDS)),
        8 => ("tool", test(choices, &TOOLS[..5])),
        9 => ("action", test(choices, &TOOLS[..5])),
        10 => (
            "context.exec.cwd",
            json!(choices.of(&["{{workspace.root}}", "{{ tenant.id }}", "/work"])),
        ),
        _ => (choices.of(TEXT_FIELDS), test(choices, WORDS)),
    }
}

fn test(choices: &mut Choices, words: &[&str]) -> Value {
    let word = choices.of(words);
    match choices.below(5) {
        0 => json!(word),
        1 => json!({ "eq": word }),
        2 => json!({ "in": [word, choices.of(words)] }),
        3 => json!({ "prefix": word }),
        _ => json!({ "exists": true }),
    }
}

pub fn context(choices: &mut Choices) -> PolicyContext {
    let tenant = TenantId::new("acme").expect("a name");
    let principal = Principal {
        kind: PrincipalKind::Adapter,
        id: "low".to_owned(),
    };
    let mut context = PolicyContext::new(choices.of(&ActionKind::ALL), tenant, principal);
    let server = &mut context.server;
    server.workspace = choices
        .some(&["main", "other"])
        .and_then(|id| WorkspaceId::new(&id).ok());
    server.environment = choices.some(&["prod", "low"]);
    server.adapter_id = choices.some(WORDS);
    server.adapter_risk_class = choices.some(WORDS);
    server.skill_state = choices.some(&["draft", "active", "low"]);
    server.risk_level = choices.some(&["low", "high"]);
    server.risk_score = [None, Some(10), Some(90), Some(50)][choices.below(4)];
    server.estimated_cost = choices
        .some(&["0.1", "0.3", "0.5", "2"])
        .and_then(|cost| cost.parse().ok());
    server.values.workspace_root = choices.some(&["/work", "/work/a", "relative"]);
    context.request = claims(choices);
    context
}

fn claims(choices: &mut Choices) -> RequestClaims {
    let mut claims = RequestClaims {
        tool: choices.some(TOOLS),
        tool_group: choices.some(WORDS),
        skill: choices.some(&["draft", "low", "high"]),
        agent_id: choices.some(WORDS),
        agent_role: choices.some(WORDS),
        requested_capabilities: choices.several(WORDS),
        intent: choices.some(WORDS),
        action: if choices.below(3) == 0 {
            choices.some(TOOLS)
        } else {
            None
        },
        resource: choices.some(WORDS),
        actor: choices.some(WORDS),
        ..RequestClaims::default()
    };
    let context = &mut claims.context;
    context.external_network = choices.flag();
    context.writes_files = choices.flag();
    context.elevated_privileges = choices.flag();
    context.side_effects.writes_possible = choices.flag();
    context.package_manager = choices.some(WORDS);
    context.targets.paths = choices.several(PATHS);
    context.targets.hosts = choices.several(HOSTS);
    context.targets.list = choices.several(PATHS);
    context.exec.argv0 = choices.some(WORDS);
    let argv = choices.of(&[WORDS, PATHS]);
    context.exec.argv = choices.several(argv);
    context.exec.cwd = choices.some(&["/work", "/work/a", "a", "~", "acme"]);
    claims.provenance.source = choices.some(WORDS);
    claims
}
