//! The adapter: registered, and asking before it acts.

use std::future::Future;
use std::sync::Arc;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::ask::Ask;
use crate::blocked::{Blocked, Fault, Governed, SetupError};
use crate::door::{Door, Heard, secret};
use crate::grant::{Grant, Reading, Reply, Said};
use crate::settings::Settings;

pub(crate) const REQUEST: &str = "/api/execution/request";

/// An executor that asks Clasper before it acts. Cheap to clone.
#[derive(Clone)]
pub struct Adapter {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) door: Door,
    pub(crate) settings: Settings,
}

impl std::fmt::Debug for Adapter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Adapter")
            .field("settings", &self.inner.settings)
            .finish_non_exhaustive()
    }
}

/// What an adapter says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Registration {
    /// Its name for people.
    pub display_name: String,
    /// Its own version.
    pub version: String,
    /// The class it claims: `low`, `medium`, `high` or `critical`. It can raise what operators say, never lower it.
    pub risk_class: String,
    /// What it can do.
    pub capabilities: Vec<String>,
    /// The tools it has.
    pub tool_capabilities: Vec<String>,
    /// Whether it wants to be asked at all.
    pub enabled: bool,
}

impl Registration {
    /// An adapter of class `high` that is switched on.
    #[must_use]
    pub fn new<S: Into<String>>(
        display_name: &str,
        version: &str,
        capabilities: impl IntoIterator<Item = S>,
    ) -> Self {
        Self {
            display_name: display_name.to_owned(),
            version: version.to_owned(),
            risk_class: "high".to_owned(),
            capabilities: capabilities.into_iter().map(Into::into).collect(),
            tool_capabilities: Vec::new(),
            enabled: true,
        }
    }
}

/// What the server knows of the adapter now.
#[derive(Debug, Clone, Deserialize)]
pub struct Registered {
    /// Its risk class, as operators or it have set it.
    pub risk_class: String,
    /// Whether it may ask.
    pub enabled: bool,
    /// How far it was examined.
    pub certification_tier: String,
    /// A key of its own, when it came with a token of the shared secret. It is shown this once and in use from now on: keep it.
    #[serde(default, deserialize_with = "secret")]
    pub adapter_token: Option<SecretString>,
}

/// A body together with who sends it.
#[derive(Serialize)]
pub(crate) struct Signed<'a, T> {
    pub(crate) tenant_id: &'a str,
    pub(crate) workspace_id: &'a str,
    pub(crate) adapter_id: &'a str,
    pub(crate) execution_id: &'a str,
    #[serde(flatten)]
    pub(crate) body: &'a T,
}

/// A registration together with who registers.
#[derive(Serialize)]
struct Named<'a> {
    adapter_id: &'a str,
    #[serde(flatten)]
    registration: &'a Registration,
}

impl Adapter {
    /// An adapter that comes with this token or key.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(settings: Settings, token: &SecretString) -> Result<Self, SetupError> {
        let door = Door::new(&settings, token)?;
        Ok(Self {
            inner: Arc::new(Inner { door, settings }),
        })
    }

    /// Makes itself known, for the first time or again. A key that comes with the answer is used from then on.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn register(&self, registration: &Registration) -> Result<Registered, Fault> {
        let named = Named {
            adapter_id: &self.inner.settings.adapter,
            registration,
        };
        let heard: Heard<Registered> = self.inner.door.post("/adapters/register", &named).await?;
        if let Some(key) = &heard.answer.adapter_token {
            let adopted = self.inner.door.adopt(key);
            adopted.map_err(|_| Fault::Unexpected("the key cannot be used".to_owned()))?;
        }
        Ok(heard.answer)
    }

    /// Runs `effect` if Clasper permits it, after people have agreed where they have to. Nothing runs in doubt.
    ///
    /// # Errors
    /// [`Governed::Blocked`] when nothing ran; [`Governed::Effect`] when it ran and failed.
    pub async fn governed<T, E, F>(
        &self,
        ask: Ask,
        effect: impl FnOnce(Grant) -> F,
    ) -> Result<T, Governed<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        let grant = self.acquire(ask).await.map_err(Governed::Blocked)?;
        effect(grant).await.map_err(Governed::Effect)
    }

    /// Leave for what is asked, waiting for people where they have to agree. Use it at once, for exactly that, once.
    ///
    /// # Errors
    /// [`Blocked`].
    pub async fn acquire(&self, ask: Ask) -> Result<Grant, Blocked> {
        let settings = &self.inner.settings;
        // A name that was made here is in nobody else's hands, so an answer to it can only be ours.
        let is_own_name = ask.execution_id.is_none();
        let execution_id = ask
            .execution_id
            .clone()
            .unwrap_or_else(|| settings.surroundings.id());
        let grant = match self.request(&execution_id, &ask, is_own_name).await? {
            Said::Allowed(grant) => grant,
            Said::Pending { decision } => {
                self.until_approved(&execution_id, &decision).await?;
                match self.request(&execution_id, &ask, is_own_name).await? {
                    Said::Allowed(grant) => grant,
                    Said::Pending { decision } => return Err(Blocked::NotApproved { decision }),
                }
            }
        };
        if grant.scope.expires_at <= settings.surroundings.now() {
            return Err(Blocked::Expired);
        }
        Ok(grant)
    }

    async fn request(
        &self,
        execution_id: &str,
        ask: &Ask,
        is_own_name: bool,
    ) -> Result<Said, Blocked> {
        let settings = &self.inner.settings;
        let heard: Heard<Reply> = self
            .inner
            .door
            .post(REQUEST, &self.signed(execution_id, ask))
            .await
            .map_err(denied)?;
        let reading = Reading {
            execution_id,
            ask,
            takes_replays: is_own_name && heard.is_repeated,
            now: settings.surroundings.now(),
        };
        heard.answer.read(reading, settings.surroundings.id())
    }

    pub(crate) fn signed<'a, T>(&'a self, execution_id: &'a str, body: &'a T) -> Signed<'a, T> {
        let settings = &self.inner.settings;
        Signed {
            tenant_id: &settings.tenant,
            workspace_id: &settings.workspace,
            adapter_id: &settings.adapter,
            execution_id,
            body,
        }
    }
}

/// A request that the server will not even decide is denied like one that it refuses.
fn denied(fault: Fault) -> Blocked {
    match fault {
        Fault::Refused {
            status: 403, code, ..
        } => Blocked::Denied {
            decision: None,
            reason: code,
        },
        fault => Blocked::Fault(fault),
    }
}
