//! The backend as a value: opened from a configuration, turned into a router, looked into by tests and demos.

use std::{path::PathBuf, sync::Arc};

use axum::{Router, extract::DefaultBodyLimit};
use chrono::{DateTime, SecondsFormat, Utc};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::{
    auth::Verifier,
    capability,
    document::{self, Document},
    message::{self, Message},
    reply,
    store::{Error, Store},
    task::{self, Task},
    tool,
};

/// The shortest `AGENT_JWT_SECRET` that is accepted: HS256 is only as strong as its key, and below the size of the hash it is weaker.
pub const MIN_SECRET_BYTES: usize = 32;

/// Bodies above this are refused with 413; a message that needs more belongs in a document store.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Tells the time; passed in, so that tests decide when a token expires.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Makes the id of each new record; every call must give another one.
pub type Ids = Arc<dyn Fn() -> Uuid + Send + Sync>;

/// Where the records live.
#[derive(Debug, Clone)]
pub enum Database {
    /// A `SQLite` file; it and its directory are made when missing.
    File(PathBuf),
    /// Nothing survives the [`Backend`]; for tests and demos.
    Memory,
}

/// What a backend needs to start.
#[derive(Clone)]
pub struct BackendConfig {
    /// Where the records live.
    pub database: Database,
    /// The key that agent tokens are signed with: the same `AGENT_JWT_SECRET` that Clasper has.
    pub agent_jwt_secret: SecretString,
    /// Tells the time.
    pub clock: Clock,
    /// Makes ids.
    pub ids: Ids,
}

/// A running backend; clones share the same records.
#[derive(Clone)]
pub struct Backend {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    verifier: Verifier,
    clock: Clock,
    ids: Ids,
}

impl Backend {
    /// Opens the database, creating its tables where they are missing.
    ///
    /// # Errors
    /// When the secret is shorter than [`MIN_SECRET_BYTES`] or the database cannot be opened.
    pub async fn open(config: BackendConfig) -> Result<Self, Error> {
        let secret = config.agent_jwt_secret.expose_secret().as_bytes();
        if secret.len() < MIN_SECRET_BYTES {
            return Err(Error::WeakSecret);
        }
        let inner = Inner {
            verifier: Verifier::new(secret),
            store: Store::open(&config.database).await?,
            clock: config.clock,
            ids: config.ids,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// All routes, ready to be served or nested in another router.
    pub fn router(&self) -> Router {
        Router::new()
            .merge(capability::routes())
            .merge(task::routes())
            .merge(message::routes())
            .merge(document::routes())
            .merge(tool::routes())
            .fallback(reply::no_such_route)
            .method_not_allowed_fallback(reply::method_not_allowed)
            .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
            .with_state(self.clone())
    }

    /// Every task of a user, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn tasks_of(&self, user_id: &str) -> Result<Vec<Task>, Error> {
        task::all_of(self.store(), user_id).await
    }

    /// Every message of a user, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn messages_of(&self, user_id: &str) -> Result<Vec<Message>, Error> {
        message::all_of(self.store(), user_id).await
    }

    /// Every document of a user, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn documents_of(&self, user_id: &str) -> Result<Vec<Document>, Error> {
        document::all_of(self.store(), user_id).await
    }

    /// Closes the database, folding the write-ahead log into the file. Requests after this fail.
    ///
    /// # Errors
    /// When the database cannot be closed cleanly.
    pub async fn close(&self) -> Result<(), Error> {
        self.store().close().await
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn verifier(&self) -> &Verifier {
        &self.inner.verifier
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.inner.clock)()
    }

    /// The time as records carry it: RFC 3339 in UTC with milliseconds.
    pub(crate) fn timestamp(&self) -> String {
        self.now().to_rfc3339_opts(SecondsFormat::Millis, true)
    }

    pub(crate) fn new_id(&self) -> String {
        (self.inner.ids)().to_string()
    }
}
