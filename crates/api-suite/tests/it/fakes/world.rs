//! Credentials, a backend, a model, and what else is outside.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use clasper_api_state::{Readiness, ReadinessReport};
use clasper_core::{
    AdapterId, ApiKeyId, Caller, Classify, Credential, Permission, PermissionSet, Principal, Role,
    SequentialIds, Sha256Digest, TenantId, WorkspaceId,
};
use clasper_core::{CanonicalJson, Seal, TokenSigner};
use clasper_delegated::{CallbackCheck, CallbackRefused, Workspaces};
use clasper_identity::{
    AdapterPrincipal, AuthError, Authentication, Authenticator, DaemonAuthentication, Identity,
    Presented,
};
use clasper_runtime::backend::{
    AgentIdentity, BackendCapabilities, BackendError, BackendTask, ControlPlane, Delivery, NewTask,
    ToolAnswer,
};
use clasper_runtime::model::{
    ChatMessage, FinishReason, ModelChunk, ModelError, ModelProvider, ModelRef, ModelReply,
    ModelRequest, ModelStream, TokenUsage, ToolSpec,
};
use clasper_runtime::send::Error;
use clasper_runtime::service::TenantGate;
use futures::stream;

/// `acme-key` may do everything within `acme`, `agent-key` only run agents and send spans; `operator-key`, `manager-key` and
/// `second-manager-key`, `viewer-key` and `admin-key` have the roles of their names, `powerless-key` has no permission; `other-key` is another tenant's; `daemon-key` is the daemon's.
pub struct Keys;

fn tenant(name: &str) -> TenantId {
    TenantId::new(name).expect("a name")
}

/// The `number`th key.
fn key(of: &str, number: usize, permissions: PermissionSet) -> Authentication {
    let ids = SequentialIds::default();
    let ids: Vec<ApiKeyId> = (0..=number).map(|_| ApiKeyId::generate(&ids)).collect();
    Authentication::Tenant(Principal {
        tenant: tenant(of),
        user: None,
        permissions,
        credential: Credential::ApiKey(ids[number]),
        allowed_tools: None,
    })
}

#[async_trait]
impl Authenticator for Keys {
    async fn authenticate(&self, presented: Presented<'_>) -> Result<Authentication, AuthError> {
        let manager = Role::ReleaseManager.permissions();
        match (presented.daemon_key, presented.bearer) {
            (Some("daemon-key"), None) => Ok(Authentication::Daemon(DaemonAuthentication::new(
                tenant("fallback"),
                None,
            ))),
            (None, Some("acme-key")) => Ok(key("acme", 0, PermissionSet::all())),
            (None, Some("agent-key")) => Ok(key(
                "acme",
                0,
                PermissionSet::EMPTY
                    .with(Permission::AgentRun)
                    .with(Permission::TraceIngest),
            )),
            (None, Some("operator-key")) => Ok(key("acme", 1, Role::Operator.permissions())),
            (None, Some("manager-key")) => Ok(key("acme", 2, manager)),
            (None, Some("second-manager-key")) => Ok(key("acme", 3, manager)),
            (None, Some("viewer-key")) => Ok(key("acme", 5, Role::Viewer.permissions())),
            (None, Some("admin-key")) => Ok(key("acme", 6, Role::Admin.permissions())),
            (None, Some("powerless-key")) => Ok(key("acme", 7, PermissionSet::EMPTY)),
            (None, Some("other-key")) => Ok(key("other", 4, PermissionSet::all())),
            (None, None) => Err(AuthError::Missing),
            _ => Err(AuthError::Invalid),
        }
    }

    /// `adapter-token` is that of `openclaw-local` in `acme`'s workspace `main`; the others differ from it in what their
    /// names say.
    async fn authenticate_adapter(&self, token: &str) -> Result<AdapterPrincipal, AuthError> {
        let (of, workspace, adapter) = match token {
            "adapter-token" => ("acme", "main", "openclaw-local"),
            "other-adapter-token" => ("acme", "main", "other-adapter"),
            "other-workspace-token" => ("acme", "other-room", "openclaw-local"),
            "other-tenant-token" => ("other", "main", "openclaw-local"),
            _ => return Err(AuthError::Invalid),
        };
        Ok(AdapterPrincipal {
            tenant: tenant(of),
            workspace: WorkspaceId::new(workspace).expect("a name"),
            adapter: AdapterId::new(adapter).expect("a name"),
            capabilities: ["exec", "read", "web_fetch", "write"]
                .map(Into::into)
                .into(),
            credential: Credential::AdapterToken(Sha256Digest::of(token.as_bytes())),
        })
    }
}

/// Every workspace is in `/work`.
pub struct Rooms;

impl Workspaces for Rooms {
    fn root(&self, _: &TenantId, _: &WorkspaceId) -> Option<String> {
        Some("/work".to_owned())
    }
}

/// Calls back over TLS only.
pub struct PublicAddresses;

impl CallbackCheck for PublicAddresses {
    fn check(&self, url: &str) -> Result<String, CallbackRefused> {
        if url.starts_with("https://") {
            return Ok(url.to_owned());
        }
        Err(CallbackRefused {
            code: "callback_not_allowed",
            detail: "a callback address begins with https://".to_owned(),
        })
    }
}

/// Lets in the tenants that exist.
pub struct Gate(pub Identity);

#[async_trait]
impl TenantGate for Gate {
    async fn admit(&self, caller: &Caller) -> Result<(), Error> {
        let admitted = self.0.ensure_tenant(caller).await;
        admitted.map(drop).map_err(|error| Error::Tenant {
            code: error.code(),
            detail: error.to_string(),
        })
    }
}

/// A backend with tasks and messages, until it goes down.
#[derive(Default)]
pub struct Backend {
    pub down: AtomicBool,
    pub features: Mutex<Vec<String>>,
    pub delivered: Mutex<Vec<Delivery>>,
}

impl Backend {
    fn up(&self) -> Result<(), BackendError> {
        if self.down.load(Ordering::Relaxed) {
            Err(BackendError::Unavailable)
        } else {
            Ok(())
        }
    }
}

#[async_trait]
impl ControlPlane for Backend {
    async fn find_or_create_task(
        &self,
        _: &AgentIdentity,
        task: &NewTask,
    ) -> Result<BackendTask, BackendError> {
        self.up()?;
        Ok(BackendTask {
            id: "task-1".to_owned(),
            title: task.title.clone(),
        })
    }

    async fn deliver(
        &self,
        _: &AgentIdentity,
        delivery: &Delivery,
        _: &str,
    ) -> Result<String, BackendError> {
        self.up()?;
        let mut delivered = self.delivered.lock().expect("no test panics with it");
        delivered.push(delivery.clone());
        Ok("record-1".to_owned())
    }

    async fn tools(&self, _: &AgentIdentity) -> Result<Vec<ToolSpec>, BackendError> {
        self.up()?;
        Ok(Vec::new())
    }

    async fn call_tool(
        &self,
        _: &AgentIdentity,
        _: &str,
        _: &serde_json::Value,
        _: &str,
    ) -> Result<ToolAnswer, BackendError> {
        Err(BackendError::Unavailable)
    }

    async fn capabilities(&self, _: &AgentIdentity) -> Result<BackendCapabilities, BackendError> {
        self.up()?;
        Ok(BackendCapabilities {
            contract_version: "v1".to_owned(),
            features: self
                .features
                .lock()
                .expect("no test panics with it")
                .clone(),
        })
    }

    async fn health(&self) -> Result<(), BackendError> {
        self.up()
    }
}

/// Greets; refuses the message `fail`, and fails after a word at `break`.
pub struct Model;

impl Model {
    fn reply() -> ModelReply {
        ModelReply {
            content: "Hello there".to_owned(),
            tool_calls: Vec::new(),
            usage: Some(TokenUsage {
                input_tokens: 10,
                output_tokens: 5,
            }),
            finish_reason: FinishReason::Stop,
            scripted: true,
        }
    }

    fn said(request: &ModelRequest) -> &str {
        match request.messages.last() {
            Some(ChatMessage::User { content }) => content,
            _ => "",
        }
    }
}

#[async_trait]
impl ModelProvider for Model {
    fn check(&self, _: &ModelRef) -> Result<(), ModelError> {
        Ok(())
    }

    async fn complete(&self, request: &ModelRequest) -> Result<ModelReply, ModelError> {
        match Self::said(request) {
            "fail" => Err(ModelError::Refused { status: 418 }),
            _ => Ok(Self::reply()),
        }
    }

    async fn stream(&self, request: &ModelRequest) -> Result<ModelStream, ModelError> {
        let text = |text: &str| Ok(ModelChunk::Text(text.to_owned()));
        let end = match Self::said(request) {
            "fail" => return Err(ModelError::Refused { status: 418 }),
            "break" => Err(ModelError::Refused { status: 418 }),
            _ => Ok(ModelChunk::Done(Self::reply())),
        };
        Ok(Box::pin(stream::iter([text("Hello "), text("there"), end])))
    }
}

/// Seals nothing.
pub struct Plain;

impl Seal for Plain {
    fn seal(&self, _: &[u8], plain: &[u8]) -> Vec<u8> {
        plain.to_vec()
    }

    fn open(&self, _: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        Some(sealed.to_vec())
    }
}

/// As ready as it is told.
pub struct Ready(pub Mutex<ReadinessReport>);

#[async_trait]
impl Readiness for Ready {
    async fn check(&self) -> ReadinessReport {
        *self.0.lock().expect("no test panics with it")
    }
}

impl TokenSigner for Plain {
    fn sign(&self, claims: &CanonicalJson) -> Option<String> {
        Some(format!("signed:{}", claims.as_str()))
    }

    fn open(&self, token: &str) -> Option<serde_json::Value> {
        serde_json::from_str(token.strip_prefix("signed:")?).ok()
    }
}
