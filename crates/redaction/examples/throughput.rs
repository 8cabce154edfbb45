//! How fast one core redacts: clean prose, dense text, base64, hostile input; whole and in chunks.
//!
//! `cargo run --release -p clasper-redaction --example throughput`

use std::time::Instant;

use clasper_redaction::Redactor;

/// Small, so that the best run is not interrupted on a busy machine.
const SIZE: usize = 512 * 1024;

fn main() {
    let redactor = Redactor::standard();
    let clean = "The deployment finished without a problem, so the team went on to the next step of the plan. \
        Most of the requests were answered in time; the few that were not are listed below, with a note for each.\n\
        We looked at the cache first, since it is well-known that it fills up when many people come back after a break. \
        It was fine (about a third was used), and the second idea turned out to be right: a queue had grown.\n";
    let business = "The meeting on Monday covered 3 topics: version 2.4.1, the order 48213, and a price of 1,299.00 EUR. \
        Release notes are in docs/release-notes.md; see https://example.com/changes for the list. \
        At 10:30 the United States office joined, 14 people in total.\n";
    let dense = "Maria Garcia <maria.garcia@example.com> called +49 30 901820 about card 4111 1111 1111 1111, \
        IBAN DE89 3704 0044 0532 0130 00, from 10.0.0.1 with password: hunter2, 12 Main Street.\n";
    let german = "Die Lieferung kam pünktlich an, und die Straße vor dem Haus war früh geräumt; später schneite es wieder.\n";
    for (name, piece) in [
        ("clean prose", clean),
        ("business text", business),
        ("german prose", german),
        ("dense", dense),
        (
            "base64",
            "q83vEjRWeJq83vEjRWeJq83vEjRWeJ+q83vEjRWeJq83vEjRWe/Jq83vEjRWeJq83vEjRWeJ\n",
        ),
        ("digits", "1234567890"),
        ("digit groups", "1-"),
        ("quotes", "\"'\\"),
        ("letters", "a"),
        ("at signs", "a@"),
        (
            "json",
            "{\"name\":\"value\",\"count\":12,\"list\":[\"alpha\",\"beta\"],\"enabled\":true},",
        ),
    ] {
        let text = piece.repeat(SIZE / piece.len());
        report(name, text.len(), || redactor.redact(&text).text.len());
        report(&format!("{name}, chunks of 24"), text.len(), || {
            let mut stream = redactor.stream();
            let mut length = 0;
            for chunk in text.as_bytes().chunks(24) {
                length += stream.push(chunk).map_or(0, |out| out.len());
            }
            length + stream.finish().map_or(0, |out| out.len())
        });
    }
}

/// The best of ten, in time on the processor where the system tells it.
fn report(name: &str, bytes: usize, run: impl Fn() -> usize) {
    let origin = Instant::now();
    let best = (0..10)
        .map(|_| {
            let start = processor_ns(origin);
            std::hint::black_box(run());
            processor_ns(origin) - start
        })
        .min()
        .unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "a speed for people")]
    let speed = bytes as f64 * 1e3 / best.max(1) as f64;
    println!("{name:32} {speed:8.0} MB/s");
}

/// Nanoseconds that this thread ran: on Linux what the scheduler counted, elsewhere what a clock shows.
fn processor_ns(origin: Instant) -> u128 {
    // The scheduler counts when it is called.
    std::thread::yield_now();
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split_whitespace().next()?.parse().ok())
        .unwrap_or_else(|| origin.elapsed().as_nanos())
}
