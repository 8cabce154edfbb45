//! Temporary measurement.
#[path = "it/fakes/mod.rs"]
mod fakes;
use fakes::{World, reply, request};
#[tokio::test]
async fn perf() {
    const N: usize = 20_000;
    let world = World::new((0..N + 100).map(|_| reply("Hello Ann, here is your answer.", 100, 10)));
    world.budget("1000");
    for _ in 0..100 {
        world
            .service
            .send(&world.caller(), request("Hi there, how are you?"))
            .await
            .expect("ok");
    }
    let t = std::time::Instant::now();
    for i in 0..N {
        world
            .service
            .send(&world.caller(), request("Hi there, how are you?"))
            .await
            .expect("ok");
        if i % 100 == 0 {
            let mut s = world.store.state();
            s.settlements.clear();
            s.openings.clear();
            s.entries.clear();
            s.outbox.clear();
            world.model.asked.lock().expect("x").clear();
            world.backend.posted.lock().expect("x").clear();
        }
    }
    eprintln!("PERF {:?} per run", t.elapsed() / N as u32);
}
