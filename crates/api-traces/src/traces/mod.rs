//! Traces.

mod annotate;
mod annotations;
mod by_entity;
mod by_label;
mod diff;
mod diff_view;
mod get;
mod label;
mod list;
mod replay;
mod stats;
mod view;

use clasper_api_state::ApiState;
use clasper_http::PageLimits;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Pages of what was looked for by label, link or trace.
const FOUND: PageLimits = PageLimits {
    default: 100,
    max: 500,
};

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list::list_traces))
        .routes(routes!(stats::get_trace_stats))
        .routes(routes!(by_label::list_traces_by_label))
        .routes(routes!(by_entity::list_traces_by_entity))
        .routes(routes!(diff::diff_traces))
        .routes(routes!(get::get_trace))
        .routes(routes!(replay::get_replay_context))
        .routes(routes!(label::label_trace))
        .routes(routes!(annotate::annotate_trace))
        .routes(routes!(annotations::list_annotations))
}
