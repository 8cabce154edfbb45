//! `GET /api/events` of the real binary: cut, stopped, killed and moved to another replica, it tells every event once.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clasper_testkit::TestDatabase;

use crate::harness::{DAEMON_KEY, ModelServer, Server, Setup, Store, start_backend};

/// What a client has seen, and where it goes on.
#[derive(Default)]
struct Client {
    seen: Vec<i64>,
    last: Option<String>,
}

impl Client {
    /// Reads until `wanted` events were seen in all or the stream ends.
    async fn watch(&mut self, server: &Server, wanted: usize) -> Result<()> {
        let url = format!("{}/api/events?tenant_id=acme", server.base);
        let mut request = server
            .http
            .get(url)
            .header("X-Agent-Daemon-Key", DAEMON_KEY);
        if let Some(last) = &self.last {
            request = request.header("Last-Event-ID", last);
        }
        let mut answer = request.send().await?.error_for_status()?;
        let mut rest = String::new();
        while self.seen.len() < wanted {
            let Ok(Some(bytes)) = answer.chunk().await else {
                return Ok(());
            };
            rest.push_str(std::str::from_utf8(&bytes)?);
            while let Some((frame, tail)) = rest.split_once("\n\n") {
                self.frame(frame)?;
                rest = tail.to_owned();
            }
        }
        Ok(())
    }

    fn frame(&mut self, frame: &str) -> Result<()> {
        let id = frame.lines().find_map(|line| line.strip_prefix("id: "));
        let Some(id) = id else { return Ok(()) };
        self.last = Some(id.to_owned());
        if frame.contains("data: ") {
            self.seen.push(id.parse().context("a number")?);
        }
        Ok(())
    }
}

async fn setup(store: Store) -> Result<Setup> {
    let (_, model) = ModelServer::start(Duration::from_millis(1)).await?;
    let (_backend, backend, _task) = start_backend(None).await?;
    Ok(Setup {
        store,
        model,
        backend,
        extra: Vec::new(),
    })
}

/// The number of the log's newest entry.
async fn head(server: &Server) -> Result<usize> {
    let (_, log) = server.get("/audit?tenant_id=acme&limit=1").await?;
    let seq = log["entries"][0]["seq"].as_u64().context("a number")?;
    Ok(usize::try_from(seq)?)
}

fn ensure_each_once(client: &Client, head: usize) -> Result<()> {
    let all: Vec<i64> = (1..=i64::try_from(head)?).collect();
    ensure!(client.seen == all, "{:?}", client.seen);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_sees_every_event_once_though_the_server_is_killed_and_started_again() -> Result<()>
{
    let directory = tempfile::tempdir()?;
    let setup = setup(Store::Sqlite(directory.path().join("clasper.db"))).await?;
    let server = Server::start(&setup).await?;
    server.send("acme", "one").await?;
    let mut client = Client {
        last: Some("0".to_owned()),
        ..Client::default()
    };
    client.watch(&server, 2).await?;
    // While the stream stands, more happens and the server dies.
    let killed = async {
        server.send("acme", "two").await?;
        let id = server.id().to_string();
        std::process::Command::new("kill")
            .args(["-9", &id])
            .status()?;
        anyhow::Ok(())
    };
    let (killed, watched) = tokio::join!(killed, client.watch(&server, usize::MAX));
    killed?;
    watched?;
    drop(server);
    let server = Server::start(&setup).await?;
    server.send("acme", "three").await?;
    let head = head(&server).await?;
    client.watch(&server, head).await?;
    ensure_each_once(&client, head)
}

#[tokio::test(flavor = "multi_thread")]
async fn open_streams_do_not_keep_a_server_from_stopping() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let setup = setup(Store::Sqlite(directory.path().join("clasper.db"))).await?;
    let server = Server::start(&setup).await?;
    server.send("acme", "one").await?;
    let url = format!("{}/api/events?tenant_id=acme", server.base);
    let request = server
        .http
        .get(url)
        .header("X-Agent-Daemon-Key", DAEMON_KEY);
    let mut stream = request.send().await?.error_for_status()?;
    ensure!(stream.chunk().await?.is_some(), "no greeting");
    tokio::task::spawn_blocking(move || server.stop()).await??;
    // The stream ended properly rather than being cut.
    while stream.chunk().await?.is_some() {}
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_replica_writes_another_tells() -> Result<()> {
    let Some(database) = TestDatabase::postgres().await? else {
        return Ok(());
    };
    let setup = setup(Store::Postgres(database.url())).await?;
    let (writing, telling) = (Server::start(&setup).await?, Server::start(&setup).await?);
    writing.send("acme", "one").await?;
    let mut client = Client {
        last: Some("0".to_owned()),
        ..Client::default()
    };
    let head_now = head(&writing).await?;
    client.watch(&telling, head_now).await?;
    // Now it waits at the end of the log while the other replica writes.
    let (sent, watched) = tokio::join!(
        writing.send("acme", "two"),
        client.watch(&telling, head_now + 2)
    );
    sent?;
    watched?;
    let head = head(&writing).await?;
    client.watch(&writing, head).await?;
    ensure_each_once(&client, head)
}
