//! A tenant, and what comes of creating one.

use chrono_tz::Tz;

use clasper_core::{TenantId, Timestamp};

/// One customer of the product that Clasper serves. All data belongs to exactly one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its id, as tokens and requests name it.
    pub id: TenantId,
    /// Its name for people.
    pub name: String,
    /// Where its days and months begin and end; budgets roll over by it.
    pub time_zone: Tz,
    /// When it was created.
    pub created_at: Timestamp,
}

/// What came of creating a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenantCreation {
    /// It is new.
    Created(Tenant),
    /// A tenant of that id was there before and stays as it was; nothing was written.
    AlreadyExists(Tenant),
}

impl TenantCreation {
    /// The tenant as it now stands, new or not.
    #[must_use]
    pub fn into_tenant(self) -> Tenant {
        match self {
            Self::Created(tenant) | Self::AlreadyExists(tenant) => tenant,
        }
    }
}
