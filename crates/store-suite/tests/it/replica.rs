//! Replicas of the service over one database, and what is asked of them.

use std::sync::Arc;

use anyhow::Result;
use clasper_auth::CapabilityTokens;
use clasper_core::{
    AdapterId, Caller, Credential, ExecutionKey, ManualClock, Principal, Role, Seal, Sha256Digest,
    SystemIds, TenantScope, TraceId, UserId, WorkspaceId,
};
use clasper_delegated::adapter::{AdapterRegistry, Registration};
use clasper_delegated::execution::ExecutionAsk;
use clasper_delegated::{
    AdapterCaller, Answer, CallbackCheck, CallbackRefused, ExecutionConfig, ExecutionDeps,
    ExecutionRequest, Executions, ResolveRequest, Workspaces,
};
use clasper_governance::approval::Verdict;
use clasper_governance::risk::AdapterRiskClass;
use clasper_identity::AdapterPrincipal;
use clasper_policy::{BundleScope, Policies, PolicyEdit, PolicySource, RequestClaims, pack};
use clasper_privacy::Redactions;
use clasper_redaction::Redactor;
use clasper_store::Store;
use clasper_testkit::{TestDatabase, usd};
use serde_json::json;

/// Keeps what it is given: the tests look at what is stored elsewhere.
pub struct Plain;

impl Seal for Plain {
    fn seal(&self, context: &[u8], plain: &[u8]) -> Vec<u8> {
        [Sha256Digest::of(context).as_bytes().as_slice(), plain].concat()
    }

    fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (seal, plain) = sealed.split_at_checked(32)?;
        (seal == Sha256Digest::of(context).as_bytes()).then(|| plain.to_vec())
    }
}

pub struct Nowhere;

impl Workspaces for Nowhere {
    fn root(&self, _: &clasper_core::TenantId, _: &WorkspaceId) -> Option<String> {
        Some("/work".to_owned())
    }
}

impl CallbackCheck for Nowhere {
    fn check(&self, url: &str) -> Result<String, CallbackRefused> {
        Ok(url.to_owned())
    }
}

/// One replica: services over a store.
pub struct Replica {
    pub executions: Executions,
    pub policies: Policies,
    pub adapters: AdapterRegistry,
    pub clock: Arc<ManualClock>,
}

/// The same for every replica, as they share one secret.
fn tokens() -> Result<CapabilityTokens> {
    let secret = "a secret of all replicas, long enough".into();
    Ok(CapabilityTokens::from_secret(&secret)?)
}

pub fn replica(store: &Store, clock: &Arc<ManualClock>) -> Result<Replica> {
    let store = Arc::new(store.clone());
    let ids = Arc::new(SystemIds);
    let base = pack("clasper-base").expect("a pack that ships");
    let base = base.to_bundle(BundleScope::default());
    let policies = Policies::new(store.clone(), &base, clock.clone(), ids.clone())?;
    let adapters = AdapterRegistry::new(store.clone(), clock.clone(), ids.clone());
    let executions = Executions::new(
        ExecutionDeps {
            executions: store.clone(),
            tools: store,
            adapters: adapters.clone(),
            policies: policies.clone(),
            workspaces: Arc::new(Nowhere),
            callbacks: Arc::new(Nowhere),
            redactions: Redactions::fixed(Redactor::standard(), clock.clone(), ids.clone()),
            seal: Arc::new(Plain),
            signer: Arc::new(tokens()?),
            clock: clock.clone(),
            ids,
        },
        ExecutionConfig::default(),
    );
    Ok(Replica {
        executions,
        policies,
        adapters,
        clock: Arc::clone(clock),
    })
}

pub fn trace() -> TraceId {
    TraceId::generate(&SystemIds)
}

pub fn adapter(scope: &TenantScope) -> AdapterCaller {
    AdapterCaller {
        principal: AdapterPrincipal {
            tenant: scope.tenant().clone(),
            workspace: WorkspaceId::new("main").expect("a name"),
            adapter: AdapterId::new("openclaw").expect("a name"),
            capabilities: vec!["exec".to_owned(), "read".to_owned()],
            credential: Credential::AdapterToken(Sha256Digest::of(b"token")),
        },
        trace: trace(),
    }
}

pub fn person(scope: &TenantScope, name: &str, role: Role) -> Caller {
    Caller {
        principal: Principal {
            tenant: scope.tenant().clone(),
            user: Some(UserId::new(name).expect("a name")),
            permissions: role.permissions(),
            credential: Credential::TenantToken(Sha256Digest::of(name.as_bytes())),
            allowed_tools: None,
        },
        trace: trace(),
    }
}

pub fn ask(tool: &str, cost: &str) -> ExecutionAsk {
    ExecutionAsk {
        adapter: AdapterId::new("openclaw").expect("a name"),
        workspace: WorkspaceId::new("main").expect("a name"),
        environment: None,
        session: None,
        claims: RequestClaims {
            tool: Some(tool.to_owned()),
            requested_capabilities: vec![tool.to_owned()],
            ..RequestClaims::default()
        },
        risk: clasper_governance::risk::CallerClaims::default(),
        max_steps: None,
        max_cost_usd: Some(usd(cost)),
        estimated_cost_usd: None,
    }
}

pub fn request(key: &str, ask: ExecutionAsk) -> ExecutionRequest {
    ExecutionRequest {
        key: Some(ExecutionKey::new(key).expect("a name")),
        ask,
        tenant: None,
        workspace: None,
        callback_url: None,
    }
}

pub fn rule(id: &str, tool: &str, decision: &str) -> PolicyEdit {
    PolicyEdit::Put(PolicySource::Rule {
        policy_id: id.to_owned(),
        version: 0,
        rule: json!({
            "policy_id": id,
            "subject": {"type": "tool", "name": tool},
            "effect": {"decision": decision},
            "precedence": 10,
        }),
    })
}

/// A tenant with a registered adapter whose `read` is allowed and whose `exec` waits for people.
pub async fn governed(db: &TestDatabase, scope: &TenantScope) -> Result<Replica> {
    let clock = Arc::new(ManualClock::at(db.make.now()));
    let replica = replica(&db.store, &clock)?;
    let admin = person(scope, "root", Role::Admin);
    for (id, tool, decision) in [
        ("allow-read", "read", "allow"),
        ("ask-exec", "exec", "require_approval"),
    ] {
        replica
            .policies
            .edit(&admin, &rule(id, tool, decision))
            .await?;
    }
    replica
        .adapters
        .register(
            &adapter(scope),
            &Registration {
                display_name: "OpenClaw".to_owned(),
                version: "1".to_owned(),
                risk_class: AdapterRiskClass::Low,
                capabilities: vec!["exec".to_owned(), "read".to_owned()],
                tool_capabilities: Vec::new(),
                enabled: true,
            },
        )
        .await?;
    Ok(replica)
}

pub async fn asked(
    replica: &Replica,
    scope: &TenantScope,
    key: &str,
    tool: &str,
) -> Result<Answer> {
    let request = request(key, ask(tool, "0.10"));
    Ok(replica.executions.request(&adapter(scope), request).await?)
}

pub fn approve(answer: &Answer) -> ResolveRequest {
    ResolveRequest {
        decision: answer.execution.decision,
        verdict: Some(Verdict::Approve),
        note: Some("looks right".to_owned()),
        edited: None,
        expected_revision: None,
    }
}
