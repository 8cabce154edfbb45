//! Finding a task by title over all pages, and creating it once.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use clasper_runtime::backend::{BackendError, ControlPlane as _, Delivery, NewTask};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::fake::{Fake, Reply, Seen, agent, ok, status};

fn inbox() -> NewTask {
    NewTask {
        title: "Inbox".to_owned(),
        description: "what comes in".to_owned(),
        metadata: json!({"origin": "clasper"}),
    }
}

fn is_list(seen: &Seen) -> bool {
    seen.line.starts_with("GET ")
}

fn no_tasks() -> Reply {
    ok(json!({"items": [], "next_cursor": null}))
}

fn creations(fake: &Fake) -> Vec<Value> {
    let seen = fake.seen().into_iter();
    seen.filter(|seen| !is_list(seen))
        .map(|seen| seen.body)
        .collect()
}

#[tokio::test]
async fn a_task_is_found_on_a_later_page_by_its_exact_title() -> anyhow::Result<()> {
    let fake = Fake::start(|earlier, _| match earlier {
        0 => ok(json!({"items": [{"id": "t-1", "title": "inbox"}, {"id": "t-2"}], "next_cursor": "a/b&c"})),
        _ => ok(json!({"items": [{"id": "t-3", "title": "Inbox", "status": "done"}], "next_cursor": "more"})),
    })
    .await?;
    let (backend, _) = fake.client()?;

    let task = backend
        .find_or_create_task(&agent("ann", "jarvis")?, &inbox())
        .await?;

    assert_eq!((task.id.as_str(), task.title.as_str()), ("t-3", "Inbox"));
    assert_eq!(
        fake.lines(),
        [
            "GET /api/mission-control/tasks?limit=50",
            "GET /api/mission-control/tasks?limit=50&cursor=a%2Fb%26c",
        ]
    );
    Ok(())
}

#[tokio::test]
async fn a_task_that_is_nowhere_is_created_in_progress_with_a_key() -> anyhow::Result<()> {
    let fake = Fake::start(|_, seen| {
        if is_list(seen) {
            ok(json!({"items": []}))
        } else {
            Reply::Json(
                201,
                json!({"id": "t-9", "title": "Inbox", "status": "in_progress"}),
            )
        }
    })
    .await?;
    let (backend, _) = fake.client()?;

    let task = backend
        .find_or_create_task(&agent("ann", "jarvis")?, &inbox())
        .await?;

    assert_eq!(task.id, "t-9");
    let mut body = creations(&fake).remove(0);
    let key = body["idempotency_key"].take();
    assert_eq!(key.as_str().map(str::len), Some(64));
    assert_eq!(
        body,
        json!({
            "title": "Inbox", "description": "what comes in", "status": "in_progress",
            "metadata": {"origin": "clasper"}, "idempotency_key": null,
        })
    );
    Ok(())
}

#[tokio::test]
async fn members_without_content_are_left_out() -> anyhow::Result<()> {
    let fake = Fake::start(|_, seen| {
        if is_list(seen) {
            no_tasks()
        } else {
            ok(json!({"id": "t-9"}))
        }
    })
    .await?;
    let (backend, _) = fake.client()?;
    let bare = NewTask {
        title: "T".to_owned(),
        description: String::new(),
        metadata: Value::Null,
    };
    backend
        .find_or_create_task(&agent("ann", "jarvis")?, &bare)
        .await?;
    let body = creations(&fake).remove(0);
    let mut members: Vec<&String> = body
        .as_object()
        .map(|it| it.keys().collect())
        .unwrap_or_default();
    members.sort();
    assert_eq!(members, ["idempotency_key", "status", "title"]);
    Ok(())
}

#[tokio::test]
async fn many_callers_at_once_share_one_search_and_one_creation() -> anyhow::Result<()> {
    let fake = Fake::start(|_, seen| {
        if is_list(seen) {
            no_tasks()
        } else {
            ok(json!({"id": "t-9"}))
        }
    })
    .await?;
    let (backend, _) = fake.client()?;
    let (agent, task) = (agent("ann", "jarvis")?, inbox());

    let found = join_all((0..40).map(|_| backend.find_or_create_task(&agent, &task))).await;

    let ids: Result<HashSet<String>, BackendError> = found
        .into_iter()
        .map(|task| task.map(|task| task.id))
        .collect();
    assert_eq!(ids?, HashSet::from(["t-9".to_owned()]));
    assert_eq!(fake.seen().len(), 2);
    Ok(())
}

#[tokio::test]
async fn two_processes_use_the_same_key_and_two_users_do_not() -> anyhow::Result<()> {
    let fake = Fake::start(|_, seen| {
        if is_list(seen) {
            no_tasks()
        } else {
            ok(json!({"id": "t-9"}))
        }
    })
    .await?;
    let mut other_workspace = agent("ann", "jarvis")?;
    other_workspace.workspace = "second".parse()?;
    let mut other_tenant = agent("ann", "jarvis")?;
    other_tenant.tenant = "other".parse()?;
    let callers = [
        agent("ann", "jarvis")?,
        agent("ann", "scout")?,
        agent("bob", "jarvis")?,
        other_workspace,
        other_tenant,
    ];
    for caller in &callers {
        let (process, _) = fake.client()?;
        process.find_or_create_task(caller, &inbox()).await?;
    }
    let keys: Vec<Value> = creations(&fake)
        .into_iter()
        .map(|body| body["idempotency_key"].clone())
        .collect();
    assert_eq!(keys[0], keys[1]);
    let distinct: HashSet<&str> = keys.iter().filter_map(Value::as_str).collect();
    assert_eq!(distinct.len(), 4);
    Ok(())
}

#[tokio::test]
async fn a_known_task_is_believed_for_a_minute_by_the_same_owner() -> anyhow::Result<()> {
    let fake = Fake::start(|_, _| ok(json!({"items": [{"id": "t-3", "title": "Inbox"}]}))).await?;
    let (backend, clock) = fake.client()?;
    let ann = agent("ann", "jarvis")?;

    backend.find_or_create_task(&ann, &inbox()).await?;
    clock.advance(TimeDelta::seconds(59));
    backend.find_or_create_task(&ann, &inbox()).await?;
    assert_eq!(fake.seen().len(), 1);
    backend
        .find_or_create_task(&agent("bob", "jarvis")?, &inbox())
        .await?;
    assert_eq!(fake.seen().len(), 2);
    clock.advance(TimeDelta::seconds(1));
    backend.find_or_create_task(&ann, &inbox()).await?;
    assert_eq!(fake.seen().len(), 3);
    Ok(())
}

#[tokio::test]
async fn a_refused_message_makes_the_task_be_looked_for_again() -> anyhow::Result<()> {
    let deleted = Arc::new(AtomicBool::new(false));
    let is_deleted = Arc::clone(&deleted);
    let fake = Fake::start(move |_, seen| {
        let gone = is_deleted.load(Ordering::SeqCst);
        match (seen.line.as_str(), gone) {
            (line, false) if line.starts_with("GET ") => {
                ok(json!({"items": [{"id": "t-1", "title": "Inbox"}]}))
            }
            (line, true) if line.starts_with("GET ") => no_tasks(),
            ("POST /api/mission-control/tasks", _) => ok(json!({"id": "t-2"})),
            _ if gone && seen.body["task_id"] == "t-1" => status(404),
            _ => ok(json!({"id": "m-1"})),
        }
    })
    .await?;
    let (backend, _) = fake.client()?;
    let ann = agent("ann", "jarvis")?;
    let to = |task_id: &str| Delivery::Message {
        task_id: task_id.to_owned(),
        content: "hello".to_owned(),
    };
    assert_eq!(backend.find_or_create_task(&ann, &inbox()).await?.id, "t-1");
    backend.deliver(&ann, &to("t-1"), "k1").await?;
    deleted.store(true, Ordering::SeqCst);

    let refused = backend.deliver(&ann, &to("t-1"), "k2").await;

    assert_eq!(refused, Err(BackendError::Refused { status: 404 }));
    assert_eq!(backend.find_or_create_task(&ann, &inbox()).await?.id, "t-2");
    backend.deliver(&ann, &to("t-2"), "k3").await?;
    Ok(())
}

/// Backends remember the key of a task that was deleted since, and would answer with it for ever.
#[tokio::test]
async fn a_task_that_replays_a_deleted_one_gets_a_successor() -> anyhow::Result<()> {
    let keys: Arc<Mutex<Vec<Value>>> = Arc::default();
    let remembered = Arc::clone(&keys);
    let fake = Fake::start(move |_, seen| {
        if is_list(seen) {
            return no_tasks();
        }
        if seen.line.ends_with("/messages") {
            return status(404);
        }
        let mut keys = remembered
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let key = seen.body["idempotency_key"].clone();
        let place = keys
            .iter()
            .position(|known| *known == key)
            .unwrap_or_else(|| {
                keys.push(key);
                keys.len() - 1
            });
        ok(json!({"id": format!("t-{place}")}))
    })
    .await?;
    let (backend, _) = fake.client()?;
    let ann = agent("ann", "jarvis")?;
    for expected in ["t-0", "t-1", "t-2"] {
        let task = backend.find_or_create_task(&ann, &inbox()).await?;
        assert_eq!(task.id, expected);
        let message = Delivery::Message {
            task_id: task.id,
            content: "hello".to_owned(),
        };
        assert!(backend.deliver(&ann, &message, "k").await.is_err());
    }
    Ok(())
}

#[tokio::test]
async fn the_walk_over_pages_ends_at_its_bound_and_when_pages_repeat() -> anyhow::Result<()> {
    for (endless, lists) in [(true, 40), (false, 2)] {
        let fake = Fake::start(move |earlier, seen| match is_list(seen) {
            true if endless => ok(json!({"items": [], "next_cursor": earlier.to_string()})),
            true => ok(json!({"items": [], "next_cursor": "same"})),
            false => ok(json!({"id": "t-9"})),
        })
        .await?;
        let (backend, _) = fake.client()?;
        backend
            .find_or_create_task(&agent("ann", "jarvis")?, &inbox())
            .await?;
        let walked = fake.seen().iter().filter(|seen| is_list(seen)).count();
        assert_eq!(walked, lists);
    }
    Ok(())
}

#[tokio::test]
async fn a_conflict_means_that_another_created_it() -> anyhow::Result<()> {
    let fake = Fake::start(|earlier, _| match earlier {
        0 => no_tasks(),
        1 => status(409),
        _ => ok(json!({"items": [{"id": "t-7", "title": "Inbox"}]})),
    })
    .await?;
    let (backend, _) = fake.client()?;
    let task = backend
        .find_or_create_task(&agent("ann", "jarvis")?, &inbox())
        .await?;
    assert_eq!(task.id, "t-7");
    Ok(())
}

#[tokio::test]
async fn failures_are_not_remembered() -> anyhow::Result<()> {
    let fake = Fake::start(|earlier, _| match earlier {
        0 => status(401),
        1 => Reply::Text(200, "{\"items\": 5}".to_owned()),
        2..=4 => status(503),
        _ => ok(json!({"items": [{"id": "t-3", "title": "Inbox"}]})),
    })
    .await?;
    let (backend, _) = fake.client()?;
    let ann = agent("ann", "jarvis")?;
    let task = inbox();
    let find = || backend.find_or_create_task(&ann, &task);
    assert_eq!(find().await, Err(BackendError::Refused { status: 401 }));
    let what = "the list of tasks";
    assert_eq!(find().await, Err(BackendError::Contract { what }));
    assert_eq!(find().await, Err(BackendError::Unavailable));
    assert_eq!(find().await?.id, "t-3");
    Ok(())
}
