//! Prices of a tenant's own: what it has negotiated, or models that the table does not know.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use clasper_core::{
    AuditEntry, AuditEntryId, AuditEvent, Caller, Classify, Clock, ErrorKind, IdSource, Permission,
    StoreError, TenantId, TenantScope, Timestamp, canonical_json,
};
use moka::sync::Cache;

use crate::price::{ModelPrice, PriceError, PriceOverrides, PriceTable, Prices, Tariff};

/// Most prices of one tenant's own: they are read together.
pub const MOST_OWN_PRICES: u32 = 1_000;
/// The longest `provider/model`, in bytes.
const LONGEST_NAME: usize = 255;
/// Tenants whose prices are kept.
const CACHED_TENANTS: u64 = 10_000;
/// How long prices are used without looking whether another replica changed them.
const TRUSTED_MICROS: i64 = 1_000_000;

/// A price of a tenant's own, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnPrice {
    /// `provider/model`.
    pub model: String,
    /// The price.
    pub tariff: Tariff,
    /// When it was set.
    pub updated_at: Timestamp,
    /// By whom ([`clasper_core::Principal::actor`]).
    pub updated_by: String,
}

/// What became of setting a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceWrite {
    /// It counts.
    Written,
    /// The tenant has [`MOST_OWN_PRICES`] already. Nothing was written.
    TooMany,
    /// There was none to take back. Nothing was written.
    NotFound,
}

/// Keeps tenants' own prices.
#[async_trait]
pub trait PriceStore: Send + Sync {
    /// All of a tenant's own prices, by name.
    async fn own_prices(&self, scope: &TenantScope) -> Result<Vec<OwnPrice>, StoreError>;

    /// Sets a price. `entry` is completed with the price before and after.
    async fn set_price(
        &self,
        scope: &TenantScope,
        price: OwnPrice,
        entry: AuditEntry,
    ) -> Result<PriceWrite, StoreError>;

    /// Takes a price back. `entry` is completed with the price that counted.
    async fn remove_price(
        &self,
        scope: &TenantScope,
        model: &str,
        entry: AuditEntry,
    ) -> Result<PriceWrite, StoreError>;
}

/// Why an operation on prices was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OwnPriceError {
    /// The caller lacks a permission.
    #[error("the permission {0} is needed")]
    Forbidden(Permission),
    /// The name cannot be a model's.
    #[error(
        "a model is named provider/model, in at most {LONGEST_NAME} bytes without control characters"
    )]
    Name,
    /// The price is below zero or beyond what money can express.
    #[error(transparent)]
    Price(#[from] PriceError),
    /// There are too many.
    #[error("a tenant has at most {MOST_OWN_PRICES} prices of its own: take some back first")]
    TooMany,
    /// There is none.
    #[error("the tenant has no price of its own for this model")]
    NotFound,
    /// The database failed.
    #[error("the prices could not be read or written")]
    Store(#[from] StoreError),
    /// An audit entry could not be put into words; never for values that came from JSON.
    #[error("the audit entry has no JSON form")]
    Entry(#[from] serde_json::Error),
}

impl Classify for OwnPriceError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Forbidden(_) => ErrorKind::Forbidden,
            Self::Name | Self::Price(_) => ErrorKind::InvalidInput,
            Self::TooMany => ErrorKind::Conflict,
            Self::NotFound => ErrorKind::NotFound,
            Self::Store(error) => error.kind(),
            Self::Entry(_) => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Forbidden(_) => "permission_denied",
            Self::Name => "invalid_model",
            Self::Price(_) => "invalid_price",
            Self::TooMany => "too_many_prices",
            Self::NotFound => "price_not_found",
            Self::Store(error) => error.code(),
            Self::Entry(_) => "internal_error",
        }
    }

    fn pointer(&self) -> Option<&str> {
        matches!(self, Self::Name).then_some("/path/model")
    }
}

/// The prices that count for one tenant at one moment. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ModelPrices {
    own: Arc<PriceOverrides>,
    table: Arc<PriceTable>,
}

impl ModelPrices {
    /// The price of `provider/model`.
    ///
    /// # Errors
    /// [`PriceError::Unknown`].
    pub fn get(&self, model: &str) -> Result<ModelPrice, PriceError> {
        self.prices()
            .tariff(model)
            .map(|tariff| tariff.model_price())
    }

    /// The tenant's own prices over the table's.
    #[must_use]
    pub fn prices(&self) -> Prices<'_> {
        self.table.under(&self.own)
    }
}

/// Prices, as their users see them. Cheap to clone.
#[derive(Clone)]
pub struct TenantPrices {
    table: Arc<PriceTable>,
    store: Arc<dyn PriceStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    cache: Cache<TenantId, (Arc<PriceOverrides>, Timestamp)>,
}

impl fmt::Debug for TenantPrices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantPrices").finish_non_exhaustive()
    }
}

impl TenantPrices {
    /// `table` counts where a tenant has no price of its own.
    #[must_use]
    pub fn new(
        table: PriceTable,
        store: Arc<dyn PriceStore>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self {
            table: Arc::new(table),
            store,
            clock,
            ids,
            cache: Cache::new(CACHED_TENANTS),
        }
    }

    /// The prices that count for a tenant; what another replica changed counts after a second.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn of(&self, scope: &TenantScope) -> Result<ModelPrices, StoreError> {
        let now = self.clock.now();
        let age = |read_at: Timestamp| (now - read_at).num_microseconds().unwrap_or(i64::MAX);
        let known = self.cache.get(scope.tenant());
        let own = match known {
            Some((own, read_at)) if age(read_at) < TRUSTED_MICROS => own,
            _ => {
                let mut own = PriceOverrides::default();
                for price in self.store.own_prices(scope).await? {
                    // What is stored was checked when it was set.
                    let _ = own.set(&price.model, price.tariff);
                }
                let own = Arc::new(own);
                let read = (Arc::clone(&own), now);
                self.cache.insert(scope.tenant().clone(), read);
                own
            }
        };
        Ok(ModelPrices {
            own,
            table: Arc::clone(&self.table),
        })
    }

    /// The tenant's own prices, by name.
    ///
    /// # Errors
    /// [`OwnPriceError::Forbidden`] or [`OwnPriceError::Store`].
    pub async fn list(&self, caller: &Caller) -> Result<Vec<OwnPrice>, OwnPriceError> {
        require(caller, Permission::BudgetView)?;
        Ok(self.store.own_prices(&caller.scope()).await?)
    }

    /// Sets the tenant's price of `provider/model`; it counts from the next run on.
    ///
    /// # Errors
    /// [`OwnPriceError`]; nothing is written then.
    pub async fn set(
        &self,
        caller: &Caller,
        model: &str,
        tariff: Tariff,
    ) -> Result<OwnPrice, OwnPriceError> {
        require(caller, Permission::BudgetModify)?;
        checked_name(model)?;
        PriceOverrides::default().set(model, tariff)?;
        let price = OwnPrice {
            model: model.to_owned(),
            tariff,
            updated_at: self.clock.now(),
            updated_by: caller.principal.actor(),
        };
        let entry = self.entry(caller, model)?;
        let scope = caller.scope();
        let written = self.store.set_price(&scope, price.clone(), entry).await?;
        self.cache.invalidate(scope.tenant());
        match written {
            PriceWrite::Written => Ok(price),
            PriceWrite::TooMany => Err(OwnPriceError::TooMany),
            PriceWrite::NotFound => Err(OwnPriceError::NotFound),
        }
    }

    /// Takes the tenant's price of `provider/model` back: the table's counts again, or none.
    ///
    /// # Errors
    /// [`OwnPriceError`]; nothing is written then.
    pub async fn remove(&self, caller: &Caller, model: &str) -> Result<(), OwnPriceError> {
        require(caller, Permission::BudgetModify)?;
        checked_name(model)?;
        let entry = self.entry(caller, model)?;
        let scope = caller.scope();
        let written = self.store.remove_price(&scope, model, entry).await?;
        self.cache.invalidate(scope.tenant());
        match written {
            PriceWrite::Written => Ok(()),
            _ => Err(OwnPriceError::NotFound),
        }
    }

    fn entry(&self, caller: &Caller, model: &str) -> Result<AuditEntry, OwnPriceError> {
        Ok(AuditEntry {
            id: AuditEntryId::generate(&*self.ids),
            tenant: caller.principal.tenant.clone(),
            workspace: None,
            trace: Some(caller.trace),
            user: caller.principal.user.clone(),
            actor: caller.principal.actor(),
            event: AuditEvent::PriceChanged,
            target: Some(format!("price:{model}")),
            detail: canonical_json(&serde_json::Map::new())?,
            occurred_at: self.clock.now(),
        })
    }
}

fn checked_name(model: &str) -> Result<(), OwnPriceError> {
    let named = model
        .split_once('/')
        .is_some_and(|(provider, rest)| !provider.trim().is_empty() && !rest.trim().is_empty());
    if named && model.len() <= LONGEST_NAME && !model.chars().any(char::is_control) {
        Ok(())
    } else {
        Err(OwnPriceError::Name)
    }
}

const fn require(caller: &Caller, permission: Permission) -> Result<(), OwnPriceError> {
    if caller.may(permission) {
        Ok(())
    } else {
        Err(OwnPriceError::Forbidden(permission))
    }
}
