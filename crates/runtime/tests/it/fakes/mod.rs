//! The world around the agent loop, in memory.

mod backend;
mod model;
mod store;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use clasper_core::{
    Caller, Clock, Credential, DeriveKey, IdSource, InstanceId, ManualClock, Principal, Role, Seal,
    SequentialIds, TenantId, Timestamp, TraceId, UserId,
};
use clasper_governance::{Budget, BudgetSettings, PriceTable, TenantPrices};
use clasper_policy::{BundleScope, FixedPolicies, Policies, pack};
use clasper_privacy::{FixedConfig, Redactions};
use clasper_redaction::Redactor;
use clasper_runtime::model::ModelRef;
use clasper_runtime::send::{Error, SendRequest};
use clasper_runtime::service::{AgentConfig, AgentDeps, AgentService, RetryPolicy, TenantGate};
use clasper_workspace::{Options, WorkspaceCache};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use backend::FakeBackend;
pub use model::{FakeModel, Scripted, calls, reply};
pub use store::FakeStore;

pub struct World {
    pub service: AgentService,
    pub store: Arc<FakeStore>,
    pub model: Arc<FakeModel>,
    pub backend: Arc<FakeBackend>,
    pub clock: Arc<ManualClock>,
    pub ids: Arc<SequentialIds>,
    pub tracker: TaskTracker,
    pub shutdown: CancellationToken,
    pub abort: CancellationToken,
    _folder: tempfile::TempDir,
}

struct OpenDoors;

#[async_trait]
impl TenantGate for OpenDoors {
    async fn admit(&self, _: &Caller) -> Result<(), Error> {
        Ok(())
    }
}

/// Binds to the context, as sealing does, but hides nothing.
struct GlassSeal;

impl Seal for GlassSeal {
    fn seal(&self, context: &[u8], plain: &[u8]) -> Vec<u8> {
        [context, b"\0", plain].concat()
    }

    fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let rest = sealed.strip_prefix(context)?.strip_prefix(b"\0")?;
        Some(rest.to_vec())
    }
}

/// Keys that anybody could make.
struct GlassKeys;

impl DeriveKey for GlassKeys {
    fn derive_key(&self, _: &str, context: &[u8]) -> Option<[u8; 32]> {
        let mut key = [7; 32];
        key.iter_mut().zip(context).for_each(|(k, c)| *k ^= c);
        Some(key)
    }
}

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

pub fn scripted() -> ModelRef {
    ModelRef::parse("scripted/echo", "scripted", &["scripted"])
}

pub fn config() -> AgentConfig {
    AgentConfig {
        retry: RetryPolicy {
            delay: Duration::ZERO,
            ..RetryPolicy::default()
        },
        default_task: Some("Inbox".into()),
        ..AgentConfig::new(scripted())
    }
}

impl World {
    pub fn new(script: impl IntoIterator<Item = Scripted>) -> Self {
        Self::with(script, config(), |_| {})
    }

    pub fn with(
        script: impl IntoIterator<Item = Scripted>,
        config: AgentConfig,
        furnish: impl FnOnce(&std::path::Path),
    ) -> Self {
        let rules = FixedConfig::default();
        Self::redacting(script, config, furnish, Redactor::standard(), rules)
    }

    /// With another redaction than the standard one.
    pub fn redacting(
        script: impl IntoIterator<Item = Scripted>,
        config: AgentConfig,
        furnish: impl FnOnce(&std::path::Path),
        redactor: Redactor,
        rules: FixedConfig,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("SOUL.md"), "You are kind.").expect("written");
        furnish(folder.path());
        let store = Arc::new(FakeStore::default());
        let model = Arc::new(FakeModel::new(script));
        let backend = Arc::new(FakeBackend::default());
        let clock = Arc::new(ManualClock::at(at("2026-11-20T10:00:00Z")));
        let ids = Arc::new(SequentialIds::default());
        let (tracker, shutdown) = (TaskTracker::new(), CancellationToken::new());
        let abort = CancellationToken::new();
        let deps = AgentDeps {
            runs: Arc::clone(&store) as _,
            outbox: Arc::clone(&store) as _,
            models: Arc::clone(&model) as _,
            backend: Arc::clone(&backend) as _,
            workspace: Arc::new(WorkspaceCache::new(
                folder.path().into(),
                Options::default(),
            )),
            redactions: Redactions::new(
                redactor,
                Arc::new(rules),
                Arc::new(GlassKeys),
                Arc::clone(&clock) as _,
                Arc::clone(&ids) as _,
            ),
            policies: policies(Arc::clone(&clock) as _, Arc::clone(&ids) as _),
            prices: TenantPrices::new(
                PriceTable::listed(),
                Arc::clone(&store) as _,
                Arc::clone(&clock) as _,
                Arc::clone(&ids) as _,
            ),
            seal: Arc::new(GlassSeal),
            tenants: Arc::new(OpenDoors),
            clock: Arc::clone(&clock) as _,
            ids: Arc::clone(&ids) as _,
            instance: InstanceId::generate(&*ids),
            tracker: tracker.clone(),
            shutdown: shutdown.clone(),
            abort: abort.clone(),
        };
        Self {
            service: AgentService::new(deps, config),
            store,
            model,
            backend,
            clock,
            ids,
            tracker,
            shutdown,
            abort,
            _folder: folder,
        }
    }

    /// Sets a hard budget.
    pub fn budget(&self, limit: &str) {
        let settings = BudgetSettings::limited_to(limit.parse().expect("an amount"));
        let tenant = TenantId::new("acme").expect("a name");
        let now = at("2026-11-20T10:00:00Z");
        let budget = Budget::open(tenant, &settings, chrono_tz::UTC, now).expect("a period");
        self.store.state().budget = Some(budget);
    }

    pub fn caller(&self) -> Caller {
        Caller {
            principal: Principal {
                tenant: TenantId::new("acme").expect("a name"),
                user: None,
                permissions: Role::Operator.permissions(),
                credential: Credential::DaemonKey,
                allowed_tools: None,
            },
            trace: TraceId::generate(&*self.ids),
        }
    }

    pub fn caller_for(&self, user: &str) -> Caller {
        let mut caller = self.caller();
        caller.principal.user = Some(UserId::new(user).expect("a name"));
        caller
    }

    /// Waits until every run and every write in the background is done.
    pub async fn quiet(&self) {
        self.tracker.close();
        self.tracker.wait().await;
        self.tracker.reopen();
    }
}

pub fn request(message: &str) -> SendRequest {
    SendRequest {
        user_id: "ann".into(),
        session_key: "user:ann:helper".into(),
        message: message.into(),
        ..SendRequest::default()
    }
}

/// The built-in policies, and no others.
fn policies(clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Policies {
    let base = pack("clasper-base").expect("a pack that ships");
    let base = base.to_bundle(BundleScope::default());
    Policies::new(Arc::new(FixedPolicies::default()), &base, clock, ids).expect("it compiles")
}
