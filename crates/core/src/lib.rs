#![doc = include_str!("../README.md")]

mod audit;
mod canonical;
mod clock;
mod cursor;
mod error;
mod id;
mod name;
mod permission;
mod principal;
mod record;
mod seal;
mod signer;
mod usd;

pub use audit::{AuditEntry, AuditEvent, ChainHead, LeafHash, LoggedEntry};
pub use canonical::{CanonicalJson, Sha256Digest, canonical_json};
pub use clock::{Clock, ManualClock, SystemClock, Timestamp, truncate_to_micros, wire_time};
pub use cursor::{Cursor, CursorError, Page};
pub use error::{Classify, ErrorKind, StoreError};
pub use id::{
    AdapterKeyId, AnnotationId, ApiKeyId, AuditEntryId, BundleId, DecisionId, EndpointId,
    ExecutionId, ExportId, GrantId, IdParseError, IdSource, InstanceId, OutboxMessageId,
    SequentialIds, SystemIds, ToolAuthorizationId, TraceId,
};
pub use name::{
    AdapterId, AgentId, EnvironmentId, ExecutionKey, NameError, PolicyId, SessionId, TenantId,
    UserId, WorkspaceId,
};
pub use permission::{Permission, PermissionSet, Role, UnknownRole};
pub use principal::{Caller, Credential, Principal, TenantScope};
pub use record::DecisionRecord;
pub use seal::{DeriveKey, Seal};
pub use signer::TokenSigner;
pub use usd::{Usd, UsdError};
