//! Names to addresses, each of them checked before a connection is made to it.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use crate::policy::GuardPolicy;

/// Finds the addresses of a host.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// Every address of `host`, unchecked.
    ///
    /// # Errors
    /// [`ResolveError`] when there is none, or none can be found now.
    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, ResolveError>;
}

/// A name has no address, or none can be found now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the host's name could not be resolved")]
pub struct ResolveError;

/// Asks the operating system.
#[derive(Debug, Clone)]
pub struct SystemResolver {
    lookups: Arc<Semaphore>,
}

impl SystemResolver {
    /// A resolver that asks for at most `lookups` names at a time. A lookup occupies a thread until the operating system
    /// gives up on it, and tenants choose the name servers: without a bound, slow ones would take every thread.
    #[must_use]
    pub fn new(lookups: usize) -> Self {
        Self {
            lookups: Arc::new(Semaphore::new(lookups.clamp(1, Semaphore::MAX_PERMITS))),
        }
    }
}

#[async_trait]
impl Resolver for SystemResolver {
    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let lookups = Arc::clone(&self.lookups);
        let permit = lookups.acquire_owned().await.map_err(|_| ResolveError)?;
        let host = host.to_owned();
        let lookup = tokio::task::spawn_blocking(move || {
            let found = (host.as_str(), 0).to_socket_addrs();
            // Held until the thread is free, even if nobody waits for the answer any more.
            drop(permit);
            found.map(|addresses| addresses.map(|address| address.ip()).collect())
        });
        lookup
            .await
            .map_err(|_| ResolveError)?
            .map_err(|_| ResolveError)
    }
}

/// The resolver that the HTTP client uses: what it returns is what the client connects to, so that no second answer of a
/// name server can slip in between.
pub(crate) struct CheckedResolver {
    pub resolver: Arc<dyn Resolver>,
    pub policy: Arc<GuardPolicy>,
}

/// A host resolved to an address that callbacks may not reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the host resolves to an address that is {what}")]
pub(crate) struct RefusedAddress {
    pub what: &'static str,
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = Arc::clone(&self.resolver);
        let policy = Arc::clone(&self.policy);
        Box::pin(async move {
            let found = resolver.addresses(name.as_str()).await?;
            if found.is_empty() {
                return Err(ResolveError.into());
            }
            // One refused address refuses the name: an honest one does not mix public and internal addresses.
            for address in &found {
                policy
                    .check_address(Some(name.as_str()), *address)
                    .map_err(|what| RefusedAddress { what })?;
            }
            // Port 0 stands for the port of the URL.
            let checked = found.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(checked) as Addrs)
        })
    }
}
