//! A policy as it is sent: an object in JSON, or one or a list in YAML.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use clasper_api_types::PolicyBody;
use clasper_core::{TenantId, TraceId};
use clasper_http::{ApiJson, Problem};
use clasper_policy::{PackError, PolicySource, rules_from_yaml};
use serde_json::{Map, Value};

/// Members that say how a policy came about. They are checked and never stored within the policy, whose hash they would
/// change.
const ABOUT: [&str; 4] = [
    "_wizard_meta",
    "_wizard_meta_hash",
    "_source_trace_id",
    "_source_adapter_id",
];
/// Most policies in one request.
const MOST: usize = 500;

/// Policies that were sent, without what is only about them.
pub(super) struct PolicyDocument {
    pub(super) policies: Vec<PolicySource>,
    /// The tenant that they name.
    pub(super) tenant: Option<TenantId>,
    /// Whether pointers begin with the place in a list.
    pub(super) is_list: bool,
}

impl<S: Send + Sync> FromRequest<S> for PolicyDocument {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !["application/yaml", "application/x-yaml", "text/yaml"].contains(&kind) {
            let ApiJson(PolicyBody(policy)) = ApiJson::from_request(request, state).await?;
            return Self::of(vec![source(Value::Object(policy))?], false);
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| {
                Problem::new(rejection.status(), "unreadable_body", rejection.body_text())
            })?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| malformed("invalid_utf8", "the body is not UTF-8".to_owned()))?;
        let policies = rules_from_yaml(text).map_err(|error| match error {
            PackError::Entry { pointer, detail } => Problem::invalid(pointer, detail),
            PackError::Yaml(cause) => malformed(
                "malformed_yaml",
                format!("the body is no YAML of one policy or a list of them: {cause}"),
            ),
            other => malformed("malformed_yaml", other.to_string()),
        })?;
        let is_list = policies.len() != 1;
        Self::of(policies, is_list)
    }
}

fn malformed(code: &'static str, detail: String) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, code, detail)
}

fn source(policy: Value) -> Result<PolicySource, Problem> {
    let id = policy.get("policy_id").and_then(Value::as_str);
    let policy_id = id
        .ok_or_else(|| Problem::invalid("/policy_id", "must be a text"))?
        .to_owned();
    match policy.get("cedar") {
        None => Ok(PolicySource::Rule {
            policy_id,
            version: 1,
            rule: policy,
        }),
        Some(_) if policy.as_object().is_some_and(|object| object.len() != 2) => {
            let detail = "a Cedar policy is policy_id and cedar, and nothing else";
            Err(Problem::invalid("", detail))
        }
        Some(Value::String(text)) => Ok(PolicySource::Cedar {
            policy_id,
            version: 1,
            text: text.clone(),
        }),
        Some(_) => Err(Problem::invalid("/cedar", "must be a text")),
    }
}

impl PolicyDocument {
    fn of(policies: Vec<PolicySource>, is_list: bool) -> Result<Self, Problem> {
        if policies.is_empty() || policies.len() > MOST {
            let detail = format!("send between 1 and {MOST} policies");
            return Err(Problem::invalid("", detail));
        }
        let mut document = Self {
            policies,
            tenant: None,
            is_list,
        };
        for (at, policy) in document.policies.iter_mut().enumerate() {
            let place = if is_list {
                format!("/{at}")
            } else {
                String::new()
            };
            if let PolicySource::Rule {
                rule: Value::Object(rule),
                ..
            } = policy
            {
                check_about(rule, &place)?;
                for name in ABOUT {
                    rule.remove(name);
                }
                let named = tenant_of(rule, &place)?;
                if named.is_some() && document.tenant.is_some() && document.tenant != named {
                    let pointer = format!("{place}/scope/tenant_id");
                    return Err(Problem::invalid(pointer, "all must name the same tenant"));
                }
                document.tenant = named.or(document.tenant.take());
            }
        }
        Ok(document)
    }

    /// Where a fault of the policy with this id stands in the body.
    pub(super) fn place(&self, policy_id: &str) -> String {
        let at = self
            .policies
            .iter()
            .position(|policy| policy.policy_id() == policy_id);
        match at {
            Some(at) if self.is_list => format!("/{at}"),
            _ => String::new(),
        }
    }
}

fn tenant_of(rule: &Map<String, Value>, place: &str) -> Result<Option<TenantId>, Problem> {
    let Some(named) = rule.get("scope").and_then(|scope| scope.get("tenant_id")) else {
        return Ok(None);
    };
    let pointer = || format!("{place}/scope/tenant_id");
    let text = named
        .as_str()
        .ok_or_else(|| Problem::invalid(pointer(), "must be a text"))?;
    let tenant = TenantId::new(text);
    tenant
        .map(Some)
        .map_err(|error| Problem::invalid(pointer(), error.to_string()))
}

/// Checks what a policy says of how it came about. A policy that a wizard made and that allows something needs somebody who
/// has seen that (reference section 29).
fn check_about(rule: &Map<String, Value>, place: &str) -> Result<(), Problem> {
    let wrong = |name: &str, detail: &str| Problem::invalid(format!("{place}/{name}"), detail);
    for name in ["_wizard_meta_hash", "_source_adapter_id"] {
        if rule.get(name).is_some_and(|value| !value.is_string()) {
            return Err(wrong(name, "must be a text"));
        }
    }
    if let Some(trace) = rule.get("_source_trace_id")
        && trace
            .as_str()
            .is_none_or(|text| text.parse::<TraceId>().is_err())
    {
        return Err(wrong("_source_trace_id", "must be a trace id (a UUID)"));
    }
    let wizard = match rule.get("_wizard_meta") {
        None => return Ok(()),
        Some(Value::Object(wizard)) => wizard,
        Some(_) => return Err(wrong("_wizard_meta", "must be an object")),
    };
    let says = |name: &str| wizard.get(name) == Some(&Value::Bool(true));
    let allows = rule.get("effect").and_then(|effect| effect.get("decision"))
        == Some(&Value::String("allow".to_owned()));
    if says("created_via_wizard") && allows && !says("wizard_acknowledged_allow") {
        let detail = "a policy that the wizard made and that allows something needs an acknowledgement: set \
            wizard_acknowledged_allow once somebody has seen it";
        let problem = Problem::new(StatusCode::BAD_REQUEST, "wizard_allow_ack_required", detail);
        let pointer = format!("{place}/_wizard_meta/wizard_acknowledged_allow");
        return Err(problem.at(pointer, detail));
    }
    Ok(())
}
