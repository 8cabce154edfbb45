//! Whether the schema is current, and making it so.

use sea_orm::sea_query::{Alias, ColumnDef, Expr, ExprTrait, Query, Table};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

use crate::{MIGRATIONS, Migration};

/// Where a database remembers what has run. The name and the columns are those of sea-orm-migration, so that its
/// databases and tools are understood.
const HISTORY: &str = "seaql_migrations";

/// The advisory lock of Postgres that one migrating process holds: "clasper" in ASCII.
const MIGRATION_LOCK: i64 = 0x0063_6c61_7370_6572;

/// Whether the database has the tables that this version needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaState {
    /// It has.
    Current,
    /// So many migrations are missing.
    Behind {
        /// How many.
        pending: usize,
    },
}

/// The schema cannot be read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// The database refused.
    #[error("the database schema cannot be read or changed")]
    Database(#[from] DbErr),
    /// A later version of Clasper has changed the tables.
    #[error(
        "the database was migrated by a newer version of Clasper (this one does not know {migration}): \
         run that version or a later one"
    )]
    Newer {
        /// The first migration that is not known here.
        migration: String,
    },
}

/// Whether the database has the tables that this version needs. Asking changes nothing, so a reader may.
///
/// # Errors
/// [`SchemaError`].
pub async fn schema_state(database: &DatabaseConnection) -> Result<SchemaState, SchemaError> {
    let pending = pending(database).await?.len();
    Ok(if pending == 0 {
        SchemaState::Current
    } else {
        SchemaState::Behind { pending }
    })
}

/// Runs the migrations that are missing; returns how many. Replicas that start together do it one after the other.
///
/// # Errors
/// [`SchemaError`].
pub async fn migrate(database: &DatabaseConnection) -> Result<usize, SchemaError> {
    let mut ran = 0;
    if database.get_database_backend() == DbBackend::Postgres {
        let transaction = database.begin().await?;
        let lock = format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})");
        transaction.execute_unprepared(&lock).await?;
        for migration in pending(&transaction).await? {
            run(&transaction, migration).await?;
            ran += 1;
        }
        transaction.commit().await?;
        return Ok(ran);
    }
    while !pending(database).await?.is_empty() {
        // The write lock is taken first: what is pending may have been run by another process just now.
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = database.begin_with_options(options).await?;
        if let Some(migration) = pending(&transaction).await?.first() {
            run(&transaction, migration).await?;
            ran += 1;
        }
        transaction.commit().await?;
    }
    Ok(ran)
}

/// The migrations that are missing, in order.
async fn pending<C: ConnectionTrait>(
    connection: &C,
) -> Result<Vec<&'static Migration>, SchemaError> {
    let applied = applied(connection).await?;
    let unknown = |name: &&String| !MIGRATIONS.iter().any(|known| known.name == **name);
    if let Some(migration) = applied.iter().find(unknown) {
        return Err(SchemaError::Newer {
            migration: migration.clone(),
        });
    }
    let missing = MIGRATIONS
        .iter()
        .filter(|known| !applied.iter().any(|name| name == known.name));
    Ok(missing.collect())
}

/// The names of what has run.
async fn applied<C: ConnectionTrait>(connection: &C) -> Result<Vec<String>, DbErr> {
    if !has_history(connection).await? {
        return Ok(Vec::new());
    }
    let select = Query::select()
        .column("version")
        .from(HISTORY)
        .order_by("version", sea_orm::Order::Asc)
        .take();
    let rows = connection.query_all(&select).await?;
    rows.iter().map(|row| row.try_get("", "version")).collect()
}

async fn has_history<C: ConnectionTrait>(connection: &C) -> Result<bool, DbErr> {
    let mut select = Query::select();
    select.expr_as(Expr::val(1), "found");
    if connection.get_database_backend() == DbBackend::Postgres {
        select
            .from(("information_schema", "tables"))
            .and_where(Expr::col("table_schema").eq(Expr::cust("current_schema()")))
            .and_where(Expr::col("table_name").eq(HISTORY));
    } else {
        select
            .from("sqlite_master")
            .and_where(Expr::col("type").eq("table"))
            .and_where(Expr::col("name").eq(HISTORY));
    }
    Ok(connection.query_one(&select).await?.is_some())
}

/// Runs one migration and remembers it.
async fn run(transaction: &DatabaseTransaction, migration: &Migration) -> Result<(), DbErr> {
    let backend = transaction.get_database_backend();
    let history = Table::create()
        .table(HISTORY)
        .if_not_exists()
        .col(ColumnDef::new("version").string().not_null().primary_key())
        .col(ColumnDef::new("applied_at").big_integer().not_null())
        .take();
    transaction.execute(&history).await?;
    for statement in (migration.statements)(backend) {
        transaction.execute_raw(statement).await?;
    }
    // The database's clock: it is for people to read, and nothing is decided by it.
    let now = match backend {
        DbBackend::Postgres => Expr::cust("EXTRACT(EPOCH FROM now())::BIGINT"),
        _ => Expr::cust("unixepoch()"),
    };
    let remember = Query::insert()
        .into_table(HISTORY)
        .columns([Alias::new("version"), Alias::new("applied_at")])
        .values_panic([migration.name.into(), now])
        .take();
    transaction.execute(&remember).await.map(drop)
}
