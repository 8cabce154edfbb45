//! Lets tenants in: the runtime's question, answered by the identity service.

use async_trait::async_trait;
use clasper_core::{Caller, Classify};
use clasper_identity::Identity;
use clasper_runtime::send::Error;
use clasper_runtime::service::TenantGate;

/// The identity service behind the runtime's port.
pub struct IdentityGate(pub Identity);

#[async_trait]
impl TenantGate for IdentityGate {
    async fn admit(&self, caller: &Caller) -> Result<(), Error> {
        match self.0.ensure_tenant(caller).await {
            Ok(_) => Ok(()),
            Err(clasper_identity::Error::Store(error)) => Err(Error::Store(error)),
            Err(error) => Err(Error::Tenant {
                code: error.code(),
                detail: error.to_string(),
            }),
        }
    }
}
