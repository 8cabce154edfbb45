//! Keys as they are sent.

use clasper_api_types::TelemetryKeyView;
use clasper_reports::TelemetryKey;
use serde_json::Value;

pub(super) fn key(key: TelemetryKey) -> TelemetryKeyView {
    TelemetryKeyView {
        adapter_id: key.adapter,
        version: key.version,
        telemetry_key_alg: key.key.algorithm().name().to_owned(),
        telemetry_public_jwk: Value::Object(key.key.jwk().clone()),
        telemetry_key_id: key.id,
        telemetry_key_created_at: key.created_at.into(),
        telemetry_key_replaced_at: key.replaced_at.map(Into::into),
        telemetry_key_revoked_at: key.revoked_at.map(Into::into),
    }
}
