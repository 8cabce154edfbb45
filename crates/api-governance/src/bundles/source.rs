//! A bundle as it is sent.

use clasper_api_types::{BundleBody, BundlePolicyBody, CombiningName};
use clasper_http::Problem;
use clasper_policy::{BundleScope, BundleSource, Combining, Error, PolicyFault, PolicySource};
use serde_json::Value;

use crate::policies::refused;

/// The longest name of a bundle or an environment, in bytes.
const LONGEST: usize = 128;

/// The bundle that a body describes; `at` is where in the request the body stands.
pub(super) fn source(body: &BundleBody, at: &str) -> Result<BundleSource, Problem> {
    let fits = |text: &str| !text.trim().is_empty() && text.len() <= LONGEST;
    let wrong = |name: &str| {
        let detail = format!("must have between 1 and {LONGEST} bytes");
        Problem::invalid(format!("{at}/{name}"), detail)
    };
    if !fits(&body.name) {
        return Err(wrong("name"));
    }
    if body.environment.as_deref().is_some_and(|name| !fits(name)) {
        return Err(wrong("environment"));
    }
    let policies = body.policies.iter().enumerate();
    let members = policies.map(|(number, policy)| {
        member(policy).map_err(|(name, detail)| {
            Problem::invalid(format!("{at}/policies/{number}{name}"), detail)
        })
    });
    Ok(BundleSource {
        name: body.name.clone(),
        scope: BundleScope {
            workspace: body.workspace_id.as_ref().map(ToString::to_string),
            environment: body.environment.clone(),
        },
        combining: match body.combining.unwrap_or_default() {
            CombiningName::Precedence => Combining::Precedence,
            CombiningName::DenyOverrides => Combining::DenyOverrides,
        },
        members: members.collect::<Result<_, _>>()?,
    })
}

fn member(policy: &BundlePolicyBody) -> Result<PolicySource, (&'static str, &'static str)> {
    let named = policy.policy_id.as_deref();
    let version = 1;
    match (&policy.rule, &policy.cedar) {
        (Some(rule), None) => {
            let own = rule.get("policy_id").and_then(Value::as_str);
            let own = own.ok_or(("/rule/policy_id", "must be a text"))?;
            if named.is_some_and(|named| named != own) {
                return Err(("/policy_id", "is another than the rule's own: leave it out"));
            }
            Ok(PolicySource::Rule {
                policy_id: own.to_owned(),
                version,
                rule: rule.clone(),
            })
        }
        (None, Some(text)) => {
            let id = named.map(str::to_owned).or_else(|| annotated_id(text));
            let missing = (
                "/policy_id",
                "is missing: name the policy, or begin it with @id(\"…\")",
            );
            Ok(PolicySource::Cedar {
                policy_id: id.ok_or(missing)?,
                version,
                text: text.clone(),
            })
        }
        _ => Err(("", "must hold either rule or cedar")),
    }
}

/// The id in `@id("…")`. A text that only looks like one is found out when the policy is compiled.
fn annotated_id(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("@id(")?;
    let rest = rest.trim_start().strip_prefix('"')?;
    let (id, _) = rest.split_once('"')?;
    (!id.is_empty() && !id.contains('\\')).then(|| id.to_owned())
}

/// Where in the request a fault of the bundle's policies stands.
pub(super) fn pointer(body: &BundleBody, at: &str, fault: &PolicyFault) -> String {
    let named = |policy: &BundlePolicyBody| {
        member(policy).is_ok_and(|member| member.policy_id() == fault.policy_id)
    };
    let Some(number) = body.policies.iter().position(named) else {
        return format!("{at}{}", fault.pointer);
    };
    let inner = match body.policies[number].cedar {
        // A Cedar fault already points to the member `cedar`.
        Some(_) => "",
        None => "/rule",
    };
    format!("{at}/policies/{number}{inner}{}", fault.pointer)
}

/// The problem of a refused bundle.
pub(super) fn problem(error: Error, body: &BundleBody, at: &str) -> Problem {
    refused(error, |fault| pointer(body, at, fault))
}
