//! What the backend can do, and whether it is there.

use std::time::Duration;

use clasper_runtime::backend::{AgentIdentity, BackendCapabilities, BackendError};
use reqwest::StatusCode;
use serde_json::Value;

use crate::backend::Backend;
use crate::transport::Transport;
use crate::wire::{self, CapabilitiesBody};

const HEALTH_TIMEOUT: Duration = Duration::from_secs(5);
/// What a backend older than the contract speaks when it does not say.
const OLDER_VERSION: &str = "1.0.0";

impl Backend {
    pub(crate) async fn announced_capabilities(
        &self,
        agent: &AgentIdentity,
    ) -> Result<BackendCapabilities, BackendError> {
        let url = self.addresses.capabilities.clone();
        let answer = self.transport.send(&self.transport.get(agent, url)).await?;
        if answer.status != StatusCode::NOT_FOUND {
            return read(&answer.success()?, None);
        }
        let url = self.addresses.older_capabilities.clone();
        let answer = self.transport.send(&self.transport.get(agent, url)).await?;
        read(&answer.success()?, Some(OLDER_VERSION))
    }

    pub(crate) async fn check_health(&self) -> Result<(), BackendError> {
        let timeout = self.transport.timeout.min(HEALTH_TIMEOUT);
        let call = Transport::anonymous_get(self.addresses.health.clone(), timeout);
        let status = self.transport.send_once(&call).await?.status;
        if status.is_success() {
            return Ok(());
        }
        if status.is_server_error() {
            return Err(BackendError::Unavailable);
        }
        // The contract has no health check, so that its absence says nothing; any answer from a path that the contract
        // has shows that the backend is there.
        let url = self.addresses.capabilities.clone();
        let call = Transport::anonymous_get(url, timeout);
        self.transport.send_once(&call).await.map(drop)
    }
}

fn read(body: &[u8], default_version: Option<&str>) -> Result<BackendCapabilities, BackendError> {
    let what = "the capabilities";
    let body: CapabilitiesBody = wire::read(body, what)?;
    let contract_version = body
        .contract_version
        .or(body.version)
        .or_else(|| default_version.map(str::to_owned))
        .ok_or(BackendError::Contract { what })?;
    let features = features(body.features).ok_or(BackendError::Contract { what })?;
    Ok(BackendCapabilities {
        contract_version,
        features,
    })
}

/// The features switched on, from the contract's map or the older list.
fn features(value: Value) -> Option<Vec<String>> {
    match value {
        Value::Object(map) => {
            let on = map.into_iter().filter(|(_, on)| *on == Value::Bool(true));
            let mut names: Vec<String> = on.map(|(name, _)| name).collect();
            names.sort();
            Some(names)
        }
        Value::Array(list) => list
            .into_iter()
            .map(|name| match name {
                Value::String(name) => Some(name),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}
