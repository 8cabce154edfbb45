#![doc = include_str!("../README.md")]

mod approval;
mod bundle;
mod cedar_text;
mod claims;
mod condition;
mod context;
mod effective;
mod evaluation;
mod explain;
mod fault;
mod field;
mod index;
mod lifecycle;
mod mentions;
mod native;
mod pack;
mod path;
mod posture;
mod request;
mod rule;
mod rule_reader;
mod schema;
mod sieve;
mod template;
mod tool_name;
mod value_reader;
mod view;

#[cfg(test)]
mod agreement_tests;

pub use approval::{ApprovalTerms, DEFAULT_EXPIRY_SECS, DEFAULT_ROLE};
pub use bundle::{BundleScope, BundleSource, Combining, CompiledBundle, PolicySource};
pub use claims::{ExecutionContext, Program, Provenance, RequestClaims, SideEffects, Targets};
pub use context::{
    Access, ActionKind, PolicyContext, Principal, PrincipalKind, ServerFacts, TemplateValues,
};
pub use effective::EffectivePolicy;
pub use evaluation::{Effect, Evaluation, MatchedPolicy, Reason};
pub use explain::{ChangeNeeded, ConditionDetail, Explanation, TraceEntry, TraceResult};
pub use fault::PolicyFault;
pub use field::{Field, FieldKind};
pub use lifecycle::{
    ActiveBundle, BundleDraft, BundleRecord, Error, FixedPolicies, InForce, Policies, PolicyEdit,
    PolicyStore, PolicyWrite, Preview, SaveBundle, Slot, TenantPolicies,
};
pub use mentions::Mentions;
pub use pack::{Pack, PackError, pack, packs, parse_pack, rules_from_yaml};
pub use posture::{Posture, PostureStatus, ToolPosture, posture};
pub use schema::{cedar_schema, condition_fields};
pub use tool_name::normal_tool_name;
