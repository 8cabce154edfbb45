//! A migrated database with a running store, thrown away at the end of a test.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clasper_core::{TenantId, TenantScope, Usd};
use clasper_db::{Database, DatabaseOptions};
use clasper_entity as entity;
use clasper_governance::{Account, Budget, BudgetChange, BudgetScope, BudgetSettings, BudgetStore};
use clasper_identity::IdentityStore;
use clasper_runtime::run::{Opening, RunOpening, RunStore};
use clasper_store::Store;
use clasper_store_verify::{AuditReport, verify_all};
use sea_orm::{EntityTrait, PaginatorTrait};
use tempfile::TempDir;
use tokio_util::task::TaskTracker;

use crate::every_entity;
use crate::maker::Maker;
use crate::postgres::TemporaryDatabase;

/// What is removed at the end.
#[derive(Debug)]
enum Home {
    Sqlite(TempDir),
    Postgres(TemporaryDatabase),
}

impl Home {
    fn file(&self) -> Option<PathBuf> {
        match self {
            Self::Sqlite(directory) => Some(directory.path().join("clasper.db")),
            Self::Postgres(_) => None,
        }
    }
}

/// A database that nobody uses at the moment.
#[derive(Debug)]
pub struct StoppedDatabase {
    home: Home,
}

impl StoppedDatabase {
    /// The file, on SQLite.
    #[must_use]
    pub fn file(&self) -> Option<PathBuf> {
        self.home.file()
    }

    /// Starts a store on it again.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn start(self) -> Result<TestDatabase> {
        TestDatabase::open(self.home).await
    }
}

/// A migrated database with a running store.
#[derive(Debug)]
pub struct TestDatabase {
    /// The store under test.
    pub store: Store,
    /// Makes values with unique ids and the time of a clock that stands still.
    pub make: Maker,
    database: Database,
    tracker: TaskTracker,
    // Last: fields are dropped in this order, and the connections must be gone before their database.
    home: Home,
}

impl TestDatabase {
    /// A SQLite file in a directory of its own.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn sqlite() -> Result<Self> {
        Self::open(Home::Sqlite(TempDir::new()?)).await
    }

    /// A database of its own on the test server; `None`, after saying so, when there is no server.
    ///
    /// # Errors
    /// When it cannot be made; and in CI when there is no server.
    pub async fn postgres() -> Result<Option<Self>> {
        match TemporaryDatabase::create().await? {
            Some(database) => Ok(Some(Self::open(Home::Postgres(database)).await?)),
            None => Ok(None),
        }
    }

    async fn open(home: Home) -> Result<Self> {
        let database = connect(&home).await?;
        clasper_migrations::migrate(database.writer()).await?;
        let tracker = TaskTracker::new();
        Ok(Self {
            store: Store::start(database.clone(), &tracker),
            make: Maker::default(),
            database,
            tracker,
            home,
        })
    }

    /// Drops the store, waits until everything is written, and closes every connection that is the store's.
    pub async fn stop(self) -> StoppedDatabase {
        let Self {
            store,
            database,
            tracker,
            home,
            ..
        } = self;
        drop(store);
        tracker.close();
        tracker.wait().await;
        database.close().await;
        StoppedDatabase { home }
    }

    /// The database under the store.
    #[must_use]
    pub const fn database(&self) -> &Database {
        &self.database
    }

    /// Further connections to the same database, as another process has them.
    ///
    /// # Errors
    /// When they cannot be made.
    pub async fn second_database(&self) -> Result<Database> {
        connect(&self.home).await
    }

    /// A store with connections and a writer of its own: another replica on the same database.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn second_store(&self) -> Result<Store> {
        Ok(Store::start(self.second_database().await?, &self.tracker))
    }

    /// The address under which a server process opens it.
    #[must_use]
    pub fn url(&self) -> String {
        match &self.home {
            Home::Sqlite(directory) => {
                format!(
                    "sqlite://{}?mode=rwc",
                    directory.path().join("clasper.db").display()
                )
            }
            Home::Postgres(database) => database.address(),
        }
    }

    /// Whether this is Postgres.
    #[must_use]
    pub const fn is_postgres(&self) -> bool {
        matches!(self.home, Home::Postgres(_))
    }

    /// The file, on SQLite.
    #[must_use]
    pub fn file(&self) -> Option<PathBuf> {
        self.home.file()
    }

    /// Creates a tenant whose months are of UTC.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn tenant(&self, name: &str) -> Result<TenantScope> {
        let (tenant, entry) = self.make.tenant(TenantId::new(name)?);
        let scope = TenantScope::system(tenant.id.clone());
        self.store.create_tenant(tenant, entry).await?;
        Ok(scope)
    }

    /// Creates a tenant with a hard monthly budget.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn tenant_with_budget(&self, name: &str, limit: Usd) -> Result<TenantScope> {
        let scope = self.tenant(name).await?;
        self.set_budget(&scope, &BudgetSettings::limited_to(limit))
            .await?;
        Ok(scope)
    }

    /// Sets a budget as of now.
    ///
    /// # Errors
    /// When the store refuses, or the period is senseless.
    pub async fn set_budget(&self, scope: &TenantScope, settings: &BudgetSettings) -> Result<()> {
        let entry = self.make.budget_entry(scope);
        let (zone, now) = (settings.time_zone, self.make.now());
        let change = self
            .store
            .set_budget(scope, settings, zone, now, entry)
            .await?;
        ensure!(matches!(change, BudgetChange::Changed(_)), "{change:?}");
        Ok(())
    }

    /// Sets a hard budget within the tenant's.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn set_scope(
        &self,
        scope: &TenantScope,
        part: &BudgetScope,
        settings: &BudgetSettings,
    ) -> Result<()> {
        let (entry, now) = (self.make.budget_entry(scope), self.make.now());
        let change = self
            .store
            .set_scope(scope, part, settings, now, entry)
            .await?;
        ensure!(matches!(change, BudgetChange::Changed(_)), "{change:?}");
        Ok(())
    }

    /// A budget within the tenant's, as it is stored.
    ///
    /// # Errors
    /// When there is none.
    pub async fn scope_budget(&self, scope: &TenantScope, part: &BudgetScope) -> Result<Budget> {
        let wanted = std::slice::from_ref(part);
        let found = self.store.find_scopes(scope, wanted).await?;
        let found = found.into_iter().next();
        Ok(found.context("the part has no budget")?.budget)
    }

    /// Opens a run that must be admitted; returns it with its hold.
    ///
    /// # Errors
    /// When it is not.
    pub async fn admit(&self, scope: &TenantScope, ask: Usd) -> Result<(RunOpening, Usd)> {
        let opening = self.make.opening(scope, ask);
        match self.store.open_run(opening.clone()).await? {
            Opening::Admitted { hold, .. } => Ok((opening, hold)),
            other => anyhow::bail!("not admitted: {other:?}"),
        }
    }

    /// The tenant's account.
    ///
    /// # Errors
    /// When there is none.
    pub async fn account(&self, scope: &TenantScope) -> Result<Account> {
        let account = self.store.find_account(scope).await?;
        account.context("the tenant has no account")
    }

    /// What verification finds.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn verify(&self) -> Result<AuditReport> {
        Ok(verify_all(&self.database, None).await?)
    }

    /// Insists that verification finds nothing wrong.
    ///
    /// # Errors
    /// With the faults when it does.
    pub async fn ensure_whole(&self) -> Result<()> {
        let report = self.verify().await?;
        ensure!(report.is_whole(), "{report:#?}");
        Ok(())
    }

    /// How many rows each table has.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn row_counts(&self) -> Result<BTreeMap<&'static str, u64>> {
        let mut counts = BTreeMap::new();
        macro_rules! count {
            ($($table:ident),+) => {$(
                let rows = entity::$table::Entity::find().count(self.database.reader()).await?;
                counts.insert(stringify!($table), rows);
            )+};
        }
        every_entity!(count);
        Ok(counts)
    }
}

async fn connect(home: &Home) -> Result<Database> {
    let address = match home {
        Home::Sqlite(directory) => {
            let file = directory.path().join("clasper.db");
            format!("sqlite://{}?mode=rwc", file.display())
        }
        Home::Postgres(database) => database.address(),
    };
    Ok(Database::connect(&address, &DatabaseOptions::default()).await?)
}
