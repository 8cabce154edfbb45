//! An ask that could not be redacted: it is refused, and that is recorded without a word of it.

use std::sync::Arc;

use clasper_core::{AuditEntryId, DecisionId, ExecutionId, GrantId};
use clasper_governance::{Effect, Intent, Reason};
use clasper_policy::RequestClaims;
use serde_json::json;

use crate::execution::{ExecutionAsk, ExecutionOpening, OpeningIds};
use crate::service::error::Error;
use crate::service::request::{ask_context, new_key};
use crate::service::{AdapterCaller, Executions};

impl Executions {
    /// Records that `ask` was refused because of `error`, and gives `error` back; or what went wrong while that was recorded.
    ///
    /// The adapter's name for the execution is not used up: the same request may be made again.
    pub(super) async fn unredacted(
        &self,
        caller: &AdapterCaller,
        ask: &ExecutionAsk,
        intent: Intent,
        error: Error,
    ) -> Error {
        if !matches!(
            &error,
            Error::Redaction(clasper_privacy::Error::Redaction(_))
        ) {
            return error;
        }
        match self.record_unredacted(caller, ask, intent).await {
            Ok(()) => error,
            Err(worse) => worse,
        }
    }

    async fn record_unredacted(
        &self,
        caller: &AdapterCaller,
        ask: &ExecutionAsk,
        intent: Intent,
    ) -> Result<(), Error> {
        let deps = &self.inner.deps;
        let scope = caller.scope();
        let decision = DecisionId::generate(&*deps.ids);
        let exact = serde_json::to_vec(ask)?;
        let wordless = ExecutionAsk {
            claims: RequestClaims::default(),
            max_cost_usd: None,
            estimated_cost_usd: None,
            ..ask.clone()
        };
        let (mut judgement, _) = self.judge(&scope, &wordless, intent.hash, None).await?;
        (judgement.effect, judgement.reason) = (Effect::Deny, Reason::RedactionFailed);
        judgement.matched.clear();
        judgement.explanation = None;
        let opening = ExecutionOpening {
            actor: caller.actor(),
            key: new_key(decision)?,
            shown: json!({"withheld": "it could not be redacted"}),
            sealed_ask: deps.seal.seal(&ask_context(decision), &exact),
            judgement,
            ask: wordless,
            intent,
            callback: None,
            grant_life: self.inner.config.grant_life,
            default_max_steps: self.inner.config.default_max_steps,
            last_try: true,
            ids: OpeningIds {
                decision,
                execution: ExecutionId::generate(&*deps.ids),
                trace: caller.trace,
                grant: GrantId::generate(&*deps.ids),
                entry: AuditEntryId::generate(&*deps.ids),
            },
            now: deps.clock.now(),
            scope,
        };
        deps.executions.open_execution(Arc::new(opening)).await?;
        Ok(())
    }
}
