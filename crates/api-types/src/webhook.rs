//! Endpoints of webhooks.

use clasper_core::{EndpointId, OutboxMessageId, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::WireTime;

/// An endpoint to set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"url": "https://hooks.example.com/clasper", "events": ["decision.pending", "budget.threshold"]}))]
pub struct CreateWebhookBody {
    /// The tenant to act for. Needed with the daemon key only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
    /// Where to. Kept sealed; only its scheme, host and port are shown again.
    #[schema(min_length = 1)]
    pub url: String,
    /// What it is told about: `decision.pending`, `decision.resolved`, `decision.expired`, `decision.escalated`,
    /// `execution.allowed`, `execution.denied`, `budget.threshold`, `budget.exceeded`, `adapter.registered`.
    #[schema(min_items = 1)]
    pub events: Vec<String>,
    /// How its messages are signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<WebhookSignatureName>,
}

/// How messages are signed (Standard Webhooks).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WebhookSignatureName {
    /// HMAC-SHA256, with a secret that the receiver holds, too.
    #[default]
    V1,
    /// Ed25519: the receiver holds the public key only.
    V1a,
}

/// Another key for an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"signature": "v1a"}))]
pub struct RotateWebhookBody {
    /// The tenant to act for. Needed with the daemon key only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
    /// How its messages are signed from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<WebhookSignatureName>,
}

/// What is changed of an endpoint. What is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"enabled": true}))]
pub struct ChangeWebhookBody {
    /// The tenant to act for. Needed with the daemon key only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
    /// Where to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What it is told about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1)]
    pub events: Option<Vec<String>>,
    /// On or off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// An endpoint, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "webhook_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "tenant_id": "acme", "origin": "https://hooks.example.com:443",
    "events": ["decision.pending", "budget.threshold"], "enabled": true, "disabled_reason": null, "failing_since": null,
    "created_at": "2026-11-20T10:08:24.000Z", "updated_at": "2026-11-20T10:08:24.000Z"
}))]
pub struct WebhookView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub webhook_id: EndpointId,
    /// Whose it is.
    #[schema(value_type = String)]
    pub tenant_id: TenantId,
    /// Scheme, host and port of its address.
    pub origin: String,
    /// What it is told about.
    pub events: Vec<String>,
    /// Whether it is told anything.
    pub enabled: bool,
    /// Why it was switched off: `operator`, `failing` (nothing arrived for three days) or `gone` (it answered 410).
    #[schema(required)]
    pub disabled_reason: Option<String>,
    /// Since when nothing has arrived; null while all is well.
    #[schema(required)]
    pub failing_since: Option<WireTime>,
    /// When it was set up.
    pub created_at: WireTime,
    /// When it last changed.
    pub updated_at: WireTime,
}

/// An endpoint that was set up, with its secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "webhook": {
        "webhook_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "tenant_id": "acme",
        "origin": "https://hooks.example.com:443", "events": ["decision.pending"], "enabled": true,
        "disabled_reason": null, "failing_since": null,
        "created_at": "2026-11-20T10:08:24.000Z", "updated_at": "2026-11-20T10:08:24.000Z"
    },
    "secret": "whsec_…"
}))]
pub struct CreatedWebhookReply {
    /// The endpoint.
    pub webhook: WebhookView,
    /// Checks the signatures (Standard Webhooks): a secret `whsec_…` (v1), or the public key `whpk_…` (v1a). It is shown this once
    /// and cannot be shown again.
    pub secret: String,
}

/// Every endpoint of the tenant, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookList {
    /// The endpoints.
    pub webhooks: Vec<WebhookView>,
}

/// A message that is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"message_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c12"}))]
pub struct QueuedMessageReply {
    /// Its id, the receiver's `webhook-id`.
    #[schema(value_type = String, format = Uuid)]
    pub message_id: OutboxMessageId,
}

/// A message to an endpoint, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "message_id": "0190c7a2-5b1e-8c3a-9f00-2b6d5a1e4c12", "event": "decision.pending", "state": "waiting", "attempts": 2,
    "last_result": "status 503", "last_attempt_at": "2026-11-20T10:08:30.000Z",
    "created_at": "2026-11-20T10:08:24.000Z", "next_attempt_at": "2026-11-20T10:13:31.000Z"
}))]
pub struct WebhookDeliveryView {
    /// Its id, the receiver's `webhook-id`.
    #[schema(value_type = String, format = Uuid)]
    pub message_id: OutboxMessageId,
    /// What it reports.
    pub event: String,
    /// `waiting`, `delivered` or `failed`.
    pub state: String,
    /// Attempts so far.
    pub attempts: u32,
    /// What came of the last one.
    #[schema(required)]
    pub last_result: Option<String>,
    /// When that was.
    #[schema(required)]
    pub last_attempt_at: Option<WireTime>,
    /// When the change happened that it reports.
    pub created_at: WireTime,
    /// When it is tried next; null once it is settled.
    #[schema(required)]
    pub next_attempt_at: Option<WireTime>,
}

/// A page of messages to an endpoint, the newest first. Settled ones are kept for 30 days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookDeliveryList {
    /// The messages.
    pub deliveries: Vec<WebhookDeliveryView>,
    /// Send it as `cursor` for the next page; null on the last.
    #[schema(required)]
    pub next_cursor: Option<String>,
    /// How many there are at most on a page.
    pub limit: u32,
}
