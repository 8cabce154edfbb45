//! A process that dies in the middle, and a client that leaves.

use clasper_db::{Database, DatabaseOptions};
use clasper_store_verify::verify_all;
use tokio::runtime::Runtime;

use crate::support::{Gate, body, books, open, post, shop, usd};

#[test]
fn a_refund_cut_off_by_a_crash_is_charged_in_full_by_the_next_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let dying = Runtime::new().expect("a runtime");
    dying.block_on(async {
        let gate = Gate::closed();
        let desk = open(folder.path(), "10", gate.clone()).await;
        tokio::select! {
            _ = post(&desk, body("6"), Some("a1")) => panic!("nobody lets it pay"),
            () = gate.was_asked() => {}
        }
        assert_eq!(books(&desk).await, (usd("0"), usd("6")));
    });
    // Every task ends where it stands, as with a killed process.
    drop(dying);

    Runtime::new().expect("a runtime").block_on(async {
        let desk = open(folder.path(), "10", shop("1000")).await;
        assert_eq!(books(&desk).await, (usd("6"), usd("0")));
        let report = desk.audit(1).await.expect("a log");
        assert!(report.chain.whole);
        assert_eq!(report.entries[0].event, "agent_execution_recovered");
        desk.close().await;

        let address = format!("sqlite://{}", folder.path().join("refunds.db").display());
        let database = Database::connect(&address, &DatabaseOptions::default())
            .await
            .expect("opens");
        let report = verify_all(&database, None).await.expect("can be read");
        assert!(report.is_whole(), "{report:?}");
    });
}

#[tokio::test]
async fn a_client_that_leaves_does_not_leave_money_held() {
    let folder = tempfile::tempdir().expect("a folder");
    let gate = Gate::closed();
    let desk = open(folder.path(), "10", gate.clone()).await;
    tokio::select! {
        _ = post(&desk, body("6"), None) => panic!("nobody lets it pay"),
        () = gate.was_asked() => {}
    }
    gate.go.add_permits(1);
    desk.clone().close().await;

    let desk = open_again(desk, folder.path()).await;
    assert_eq!(books(&desk).await, (usd("6"), usd("0")));
    let report = desk.audit(1).await.expect("a log");
    assert_eq!(report.entries[0].event, "agent_execution_completed");
    desk.close().await;
}

/// The lock goes with the last handle.
async fn open_again(
    desk: example_embedded::RefundDesk,
    folder: &std::path::Path,
) -> example_embedded::RefundDesk {
    drop(desk);
    open(folder, "10", shop("1000")).await
}
