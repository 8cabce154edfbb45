//! A tenant with an adapter, people who resolve what it asks for, and the delivery over one database.

use std::net::IpAddr;
use std::sync::Arc;

use anyhow::Result;
use async_trait::async_trait;
use clasper_core::{
    AdapterId, AuditEvent, Caller, CanonicalJson, Credential, DecisionId, ExecutionKey,
    ManualClock, Principal, Role, Seal, Sha256Digest, SystemIds, TenantId, TenantScope,
    TokenSigner, TraceId, UserId, WorkspaceId,
};
use clasper_delegated::adapter::{AdapterRegistry, Registration};
use clasper_delegated::execution::{Execution, ExecutionAsk};
use clasper_delegated::{
    AdapterCaller, CallbackCheck, CallbackRefused, ExecutionConfig, ExecutionDeps,
    ExecutionRequest, Executions, ResolveRequest, Workspaces,
};
use clasper_evidence::{AuditFilter, AuditStore};
use clasper_governance::approval::Verdict;
use clasper_governance::risk::AdapterRiskClass;
use clasper_identity::AdapterPrincipal;
use clasper_notify::{
    Courier, CourierConfig, GuardPolicy, PlainHttp, Ports, ResolveError, Resolver, RetrySchedule,
    SigningKey, SigningKeys, SigningSender,
};
use clasper_policy::{BundleScope, Policies, PolicyEdit, PolicySource, RequestClaims, pack};
use clasper_privacy::Redactions;
use clasper_redaction::Redactor;
use clasper_store::Store;
use clasper_testkit::{TestDatabase, usd};
use clasper_webhook::{NoticeDeps, Notices};
use serde_json::json;

use crate::receiver::KEY;

/// Keeps what it is given, bound to its context.
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

impl TokenSigner for Plain {
    fn sign(&self, claims: &CanonicalJson) -> Option<String> {
        Some(claims.as_str().to_owned())
    }

    fn open(&self, token: &str) -> Option<serde_json::Value> {
        serde_json::from_str(token).ok()
    }
}

/// Takes every address: what is not reached is not reached because of the courier.
struct Lax;

impl Workspaces for Lax {
    fn root(&self, _: &TenantId, _: &WorkspaceId) -> Option<String> {
        None
    }
}

impl CallbackCheck for Lax {
    fn check(&self, url: &str) -> Result<String, CallbackRefused> {
        Ok(url.to_owned())
    }
}

/// Every name has these addresses.
pub struct Everywhere(pub Vec<IpAddr>);

#[async_trait]
impl Resolver for Everywhere {
    async fn addresses(&self, _: &str) -> Result<Vec<IpAddr>, ResolveError> {
        Ok(self.0.clone())
    }
}

/// Any port, no TLS needed, and nothing else.
pub fn strict() -> GuardPolicy {
    GuardPolicy::default()
        .plain_http(PlainHttp::Anywhere)
        .ports(Ports::Any)
}

/// The same, and loopback may be reached.
pub fn loopback() -> GuardPolicy {
    strict().allow_network("127.0.0.0/8").expect("a network")
}

pub struct World {
    pub db: TestDatabase,
    pub scope: TenantScope,
    pub clock: Arc<ManualClock>,
    pub executions: Executions,
    pub adapters: AdapterRegistry,
    pub policies: Policies,
    pub notices: Notices,
}

impl World {
    /// The tenant `acme`, whose adapter's `exec` waits for people and whose `read` is allowed.
    pub async fn new(db: TestDatabase) -> Result<Self> {
        let scope = db.tenant("acme").await?;
        let clock = Arc::new(ManualClock::at(db.make.now()));
        let (executions, adapters, policies) = services(&db.store, &clock)?;
        let world = Self {
            notices: notices(&db.store, &clock, loopback(), vec![]),
            db,
            scope,
            clock,
            executions,
            adapters,
            policies,
        };
        for (tool, decision) in [("exec", "require_approval"), ("read", "allow")] {
            let rule = json!({
                "policy_id": tool, "subject": {"type": "tool", "name": tool},
                "effect": {"decision": decision}, "precedence": 10,
            });
            let edit = PolicyEdit::Put(PolicySource::Rule {
                policy_id: tool.to_owned(),
                version: 0,
                rule,
            });
            world.policies.edit(&world.person("root"), &edit).await?;
        }
        let registration = Registration {
            display_name: "OpenClaw".to_owned(),
            version: "1".to_owned(),
            risk_class: AdapterRiskClass::Low,
            capabilities: vec!["exec".to_owned(), "read".to_owned()],
            tool_capabilities: Vec::new(),
            enabled: true,
        };
        world
            .adapters
            .register(&world.adapter(), &registration)
            .await?;
        Ok(world)
    }

    /// The service of another replica.
    pub fn another(&self) -> Result<Executions> {
        Ok(services(&self.db.store, &self.clock)?.0)
    }

    /// The delivery of another replica.
    pub fn another_delivery(&self) -> Notices {
        notices(&self.db.store, &self.clock, loopback(), vec![])
    }

    /// A delivery that goes by another policy, where every name has these addresses.
    pub fn delivery_under(&self, policy: GuardPolicy, addresses: &[&str]) -> Notices {
        let parse = |text: &&str| text.parse().expect("an address");
        let addresses = addresses.iter().map(parse).collect();
        notices(&self.db.store, &self.clock, policy, addresses)
    }

    pub fn person(&self, name: &str) -> Caller {
        Caller {
            principal: Principal {
                tenant: self.scope.tenant().clone(),
                user: Some(UserId::new(name).expect("a name")),
                permissions: Role::Admin.permissions(),
                credential: Credential::TenantToken(Sha256Digest::of(name.as_bytes())),
                allowed_tools: None,
            },
            trace: TraceId::generate(&SystemIds),
        }
    }

    pub fn adapter(&self) -> AdapterCaller {
        AdapterCaller {
            principal: AdapterPrincipal {
                tenant: self.scope.tenant().clone(),
                workspace: WorkspaceId::new("main").expect("a name"),
                adapter: AdapterId::new("openclaw").expect("a name"),
                capabilities: vec!["exec".to_owned(), "read".to_owned()],
                credential: Credential::AdapterToken(Sha256Digest::of(b"token")),
            },
            trace: TraceId::generate(&SystemIds),
        }
    }

    /// The adapter asks for `tool` and wants to be called back at `url`.
    pub async fn ask(&self, key: &str, tool: &str, url: &str) -> Result<Execution> {
        let mut claims = RequestClaims {
            tool: Some(tool.to_owned()),
            requested_capabilities: vec![tool.to_owned()],
            ..RequestClaims::default()
        };
        claims.context.exec.argv0 = Some("cat".to_owned());
        claims.context.exec.argv = vec!["cat".to_owned(), "/home/mallory/diary".to_owned()];
        let request = ExecutionRequest {
            key: Some(ExecutionKey::new(key)?),
            ask: ExecutionAsk {
                adapter: AdapterId::new("openclaw")?,
                workspace: WorkspaceId::new("main")?,
                environment: None,
                session: None,
                claims,
                risk: clasper_governance::risk::CallerClaims::default(),
                max_steps: None,
                max_cost_usd: Some(usd("0.10")),
                estimated_cost_usd: None,
            },
            tenant: None,
            workspace: None,
            callback_url: Some(url.to_owned()),
        };
        let answer = self.executions.request(&self.adapter(), request).await?;
        Ok(answer.execution)
    }

    /// `name` approves.
    pub async fn approve(&self, decision: DecisionId, name: &str) -> Result<Execution> {
        let request = approval(decision);
        Ok(self.executions.resolve(&self.person(name), request).await?)
    }

    /// How many entries about `event` the tenant's log has.
    pub async fn entries_of(&self, event: AuditEvent) -> Result<usize> {
        let filter = AuditFilter {
            event: Some(event),
            limit: 1000,
            ..AuditFilter::default()
        };
        let page = self.db.store.list_audit(&self.scope, &filter).await?;
        Ok(page.items.len())
    }
}

pub fn approval(decision: DecisionId) -> ResolveRequest {
    ResolveRequest {
        decision,
        verdict: Some(Verdict::Approve),
        note: Some("mallory may".to_owned()),
        edited: None,
        expected_revision: None,
    }
}

fn services(
    store: &Store,
    clock: &Arc<ManualClock>,
) -> Result<(Executions, AdapterRegistry, Policies)> {
    let store = Arc::new(store.clone());
    let ids = Arc::new(SystemIds);
    let base = pack("clasper-base").expect("a pack that ships");
    let base = base.to_bundle(BundleScope::default());
    let policies = Policies::new(store.clone(), &base, clock.clone(), ids.clone())?;
    let adapters = AdapterRegistry::new(store.clone(), clock.clone(), ids.clone());
    let deps = ExecutionDeps {
        executions: store.clone(),
        tools: store,
        adapters: adapters.clone(),
        policies: policies.clone(),
        workspaces: Arc::new(Lax),
        callbacks: Arc::new(Lax),
        redactions: Redactions::fixed(Redactor::standard(), clock.clone(), ids.clone()),
        seal: Arc::new(Plain),
        signer: Arc::new(Plain),
        clock: clock.clone(),
        ids,
    };
    let executions = Executions::new(deps, ExecutionConfig::default());
    Ok((executions, adapters, policies))
}

fn notices(
    store: &Store,
    clock: &Arc<ManualClock>,
    policy: GuardPolicy,
    addresses: Vec<IpAddr>,
) -> Notices {
    let config = CourierConfig::default();
    let courier = Courier::new(policy, &config, Arc::new(Everywhere(addresses)));
    let keys = vec![SigningKey::parse(&KEY.into()).expect("a key")];
    let sender = SigningSender::new(
        courier.expect("a courier"),
        Some(SigningKeys::new(keys).expect("keys")),
        RetrySchedule::standard(),
    );
    Notices::new(NoticeDeps {
        notices: Arc::new(store.clone()),
        sender: Arc::new(sender),
        seal: Arc::new(Plain),
        clock: clock.clone(),
        ids: Arc::new(SystemIds),
    })
}
