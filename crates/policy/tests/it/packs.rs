//! Every row of the shipped packs does what its table says.

use clasper_core::Role;
use clasper_policy::{ActionKind, Effect, PolicyContext, Reason, packs};

use crate::world::{context, exec, tool_call, with_packs};

const FREE: [&str; 12] = [
    "read",
    "sessions_list",
    "sessions_history",
    "session_status",
    "memory_search",
    "memory_get",
    "process",
    "agents_list",
    "image",
    "pdf",
    "canvas",
    "tts",
];
const ASKING: [&str; 17] = [
    "exec",
    "write",
    "web_search",
    "web_fetch",
    "sessions_send",
    "sessions_spawn",
    "message",
    "edit",
    "apply_patch",
    "nodes",
    "browser",
    "cron",
    "gateway",
    "whatsapp_login",
    "slack",
    "discord",
    "subagents",
];

#[test]
fn every_pack_compiles_and_has_policies() {
    let names: Vec<_> = packs().into_iter().map(|pack| pack.name).collect();
    assert_eq!(
        names,
        [
            "clasper-base",
            "safe-defaults",
            "openclaw-default",
            "delegated-execution"
        ]
    );
    for name in names {
        assert!(
            with_packs(&[&name]).bundles()[0].policy_count() > 1,
            "{name}"
        );
    }
}

#[test]
fn openclaw_tools_are_free_ask_or_are_denied_as_listed() {
    let policy = with_packs(&["openclaw-default"]);
    let check = |tool: &str, effect, id: &str| {
        let evaluation = policy.evaluate(&tool_call(tool));
        assert_eq!(
            (evaluation.effect, evaluation.winner.as_deref()),
            (effect, Some(id)),
            "{tool}"
        );
    };
    for tool in FREE {
        check(
            tool,
            Effect::Allow,
            &format!("openclaw-allow-{}", tool.replace('_', "-")),
        );
    }
    for tool in ASKING {
        check(
            tool,
            Effect::RequireApproval,
            &format!("openclaw-ask-{}", tool.replace('_', "-")),
        );
    }
    check("delete", Effect::Deny, "openclaw-deny-delete");
    check(
        "something_new",
        Effect::RequireApproval,
        "openclaw-fallback",
    );
}

/// Flaw A1 of the reference: `rm -rf /` was allowed by the rule for `ls`.
#[test]
fn openclaw_commands_are_free_only_when_harmless_and_inside_the_workspace() {
    let policy = with_packs(&["openclaw-default"]);
    let check = |context: &PolicyContext, effect| {
        let evaluation = policy.evaluate(context);
        assert_eq!(evaluation.effect, effect, "{:?}", context.request);
    };
    for program in ["ls", "pwd", "whoami"] {
        check(&exec(program, &["/work/src"]), Effect::Allow);
        check(&exec(program, &["/work/src", "/work"]), Effect::Allow);
        check(&exec(program, &["/etc"]), Effect::RequireApproval);
        check(&exec(program, &["/work/../etc"]), Effect::RequireApproval);
        check(&exec(program, &["/work", "/etc"]), Effect::RequireApproval);
        check(&exec(program, &[]), Effect::RequireApproval);
    }
    check(&exec("rm", &["/"]), Effect::RequireApproval);
    check(&exec("rm", &["/work/src"]), Effect::RequireApproval);
    let mut at_home = exec("pwd", &[]);
    at_home.request.context.exec.cwd = Some("/work".to_owned());
    check(&at_home, Effect::Allow);
    let mut unknown_root = exec("ls", &["/work"]);
    unknown_root.server.values.workspace_root = None;
    check(&unknown_root, Effect::RequireApproval);
    let mut no_group = exec("ls", &["/work"]);
    no_group.request.tool_group = None;
    check(&no_group, Effect::RequireApproval);
}

#[test]
fn openclaw_rules_leave_model_calls_alone() {
    let mut call = context(ActionKind::ModelCall);
    call.server.permissions.insert("agent:run".to_owned());
    let evaluation = with_packs(&["clasper-base", "openclaw-default"]).evaluate(&call);
    assert_eq!(
        (evaluation.effect, evaluation.reason),
        (Effect::Allow, Reason::CedarPermit)
    );
}

#[test]
fn safe_defaults_restrict_as_listed() {
    let policy = with_packs(&["safe-defaults"]);
    let check = |change: &dyn Fn(&mut PolicyContext), effect, id: Option<&str>| {
        let mut call = tool_call("lookup");
        change(&mut call);
        let evaluation = policy.evaluate(&call);
        assert_eq!(
            (evaluation.effect, evaluation.winner.as_deref()),
            (effect, id),
            "{:?}",
            call.request
        );
    };
    check(
        &|c| c.request.tool_group = Some("web".into()),
        Effect::Deny,
        Some("safe-defaults-deny-external-http"),
    );
    check(
        &|c| c.request.action = Some("payment.charge".into()),
        Effect::RequireApproval,
        Some("safe-defaults-require-approval-financial"),
    );
    check(
        &|c| c.request.tool = Some("payment_charge".into()),
        Effect::RequireApproval,
        Some("safe-defaults-require-approval-financial"),
    );
    for tool in ["exec", "delete"] {
        check(
            &|c| c.request.tool = Some(tool.into()),
            Effect::RequireApproval,
            Some("safe-defaults-restrict-risky-tools"),
        );
    }
    let citation = |resource: &'static str| {
        move |c: &mut PolicyContext| {
            c.request.action = Some("model.generate".into());
            c.request.resource = Some(resource.into());
        }
    };
    check(
        &citation("answer/1"),
        Effect::RequireApproval,
        Some("safe-defaults-require-citation"),
    );
    check(&citation("draft"), Effect::Deny, None);
    check(&|_| {}, Effect::Deny, None);
}

#[test]
fn a_new_tenant_has_model_calls_and_doubly_permitted_tools_and_nothing_else() {
    let policy = with_packs(&["clasper-base"]);
    for kind in ActionKind::ALL {
        for (permission, two_layer) in [(false, false), (true, false), (false, true), (true, true)]
        {
            let mut call = context(kind);
            call.server.two_layer_permission = two_layer;
            let name = if permission {
                "agent:run"
            } else {
                "trace:view"
            };
            call.server.permissions.insert(name.to_owned());
            let expected = match kind {
                ActionKind::ModelCall => permission,
                ActionKind::ToolCall => two_layer,
                _ => false,
            };
            assert_eq!(
                policy.evaluate(&call).effect == Effect::Allow,
                expected,
                "{kind:?} {permission} {two_layer}"
            );
        }
    }
}

/// The table of seed pillar 2.2.
#[test]
fn delegated_work_is_approved_by_the_role_of_its_row() {
    let policy = with_packs(&["delegated-execution"]);
    let check = |capability: &str, secs: Option<u32>, cost: &str, overridden: bool| {
        let mut call = context(ActionKind::DelegatedExecution);
        call.request.requested_capabilities = vec![capability.to_owned()];
        call.request.max_duration_secs = secs;
        call.server.estimated_cost = cost.parse().ok();
        call.server.override_reason = overridden.then(|| "hotfix".to_owned());
        let evaluation = policy.evaluate(&call);
        (
            evaluation.effect,
            evaluation.approval.map(|terms| terms.role),
        )
    };
    let asks = |role| (Effect::RequireApproval, Some(role));
    let denied = (Effect::Deny, None);
    assert_eq!(check("browser", Some(60), "1", false), asks(Role::Operator));
    assert_eq!(check("shell", Some(60), "1", false), asks(Role::Admin));
    assert_eq!(check("filesystem.write", Some(60), "1", false), denied);
    assert_eq!(
        check("filesystem.write", Some(60), "1", true),
        asks(Role::Admin)
    );
    assert_eq!(check("browser", Some(61), "1", false), denied);
    assert_eq!(check("browser", None, "1", false), denied);
    assert_eq!(check("browser", Some(61), "1", true), asks(Role::Operator));
    assert_eq!(check("browser", Some(60), "1.000000001", false), denied);
    assert_eq!(check("browser", Some(60), "", false), denied);
    assert_eq!(check("browser", Some(60), "5", true), asks(Role::Operator));
    assert_eq!(
        check("anything", Some(5), "0.1", false),
        asks(Role::Operator)
    );
}
