//! Keys as they are sent.

use clasper_api_types::{AdapterKeyView, IssuedAdapterKeyReply};
use clasper_identity::AdapterKey;
use secrecy::{ExposeSecret, SecretString};

pub(in crate::adapters) fn key(key: AdapterKey) -> AdapterKeyView {
    AdapterKeyView {
        key_id: key.id,
        adapter_id: key.adapter,
        workspace_id: key.workspace,
        prefix: key.prefix,
        created_at: key.created_at.into(),
        expires_at: key.expires_at.map(Into::into),
        revoked_at: key.revoked_at.map(Into::into),
    }
}

pub(in crate::adapters) fn issued(
    issued: AdapterKey,
    secret: &SecretString,
) -> IssuedAdapterKeyReply {
    IssuedAdapterKeyReply {
        key: key(issued),
        adapter_token: secret.expose_secret().to_owned(),
    }
}
