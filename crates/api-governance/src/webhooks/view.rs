//! Endpoints and messages as they are sent.

use clasper_api_types::{WebhookDeliveryView, WebhookSignatureName, WebhookView};
use clasper_http::Problem;
use clasper_webhook::{Delivered, Endpoint, EventType, KeyKind};

pub(super) fn webhook(endpoint: Endpoint) -> WebhookView {
    let names = endpoint.events.iter().map(|event| event.name().to_owned());
    WebhookView {
        webhook_id: endpoint.id,
        tenant_id: endpoint.tenant,
        origin: endpoint.origin,
        events: names.collect(),
        enabled: endpoint.enabled,
        disabled_reason: endpoint.disabled_reason,
        failing_since: endpoint.failing_since.map(Into::into),
        created_at: endpoint.created_at.into(),
        updated_at: endpoint.updated_at.into(),
    }
}

pub(super) fn delivery(message: Delivered) -> WebhookDeliveryView {
    WebhookDeliveryView {
        message_id: message.id,
        event: message.event,
        state: message.state,
        attempts: message.attempts,
        last_result: message.last_result,
        last_attempt_at: message.last_attempt_at.map(Into::into),
        created_at: message.created_at.into(),
        next_attempt_at: message.next_attempt_at.map(Into::into),
    }
}

pub(super) fn events(names: &[String]) -> Result<Vec<EventType>, Problem> {
    let read = names.iter().enumerate().map(|(at, name)| {
        let event = name.parse::<EventType>();
        event.map_err(|error| Problem::invalid(format!("/events/{at}"), error.to_string()))
    });
    read.collect()
}

pub(super) fn key_kind(name: Option<WebhookSignatureName>) -> KeyKind {
    match name.unwrap_or_default() {
        WebhookSignatureName::V1 => KeyKind::Symmetric,
        WebhookSignatureName::V1a => KeyKind::Asymmetric,
    }
}
