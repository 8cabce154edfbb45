//! What a group of writes must see before it decides.

use std::collections::BTreeSet;

use clasper_core::{ExecutionId, TenantId};
use sea_orm::prelude::Uuid;

/// Rows to load, each once.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    pub(crate) tenants: BTreeSet<String>,
    pub(crate) open_runs: BTreeSet<Uuid>,
    pub(crate) idempotency_keys: BTreeSet<(String, String)>,
}

impl Needs {
    pub(crate) fn tenant(&mut self, tenant: &TenantId) {
        if !self.tenants.contains(tenant.as_str()) {
            self.tenants.insert(tenant.as_str().to_owned());
        }
    }

    pub(crate) fn open_run(&mut self, execution: ExecutionId) {
        self.open_runs.insert(execution.as_uuid());
    }

    pub(crate) fn idempotency_key(&mut self, tenant: &TenantId, key: &str) {
        self.idempotency_keys
            .insert((tenant.as_str().to_owned(), key.to_owned()));
    }
}
