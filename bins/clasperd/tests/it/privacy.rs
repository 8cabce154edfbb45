//! What people say does not lie around in the database.

use std::time::Duration;

use anyhow::Result;

use crate::harness::{ModelServer, Server, Setup, Store, start_backend};

#[tokio::test(flavor = "multi_thread")]
async fn personal_data_and_secrets_are_nowhere_in_the_database_files() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let (_model, model) = ModelServer::start(Duration::ZERO).await?;
    let (backend, backend_address, _task) = start_backend(None).await?;
    let store = Store::Sqlite(directory.path().join("clasper.db"));
    let setup = Setup {
        store,
        model,
        backend: backend_address,
        extra: Vec::new(),
    };
    let server = Server::start(&setup).await?;
    let said = "I am anna.planted@example.com, key sk-planted0123456789abcdefghij, card 4111 1111 1111 1111";
    let (status, answer) = server.send("acme", said).await?;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(
        backend.messages_of("u1").await?[0].content,
        format!("You said: {said}"),
        "the backend gets the answer itself"
    );
    for file in std::fs::read_dir(directory.path())? {
        let path = file?.path();
        // The folder of bundles: nobody has asked for one.
        if path.is_dir() {
            assert_eq!(std::fs::read_dir(&path)?.count(), 0, "{}", path.display());
            continue;
        }
        let bytes = std::fs::read(&path)?;
        for planted in ["anna.planted", "sk-planted", "4111 1111"] {
            let found = bytes
                .windows(planted.len())
                .any(|window| window == planted.as_bytes());
            assert!(!found, "{planted} is in {}", path.display());
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                path.metadata()?.permissions().mode() & 0o777,
                0o600,
                "{}",
                path.display()
            );
        }
    }
    Ok(())
}
