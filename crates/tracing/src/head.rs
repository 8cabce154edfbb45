//! A stored trace without its steps: lists show many traces, and steps are most of what is stored.

use serde::de::IgnoredAny;

use crate::trace::Trace;

/// How the list of steps begins. Within a text of JSON this cannot stand anywhere else: quotes are escaped there, and no
/// other member of this name holds a list.
const STEPS: &str = "\"steps\":[";

impl Trace {
    /// Reads the text that is stored of a trace, but not its steps: of them there are none then.
    ///
    /// # Errors
    /// When it is not the text of a trace.
    pub fn head_of(stored: &str) -> Result<Self, serde_json::Error> {
        let Some((before, after)) = stored.split_once(STEPS) else {
            return serde_json::from_str(stored);
        };
        let list = &stored[before.len() + STEPS.len() - 1..];
        let mut list = serde_json::Deserializer::from_str(list).into_iter::<IgnoredAny>();
        match list.next() {
            Some(Ok(IgnoredAny)) => {}
            Some(Err(error)) => return Err(error),
            None => return serde_json::from_str(stored),
        }
        // The bracket that opens the list is counted on both sides.
        let rest = &after[list.byte_offset() - 1..];
        serde_json::from_str(&[before, STEPS, "]", rest].concat())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::{StepData, StepRecorder};

    const TRACE: &str = r#"{
        "id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "tenant": "acme", "workspace": "default",
        "execution": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c12", "decision": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c13",
        "user": null, "agent_role": "lead", "status": "completed", "started_at": "2026-11-20T10:00:00Z",
        "completed_at": "2026-11-20T10:00:01Z", "duration_ms": 1000, "workspace_hash": "", "skill_versions": {},
        "model": "echo", "provider": "scripted", "scripted": true, "input_message": "", "input_history": 0,
        "output_message": null, "steps": [],
        "usage": {"input_tokens": 1, "output_tokens": 1, "total_cost_usd": "0", "estimated": false},
        "granted_scope": {"capabilities": [], "max_steps": 1, "max_cost_usd": null},
        "used_scope": {"capabilities": [], "step_count": 1, "actual_cost_usd": "0"}, "violations": [], "error": null,
        "redactions": {}, "labels": {}, "task_id": null
    }"#;

    proptest! {
        #[test]
        fn the_head_of_a_trace_is_the_trace_without_its_steps(
            texts in prop::collection::vec(r#"[\\\[\]"{}a-c,:]{0,12}|"steps":\["#, 4), steps in 0..4_usize,
        ) {
            let mut trace: Trace = serde_json::from_str(TRACE).expect("a trace");
            let mut recorder = StepRecorder::default();
            for _ in 0..steps {
                let call = StepData::ToolCall {
                    tool_call_id: texts[0].clone(),
                    tool_name: texts[1].clone(),
                    arguments: json!({texts[2].clone(): {"steps": [texts[3].clone(), []]}}),
                    permitted: true,
                    permission_reason: texts[3].clone(),
                    decision_id: String::new(),
                };
                recorder.push(trace.started_at, 1, call);
            }
            trace.steps = recorder.into_steps();
            trace.input_message.clone_from(&texts[0]);
            trace.output_message = Some(texts[1].clone());
            trace.labels = [("steps".to_owned(), texts[2].clone())].into();
            trace.skill_versions = [("steps".to_owned(), texts[3].clone())].into();
            let head = Trace::head_of(&serde_json::to_string(&trace).expect("JSON")).expect("its own text");
            trace.steps.clear();
            prop_assert_eq!(head, trace);
        }
    }
}
