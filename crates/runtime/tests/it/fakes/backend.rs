//! A backend that remembers what it is told.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use clasper_runtime::backend::{
    AgentIdentity, BackendCapabilities, BackendError, BackendTask, ControlPlane, Delivery, NewTask,
    ToolAnswer,
};
use clasper_runtime::model::ToolSpec;
use serde_json::Value;

#[derive(Default)]
pub struct FakeBackend {
    pub down: AtomicBool,
    pub refuses: AtomicBool,
    pub tools: Mutex<Vec<ToolSpec>>,
    pub answer: Mutex<Option<ToolAnswer>>,
    pub hangs: AtomicBool,
    pub posted: Mutex<Vec<(Delivery, String)>>,
    pub called: Mutex<Vec<(String, Value, String)>>,
}

impl FakeBackend {
    pub fn offer(&self, name: &str, parameters: Value) {
        self.tools.lock().expect("not poisoned").push(ToolSpec {
            name: name.into(),
            description: "a tool".into(),
            parameters: parameters.into(),
        });
    }

    pub fn posted(&self) -> Vec<(Delivery, String)> {
        self.posted.lock().expect("not poisoned").clone()
    }

    pub fn called(&self) -> Vec<(String, Value, String)> {
        self.called.lock().expect("not poisoned").clone()
    }

    fn mood(&self) -> Result<(), BackendError> {
        if self.down.load(Ordering::SeqCst) {
            return Err(BackendError::Unavailable);
        }
        if self.refuses.load(Ordering::SeqCst) {
            return Err(BackendError::Refused { status: 403 });
        }
        Ok(())
    }
}

#[async_trait]
impl ControlPlane for FakeBackend {
    async fn find_or_create_task(
        &self,
        _: &AgentIdentity,
        task: &NewTask,
    ) -> Result<BackendTask, BackendError> {
        self.mood()?;
        Ok(BackendTask {
            id: format!("task-{}", task.title),
            title: task.title.clone(),
        })
    }

    async fn deliver(
        &self,
        _: &AgentIdentity,
        delivery: &Delivery,
        idempotency_key: &str,
    ) -> Result<String, BackendError> {
        self.mood()?;
        let mut posted = self.posted.lock().expect("not poisoned");
        posted.push((delivery.clone(), idempotency_key.into()));
        Ok("record".into())
    }

    async fn tools(&self, _: &AgentIdentity) -> Result<Vec<ToolSpec>, BackendError> {
        self.mood()?;
        Ok(self.tools.lock().expect("not poisoned").clone())
    }

    async fn call_tool(
        &self,
        _: &AgentIdentity,
        name: &str,
        arguments: &Value,
        idempotency_key: &str,
    ) -> Result<ToolAnswer, BackendError> {
        let call = (
            name.to_owned(),
            arguments.clone(),
            idempotency_key.to_owned(),
        );
        self.called.lock().expect("not poisoned").push(call);
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let answer = self.answer.lock().expect("not poisoned").clone();
        Ok(answer.unwrap_or(ToolAnswer::Result(Value::from(42))))
    }

    async fn capabilities(&self, _: &AgentIdentity) -> Result<BackendCapabilities, BackendError> {
        Err(BackendError::Unavailable)
    }

    async fn health(&self) -> Result<(), BackendError> {
        self.mood()
    }
}
