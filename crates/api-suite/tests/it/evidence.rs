//! Checkpoints, proofs, tiles, keys and completeness of the audit log.

use axum::body::{Body, to_bytes};
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clasper_core::Sha256Digest;
use clasper_evidence::{
    Tile, TileHashes, TileSet, TlogProof, Tree, Trust, VerifierKey, decode_entries, leaf_hash,
    verify_consistency,
};
use serde_json::Value;

use crate::app::{ACME, AGENT, App, DAEMON};

const OTHER: (&str, &str) = ("authorization", "Bearer other-key");

/// An app whose log has `count` entries under a signed checkpoint.
async fn signed(count: usize) -> App {
    let app = App::new();
    grow(&app, count).await;
    app
}

async fn grow(app: &App, count: usize) {
    for n in 1..=count {
        let body = format!(r#"{{"budget_usd": {n}}}"#);
        app.post("/budget", &[ACME], body).await;
    }
    app.sign().await;
}

/// Trust in the key that the log says it signs with.
async fn trust(app: &App) -> Trust {
    let keys = app.get("/audit/keys", &[ACME]).await;
    let key = keys.body["keys"][0]["key"].as_str().expect("a key");
    Trust::in_key(key.parse::<VerifierKey>().expect("a verifier key"))
}

fn digest(text: &Value) -> Sha256Digest {
    let bytes = STANDARD
        .decode(text.as_str().expect("a hash"))
        .expect("base64");
    Sha256Digest::from_bytes(bytes.try_into().expect("32 bytes"))
}

async fn bytes(app: &App, uri: &str) -> Vec<u8> {
    let response = app.open(Method::GET, uri, &[ACME], Body::empty()).await;
    assert_eq!(response.status(), 200, "{uri}");
    let kind = &response.headers()["content-type"];
    assert_eq!(kind, "application/octet-stream", "{uri}");
    let body = to_bytes(response.into_body(), usize::MAX).await;
    body.expect("a whole body").into()
}

#[tokio::test]
async fn a_checkpoint_is_a_note_signed_by_the_key_that_is_listed() {
    let app = signed(3).await;
    let answer = app.get("/audit/checkpoint", &[ACME]).await;
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    let opened = trust(&app).await.open(&answer.text).expect("it holds");
    assert_eq!(opened.checkpoint.origin, "log.example/audit/log/acme");
    assert_eq!(opened.checkpoint.size, 3);
    let same = app.get("/audit/log/acme/checkpoint", &[ACME]).await;
    assert_eq!(same.text, answer.text);
    let keys = app.get("/audit/keys", &[ACME]).await;
    insta::assert_json_snapshot!(keys.body, @r#"
    {
      "keys": [
        {
          "algorithm": "Ed25519",
          "current": true,
          "key": "log.example/audit/log/acme+fbb8ed89+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs",
          "key_id": "fbb8ed89",
          "valid_from": "2026-11-20T10:00:00.000Z",
          "valid_until": null
        }
      ],
      "origin": "log.example/audit/log/acme"
    }
    "#);
}

#[tokio::test]
async fn an_entry_is_proven_by_a_file_that_carries_it() {
    let app = signed(5).await;
    let trust = trust(&app).await;
    let entries = app.get("/audit", &[ACME]).await;
    for entry in entries.body["entries"].as_array().expect("entries") {
        let id = entry["id"].as_str().expect("an id");
        let answer = app.get(&format!("/audit/{id}/proof"), &[ACME]).await;
        let proof = TlogProof::parse(&answer.text).expect("a proof file");
        proof.verify(None, &trust).expect("it proves");
        assert_eq!(Some(proof.index + 1), entry["seq"].as_u64());
        let carried = proof.extra.expect("the entry");
        assert_eq!(leaf_hash(&carried).to_string(), entry["leaf_hash"]);
    }
}

#[tokio::test]
async fn an_entry_that_is_not_signed_yet_or_not_there_is_not_proven() {
    let app = signed(1).await;
    app.post("/budget", &[ACME], r#"{"budget_usd": 9}"#).await;
    let newest = app.get("/audit?limit=1", &[ACME]).await;
    let id = newest.body["entries"][0]["id"].as_str().expect("an id");
    let early = app.get(&format!("/audit/{id}/proof"), &[ACME]).await;
    assert_eq!(early.refusal(), (409, "not_signed_yet", "none"));
    let none = "/audit/01900000-0000-7000-8000-00000000ffff/proof";
    assert_eq!(
        app.get(none, &[ACME]).await.refusal(),
        (404, "not_found", "none")
    );
    assert_eq!(
        app.get("/audit/nonsense/proof", &[ACME]).await.refusal(),
        (400, "invalid_input", "/path/entry_id")
    );
    let foreign = app.get(&format!("/audit/{id}/proof"), &[OTHER]).await;
    assert_eq!(foreign.refusal(), (404, "not_found", "none"));
}

#[tokio::test]
async fn an_entry_that_was_changed_after_it_was_signed_is_not_served_as_proof() {
    let app = signed(3).await;
    let id = {
        let mut state = app.memory.state();
        state.log[1].entry.actor.push('x');
        state.log[1].entry.id
    };
    let answer = app.get(&format!("/audit/{id}/proof"), &[ACME]).await;
    assert_eq!(answer.refusal(), (500, "internal_error", "none"));
    let found = app.get("/audit/completeness", &[ACME]).await;
    assert_eq!(found.body["complete"], false);
    assert_eq!(
        found.body["broken"],
        "entry 2 was changed: its leaf hash does not fit its columns"
    );
}

#[tokio::test]
async fn a_log_proves_that_it_only_grew() {
    let app = signed(3).await;
    let before = app.get("/audit/checkpoint", &[ACME]).await;
    let before = trust(&app).await.open(&before.text).expect("it holds");
    grow(&app, 4).await;
    let answer = app.get("/audit/consistency?from=3", &[ACME]).await;
    let (body, trust) = (&answer.body, trust(&app).await);
    let after = trust.open(body["checkpoint"].as_str().expect("a note"));
    let after = after.expect("it holds").checkpoint;
    assert_eq!((after.size, after.root), (7, digest(&body["to_root"])));
    assert_eq!(digest(&body["from_root"]), before.checkpoint.root);
    let proof: Vec<_> = body["proof"]
        .as_array()
        .expect("hashes")
        .iter()
        .map(digest)
        .collect();
    verify_consistency((3, &before.checkpoint.root), (7, &after.root), &proof).expect("it proves");
    for (query, refusal) in [
        ("from=8", (400, "invalid_input", "/query/from")),
        ("from=1&to=8", (400, "invalid_input", "/query/to")),
        ("from=5&to=4", (400, "invalid_input", "/query/from")),
        ("from=x", (400, "invalid_input", "/query/from")),
    ] {
        let answer = app
            .get(&format!("/audit/consistency?{query}"), &[ACME])
            .await;
        assert_eq!(answer.refusal(), refusal, "{query}");
    }
}

#[tokio::test]
async fn a_reader_of_tiles_comes_to_the_signed_root_and_to_the_entries() {
    let app = signed(259).await;
    let checkpoint = app.get("/audit/log/acme/checkpoint", &[ACME]).await;
    let opened = trust(&app).await.open(&checkpoint.text).expect("it holds");
    let tree = Tree::of_size(opened.checkpoint.size);
    let mut tiles = TileSet::default();
    for tile in clasper_evidence::tiles_of(tree.size()) {
        let bytes = bytes(&app, &format!("/audit/log/acme/{}", tile.path())).await;
        let read = TileHashes::from_bytes(tile, &bytes).expect("a whole tile");
        tiles.insert(tile, read.hashes);
    }
    assert_eq!(tree.root(&tiles), Ok(opened.checkpoint.root));
    let full = bytes(&app, "/audit/log/acme/tile/entries/000").await;
    let part = bytes(&app, "/audit/log/acme/tile/entries/001.p/3").await;
    let (full, part) = (decode_entries(&full), decode_entries(&part));
    let leaves: Vec<_> = [full.expect("entries"), part.expect("entries")].concat();
    assert_eq!(leaves.len(), 259);
    let state = app.memory.state();
    for (bytes, entry) in leaves.iter().zip(&state.log) {
        assert_eq!(leaf_hash(bytes), entry.leaf_hash);
    }
    assert_eq!(
        Tile::in_tree(1, 0, 259).map(Tile::path).as_deref(),
        Some("tile/1/000.p/1")
    );
}

#[tokio::test]
async fn tiles_that_the_tree_does_not_have_are_not_found() {
    let app = signed(3).await;
    for path in [
        "tile/0/000",
        "tile/0/000.p/4",
        "tile/0/001.p/1",
        "tile/1/000.p/1",
        "tile/0/0",
        "tile/entries/000",
        "tile/nonsense",
    ] {
        let answer = app.get(&format!("/audit/log/acme/{path}"), &[ACME]).await;
        assert_eq!(answer.refusal(), (404, "not_found", "none"), "{path}");
    }
    assert_eq!(
        bytes(&app, "/audit/log/acme/tile/0/000.p/2").await.len(),
        64
    );
}

#[tokio::test]
async fn completeness_is_told_with_the_checkpoint_it_is_about() {
    let app = signed(2).await;
    let found = app.get("/audit/completeness", &[ACME]).await;
    insta::assert_json_snapshot!(found.body, @r#"
    {
      "broken": null,
      "checkpoint_matches": true,
      "checkpoint_size": 2,
      "complete": true,
      "entries": 2,
      "fault_count": 0,
      "faults": [],
      "open": [],
      "open_count": 0,
      "origin": "log.example/audit/log/acme",
      "paired": 0
    }
    "#);
}

#[tokio::test]
async fn a_log_is_its_tenants_alone_and_needs_its_permission() {
    let app = signed(1).await;
    for path in [
        "/audit/log/acme/checkpoint",
        "/audit/log/acme/tile/0/000.p/1",
        "/audit/checkpoint?tenant_id=acme",
        "/audit/keys?tenant_id=acme",
        "/audit/completeness?tenant_id=acme",
        "/audit/consistency?from=1&tenant_id=acme",
    ] {
        let foreign = app.get(path, &[OTHER]).await;
        assert_eq!(foreign.refusal(), (404, "not_found", "none"), "{path}");
        let agent = app.get(path, &[AGENT]).await;
        assert_eq!(
            agent.refusal(),
            (403, "permission_denied", "none"),
            "{path}"
        );
        assert_eq!(app.get(path, &[]).await.status, 401, "{path}");
        let headers = &[DAEMON];
        let own = app.open(Method::GET, path, headers, Body::empty()).await;
        assert_eq!(own.status(), 200, "{path}");
    }
    let none = app.get("/audit/checkpoint", &[OTHER]).await;
    assert_eq!(none.refusal(), (404, "no_checkpoint", "none"));
}
