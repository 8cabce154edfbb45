//! Attempts to make the server call where it must not: nothing is reached, whatever the address is and however it is written.

use anyhow::Result;
use chrono::TimeDelta;
use clasper_testkit::{TestDatabase, both};

use crate::receiver::Receiver;
use crate::world::{World, loopback, strict};

both!(
    an_address_that_is_not_public_is_never_reached,
    a_name_that_resolves_to_a_private_address_is_never_reached,
    a_redirect_leads_nowhere
);

/// One resolution with each of these addresses; returns how many were delivered within a day.
async fn told(world: &World, urls: &[String], delivery: &clasper_webhook::Notices) -> Result<u64> {
    for (n, url) in urls.iter().enumerate() {
        let asked = world.ask(&format!("run-{n}"), "exec", url).await?;
        world.approve(asked.decision, "ops").await?;
    }
    let mut delivered = 0;
    for _ in 0..24 {
        delivered += delivery.deliver_due().await?.delivered;
        world.clock.advance(TimeDelta::hours(1));
    }
    Ok(delivered)
}

async fn an_address_that_is_not_public_is_never_reached(db: TestDatabase) -> Result<()> {
    let world = World::new(db).await?;
    let receiver = Receiver::start(&world.clock).await;
    let port = receiver.address.port();
    let hosts = [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "017700000001",
        "0177.0.0.1",
        "127.0.0.1.",
        "0.0.0.0",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00::1]",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "169.254.169.254",
        "10.0.0.1",
        "192.168.0.1",
        "172.16.0.1",
        "100.64.0.1",
        "user@127.0.0.1",
        "user:secret@127.0.0.1",
        "hooks.example.com@127.0.0.1",
        "hooks.example.com:80@127.0.0.1",
        "①②⑦.⓪.⓪.①",
    ];
    let mut urls: Vec<String> = hosts
        .map(|host| format!("http://{host}:{port}/hook"))
        .into();
    urls.extend([
        format!("http://127.0.0.1:{port}#@hooks.example.com/"),
        format!("http://hooks.example.com\\@127.0.0.1:{port}/"),
        format!("http:127.0.0.1:{port}/"),
        format!("//127.0.0.1:{port}/"),
        format!("gopher://127.0.0.1:{port}/"),
        "file:///etc/passwd".to_owned(),
    ]);
    let delivery = world.delivery_under(strict(), &["127.0.0.1"]);
    assert_eq!(told(&world, &urls, &delivery).await?, 0);
    assert!(receiver.seen().is_empty(), "{:?}", receiver.seen());
    world.db.ensure_whole().await
}

async fn a_name_that_resolves_to_a_private_address_is_never_reached(
    db: TestDatabase,
) -> Result<()> {
    let world = World::new(db).await?;
    let receiver = Receiver::start(&world.clock).await;
    let port = receiver.address.port();
    for (n, addresses) in [
        ["127.0.0.1"].as_slice(),
        &["::1"],
        &["::ffff:127.0.0.1"],
        &["93.184.215.14", "127.0.0.1"],
        &["169.254.169.254"],
    ]
    .iter()
    .enumerate()
    {
        let url = format!("http://rebind-{n}.example:{port}/hook");
        let delivery = world.delivery_under(strict(), addresses);
        let asked = world.ask(&format!("run-{n}"), "exec", &url).await?;
        world.approve(asked.decision, "ops").await?;
        assert_eq!(delivery.deliver_due().await?.put_off, 1, "{addresses:?}");
    }
    assert!(receiver.seen().is_empty());
    Ok(())
}

async fn a_redirect_leads_nowhere(db: TestDatabase) -> Result<()> {
    let world = World::new(db).await?;
    let inside = Receiver::start(&world.clock).await;
    let outside = Receiver::redirecting(&world.clock, inside.url()).await;
    let delivery = world.delivery_under(loopback(), &[]);
    assert_eq!(told(&world, &[outside.url()], &delivery).await?, 0);
    assert_eq!(outside.seen().len(), 6);
    assert!(inside.seen().is_empty());
    Ok(())
}
