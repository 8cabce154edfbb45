//! `POST /access/v1/evaluations`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{
    AccessAction, AccessDecision, AccessDecisionList, AccessDecisions, AccessEntity,
    AccessQuestion, AccessQuestions, EvaluationsSemantic,
};
use clasper_http::{Authenticated, Problem, WriteProblems};
use serde_json::json;

use crate::access::body::AccessJson;
use crate::access::decide::{Decider, refused};
use crate::access::question::{Open, Question};

/// Most questions in one request.
const MOST: usize = 100;

/// Ask several questions at once (`AuthZEN`)
///
/// The members beside `evaluations` are their defaults. A question that cannot be asked is answered with `false` and the
/// error; the others are answered. Needs the permission `policy:view`.
#[utoipa::path(
    post,
    path = "/access/v1/evaluations",
    tag = "authzen",
    request_body = AccessQuestions,
    responses((status = 200, description = "The answers, in the order of the questions.", body = AccessDecisions), WriteProblems)
)]
pub(super) async fn evaluate_accesses(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    AccessJson(mut body): AccessJson<AccessQuestions>,
) -> Result<Json<AccessDecisions>, Problem> {
    let caller = authenticated.caller(None)?;
    let questions = body.evaluations.take().unwrap_or_default();
    if questions.len() > MOST {
        let detail = format!("must have at most {MOST} questions");
        return Err(Problem::invalid("/evaluations", detail));
    }
    if questions.is_empty() {
        let question = Question::of(
            &with_defaults(AccessQuestion::default(), &body),
            Open::Nothing,
        )?;
        let mut decider = Decider::new(&state, &caller).await?;
        let decision = decider.decide(&question).await?;
        return Ok(Json(AccessDecisions::One(decision)));
    }
    let mut decider = Decider::new(&state, &caller).await?;
    let semantic = body
        .options
        .as_ref()
        .map(|options| options.evaluations_semantic);
    let stops_at = match semantic.unwrap_or_default() {
        EvaluationsSemantic::ExecuteAll => None,
        EvaluationsSemantic::DenyOnFirstDeny => Some(false),
        EvaluationsSemantic::PermitOnFirstPermit => Some(true),
    };
    let mut evaluations = Vec::with_capacity(questions.len());
    for question in questions {
        let decision = match Question::of(&with_defaults(question, &body), Open::Nothing) {
            Ok(question) => decider.decide(&question).await?,
            Err(problem) => with_error(&problem),
        };
        let stops = stops_at == Some(decision.decision);
        evaluations.push(decision);
        if stops {
            break;
        }
    }
    Ok(Json(AccessDecisions::Many(AccessDecisionList {
        evaluations,
    })))
}

fn with_error(problem: &Problem) -> AccessDecision {
    let mut decision = refused(problem.code(), problem.detail());
    if let Some(context) = &mut decision.context {
        let error = json!({ "status": problem.status().as_u16(), "message": problem.detail() });
        context.insert("error".to_owned(), error);
    }
    decision
}

/// The question with what it leaves out. An object replaces its default whole, except that a type, an id or a name that it
/// lacks is the default's.
fn with_defaults(question: AccessQuestion, defaults: &AccessQuestions) -> AccessQuestion {
    AccessQuestion {
        subject: entity(question.subject, defaults.subject.as_ref()),
        action: match (question.action, &defaults.action) {
            (Some(action), Some(default)) => Some(AccessAction {
                name: action.name.or_else(|| default.name.clone()),
                properties: action.properties,
            }),
            (action, default) => action.or_else(|| default.clone()),
        },
        resource: entity(question.resource, defaults.resource.as_ref()),
        context: question.context.or_else(|| defaults.context.clone()),
    }
}

fn entity(own: Option<AccessEntity>, default: Option<&AccessEntity>) -> Option<AccessEntity> {
    match (own, default) {
        (Some(own), Some(default)) => Some(AccessEntity {
            r#type: own.r#type.or_else(|| default.r#type.clone()),
            id: own.id.or_else(|| default.id.clone()),
            properties: own.properties,
        }),
        (own, default) => own.or_else(|| default.cloned()),
    }
}
