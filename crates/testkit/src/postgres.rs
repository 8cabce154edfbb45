//! A database of its own on the Postgres server that tests may use.

use anyhow::{Context, Result, bail};
use clasper_core::{IdSource, SystemIds};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};

/// Names the server.
const URL: &str = "CLASPER_TEST_POSTGRES_URL";

/// A database that is dropped with this value.
#[derive(Debug)]
pub(crate) struct TemporaryDatabase {
    server: String,
    name: String,
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where tests learn which server they may use"
)]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The server, or `None` when there is none and that is acceptable.
fn server() -> Result<Option<String>> {
    let server = environment(URL);
    if server.is_none() {
        if environment("CI").as_deref() == Some("true") {
            bail!("{URL} is not set: in CI every store test runs on Postgres too");
        }
        println!("skipped on Postgres: {URL} is not set (`cargo xtask test` sets it)");
    }
    Ok(server)
}

async fn connect(server: &str) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(server);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options)
        .await
        .with_context(|| format!("the server named by {URL} cannot be reached"))
}

impl TemporaryDatabase {
    /// A new, empty database with a name that nobody else has.
    pub(crate) async fn create() -> Result<Option<Self>> {
        let Some(server) = server()? else {
            return Ok(None);
        };
        let name = format!("clasper_test_{}", SystemIds.next_uuid().simple());
        let admin = connect(&server).await?;
        admin
            .execute_unprepared(&format!("CREATE DATABASE {name}"))
            .await
            .context("the user of the test server may not create databases")?;
        admin.close().await?;
        Ok(Some(Self { server, name }))
    }

    /// The address under which Clasper opens it.
    pub(crate) fn address(&self) -> String {
        let (base, query) = match self.server.split_once('?') {
            Some((base, query)) => (base, format!("?{query}")),
            None => (self.server.as_str(), String::new()),
        };
        // `postgres://user@host:port/database`: the third slash begins the name.
        let authority = base.find("://").map_or(0, |at| at + 3);
        let end = base[authority..]
            .find('/')
            .map_or(base.len(), |at| authority + at);
        format!("{}/{}{query}", &base[..end], self.name)
    }
}

impl Drop for TemporaryDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // On a thread of its own: the test's runtime cannot be waited for from within itself.
        let dropping = std::thread::spawn(move || -> Result<()> {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(async {
                let admin = connect(&server).await?;
                let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                admin.execute_unprepared(&drop).await?;
                Ok(admin.close().await?)
            })
        });
        if !matches!(dropping.join(), Ok(Ok(()))) {
            println!("the test database {} could not be dropped", self.name);
        }
    }
}
