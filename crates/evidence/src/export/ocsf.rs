//! Events of the Open Cybersecurity Schema Framework.

use clasper_core::{AuditEvent, LoggedEntry};
use serde_json::{Map, Value, json};

/// The version of the schema that the events follow.
pub const OCSF_VERSION: &str = "1.3.0";

/// Category 3, Identity & Access Management, class 3 of it: Authorize Session.
const AUTHORIZE_SESSION: u32 = 3003;
/// Category 6, Application Activity, class 3 of it: API Activity.
const API_ACTIVITY: u32 = 6003;

struct Kind {
    class: u32,
    activity: u32,
    activity_name: &'static str,
    /// 1 success, 2 failure.
    status: u32,
    /// 1 informational, 2 low, 3 medium.
    severity: u32,
}

/// Decisions are sessions to which privileges are assigned or refused (3003); all else is API activity (6003).
const fn kind(event: AuditEvent) -> Kind {
    use AuditEvent as E;
    let (class, activity, activity_name) = match event {
        E::AgentExecutionStarted
        | E::AgentExecutionDenied
        | E::ToolAuthorizationGranted
        | E::ToolAuthorizationDenied => (AUTHORIZE_SESSION, 1, "Assign Privileges"),
        E::TenantCreated | E::ApiKeyCreated => (API_ACTIVITY, 1, "Create"),
        E::BudgetChanged | E::BudgetRolledOver | E::BudgetHoldExtended => {
            (API_ACTIVITY, 3, "Update")
        }
        E::ApiKeyRevoked => (API_ACTIVITY, 4, "Delete"),
        _ => (API_ACTIVITY, 99, "Other"),
    };
    let (status, severity) = match event {
        E::AgentExecutionDenied
        | E::ToolAuthorizationDenied
        | E::BudgetExceeded
        | E::AuthFailure
        | E::RateLimitExceeded => (2, 3),
        E::AgentExecutionFailed
        | E::AgentExecutionCancelled
        | E::AgentExecutionRecovered
        | E::ToolCallFailed
        | E::DeliveryFailed => (2, 2),
        E::BudgetWarning => (1, 2),
        _ => (1, 1),
    };
    Kind {
        class,
        activity,
        activity_name,
        status,
        severity,
    }
}

/// The entry as an OCSF event: class 3003 for decisions, 6003 for everything else. What has no place in the schema is under `unmapped`.
///
/// # Errors
/// When the stored particulars are no JSON.
pub fn ocsf_event(logged: &LoggedEntry) -> Result<Value, serde_json::Error> {
    let entry = &logged.entry;
    let kind = kind(entry.event);
    let detail: Value = serde_json::from_str(entry.detail.as_str())?;
    let name = entry.event.name();
    let user = match &entry.user {
        Some(user) => json!({"uid": user, "name": user}),
        None => json!({"name": entry.actor, "type_id": 99, "type": "Service"}),
    };
    let mut event = Map::new();
    let mut set = |name: &str, value: Value| event.insert(name.to_owned(), value);
    set("activity_id", kind.activity.into());
    set("activity_name", kind.activity_name.into());
    set("category_uid", (kind.class / 1000).into());
    set("class_uid", kind.class.into());
    set("type_uid", (kind.class * 100 + kind.activity).into());
    set("severity_id", kind.severity.into());
    set("status_id", kind.status.into());
    set("time", entry.occurred_at.timestamp_millis().into());
    set("message", name.into());
    let reason = detail.get("reason").filter(|reason| reason.is_string());
    reason.map(|reason| set("status_code", reason.clone()));
    set(
        "metadata",
        json!({
            "version": OCSF_VERSION,
            "uid": entry.id.to_string(),
            "event_code": name,
            "sequence": logged.seq,
            "log_name": "audit",
            "tenant_uid": entry.tenant,
            "correlation_uid": entry.trace.map(|id| id.to_string()),
            "product": {"name": "Clasper", "vendor_name": "Clasper"},
        }),
    );
    set("actor", json!({"user": user, "invoked_by": entry.actor}));
    if kind.class == AUTHORIZE_SESSION {
        set("user", user.clone());
        let granted = kind.status == 1;
        let target = entry.target.as_deref().unwrap_or(name);
        set("privileges", json!([target]));
        set(
            "status",
            (if granted { "Success" } else { "Failure" }).into(),
        );
    } else {
        set(
            "api",
            json!({"operation": name, "service": {"name": "clasper"}}),
        );
        // The schema requires a source; the log keeps who acted, not from which address.
        set("src_endpoint", json!({"svc_name": entry.actor}));
        let resources = entry.target.iter().map(|target| {
            let (kind, id) = target.split_once(':').unwrap_or(("other", target));
            json!({"type": kind, "uid": id})
        });
        set("resources", resources.collect());
    }
    set(
        "unmapped",
        json!({
            "detail": detail,
            "workspace_id": entry.workspace,
            "leaf_hash": logged.leaf_hash,
            "prev_hash": logged.prev_hash,
        }),
    );
    Ok(Value::Object(event))
}
