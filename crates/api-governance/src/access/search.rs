//! Searches: every candidate is a question, and those that are answered with `true` are the results.

use clasper_api_state::ApiState;
use std::collections::BTreeSet;

use clasper_api_types::{
    AccessFound, AccessPageView, AccessQuestion, AccessSearchBody, AccessSearchReply,
};
use clasper_core::{Caller, WorkspaceId};
use clasper_http::Problem;

use crate::access::candidates::Known;
use crate::access::decide::Decider;
use crate::access::question::{Open, Question};

/// Results on a page when the search does not say.
const DEFAULT: u32 = 100;
/// Results on a page at most.
const MOST: u32 = 1_000;
/// How many candidates are asked about before other requests get their turn.
const BREATH: usize = 64;

/// Finds what `open` leaves open.
pub(super) async fn search(
    state: &ApiState,
    caller: &Caller,
    body: AccessSearchBody,
    open: Open,
) -> Result<AccessSearchReply, Problem> {
    let page = body.page.unwrap_or_default();
    let limit = page.limit.unwrap_or(DEFAULT).min(MOST);
    if limit == 0 {
        return Err(Problem::invalid("/page/limit", "must be at least 1"));
    }
    let asked = AccessQuestion {
        subject: body.subject,
        action: body.action,
        resource: body.resource,
        context: body.context,
    };
    let question = Question::of(&asked, open)?;
    let mut decider = Decider::new(state, caller).await?;
    let workspace = question.workspace.as_ref().map(WorkspaceId::as_str);
    let policy = decider
        .in_force
        .at(workspace, question.environment.as_deref());
    let known = Known::new(state, caller, policy.mentions()).await?;
    let candidates = match open {
        Open::Subject => known.subjects(&question.subject.kind),
        Open::Resource => known.resources(&question.resource.kind),
        Open::Action => known.actions(&question.resource.kind),
        Open::Nothing => BTreeSet::new(),
    };
    let after = page.token.filter(|token| !token.is_empty());
    // Results are in the order of their ids, so the last one of a page says where the next begins.
    let rest = candidates
        .into_iter()
        .filter(|id| !id.is_empty() && after.as_ref().is_none_or(|after| id > after));
    let mut results = Vec::new();
    let mut has_more = false;
    for (number, candidate) in rest.enumerate() {
        if number % BREATH == BREATH - 1 {
            tokio::task::yield_now().await;
        }
        if decider
            .decide(&put(&question, open, &candidate))
            .await?
            .decision
        {
            if results.len() >= usize::try_from(limit).unwrap_or(usize::MAX) {
                has_more = true;
                break;
            }
            results.push(candidate);
        }
    }
    let next_token = results.last().filter(|_| has_more).cloned();
    Ok(AccessSearchReply {
        page: AccessPageView {
            next_token: next_token.unwrap_or_default(),
            count: results.len(),
        },
        results: results
            .into_iter()
            .map(|id| found(&question, open, id))
            .collect(),
    })
}

fn put(question: &Question, open: Open, candidate: &str) -> Question {
    let mut question = question.clone();
    match open {
        Open::Subject => candidate.clone_into(&mut question.subject.id),
        Open::Resource => candidate.clone_into(&mut question.resource.id),
        Open::Action => candidate.clone_into(&mut question.action.name),
        Open::Nothing => {}
    }
    question
}

fn found(question: &Question, open: Open, id: String) -> AccessFound {
    let entity = |kind: &str, id| AccessFound {
        r#type: Some(kind.to_owned()),
        id: Some(id),
        name: None,
    };
    match open {
        Open::Subject => entity(&question.subject.kind, id),
        Open::Resource => entity(&question.resource.kind, id),
        Open::Action | Open::Nothing => AccessFound {
            name: Some(id),
            ..AccessFound::default()
        },
    }
}
