//! Every type of entry is explained to its readers.

use std::collections::BTreeSet;

use clasper_core::AuditEvent;

/// The types that the reference lists.
const REFERENCE: &str = "agent_execution_started agent_execution_completed agent_execution_failed tool_call_requested tool_call_succeeded \
    tool_call_failed tool_permission_denied tool_authorization_requested tool_authorization_granted tool_authorization_denied skill_published \
    skill_test_run skill_state_changed skill_deprecated_used budget_warning budget_exceeded workspace_change auth_success auth_failure \
    rate_limit_exceeded config_change system_startup system_shutdown ops_override_used adapter_trace_ingested adapter_audit_event \
    adapter_cost_ingested adapter_metrics_ingested adapter_violation_reported policy_decision_pending policy_decision_resolved \
    adapter_telemetry_unsigned adapter_telemetry_signature_invalid blocked_execution_trace_recorded policy_fallback_hit \
    policy_created_from_trace policy_created_via_wizard policy_updated_via_wizard policy_exception_hit policy_exception_miss \
    approval_grant_created approval_grant_consumed approval_auto_allowed_in_core";

/// The names in the first part of the tables under the heading: those that are written, and those that are not.
fn explained() -> (BTreeSet<String>, BTreeSet<String>) {
    let text = std::fs::read_to_string("../../docs/evidence.md").expect("the document is there");
    let (_, types) = text.split_once("## Types of entries").expect("a heading");
    let (written, others) = types.split_once("not written, and why").expect("a table");
    let names = |text: &str, column: usize| -> BTreeSet<String> {
        let cells = text.lines().filter_map(|line| line.split('|').nth(column));
        let words = cells.flat_map(str::split_whitespace);
        let names = words.filter_map(|word| word.strip_prefix('`')?.strip_suffix('`'));
        names.map(str::to_owned).collect()
    };
    (names(written, 2), names(others, 1))
}

#[test]
fn every_type_that_is_written_is_listed_and_no_other() {
    let (written, _) = explained();
    let defined = AuditEvent::ALL.iter().map(|event| event.name().to_owned());
    assert_eq!(written, defined.collect());
}

#[test]
fn every_type_of_the_reference_is_written_or_has_a_reason_not_to_be() {
    let (written, others) = explained();
    for name in REFERENCE.split_whitespace() {
        assert!(written.contains(name) != others.contains(name), "{name}");
    }
}
