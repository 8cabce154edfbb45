//! Answers as they are sent.

use clasper_api_types::{
    CostView, DeliveryView, OkStatus, ReplyMetadata, SendMessageReply, StreamDone, TokenUsageView,
};
use clasper_runtime::send::{DeliveryState, SendReply};

pub(super) fn reply(reply: SendReply) -> SendMessageReply {
    let done = done(reply);
    SendMessageReply {
        status: OkStatus::Ok,
        task_id: done.task_id,
        trace_id: done.trace_id,
        execution_id: done.execution_id,
        response: done.response,
        usage: done.usage,
        cost: done.cost,
        context_warning: done.context_warning,
        delivery: done.delivery,
        metadata: done.metadata,
    }
}

pub(super) fn done(reply: SendReply) -> StreamDone {
    let (input_tokens, output_tokens) = (reply.usage.input_tokens, reply.usage.output_tokens);
    StreamDone {
        usage: TokenUsageView {
            prompt_tokens: input_tokens,
            completion_tokens: output_tokens,
            total_tokens: input_tokens.saturating_add(output_tokens),
        },
        cost: CostView {
            model: reply.model.model.clone(),
            input_tokens,
            output_tokens,
            input_cost: reply.cost.input.into(),
            output_cost: reply.cost.output.into(),
            total_cost: reply.cost.total.into(),
            currency: "USD".to_owned(),
        },
        trace_id: reply.trace_id,
        execution_id: reply.execution_id,
        task_id: reply.task_id,
        response: reply.response,
        delivery: match reply.delivery {
            DeliveryState::Delivered => DeliveryView::Delivered,
            DeliveryState::Queued => DeliveryView::Queued,
            DeliveryState::Refused => DeliveryView::Refused,
        },
        context_warning: reply.context_warning,
        metadata: ReplyMetadata {
            provider: reply.model.provider,
            model: reply.model.model,
            scripted: reply.scripted,
            finish_reason: reply.finish_reason,
        },
    }
}
