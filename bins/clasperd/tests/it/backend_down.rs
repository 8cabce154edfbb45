//! The backend is away while the agent answers.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::harness::{ModelServer, Server, Setup, Store, start_backend};

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_kept_until_the_backend_is_back() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let (_model, model_address) = ModelServer::start(Duration::ZERO).await?;
    let (_, address, task) = start_backend(None).await?;
    task.abort();
    let _ = task.await;
    let store = Store::Sqlite(directory.path().join("clasper.db"));
    let setup = Setup {
        store,
        model: model_address,
        backend: address,
        extra: vec![("CLASPER_RETRY_ATTEMPTS", "1".into())],
    };
    let server = Server::start(&setup).await?;
    let (status, answer) = server.send("acme", "are you there").await?;
    assert_eq!(
        (status, &answer["delivery"]),
        (200, &"queued".into()),
        "{answer}"
    );
    let (backend, _, _task) = start_backend(Some(address)).await?;
    for _ in 0..3000 {
        let messages = backend.messages_of("u1").await?;
        if let [message] = messages.as_slice() {
            assert_eq!(message.content, "You said: are you there");
            server.verify()?;
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("the answer never arrived")
}
