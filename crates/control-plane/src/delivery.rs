//! Posting messages and documents.

use clasper_runtime::backend::{AgentIdentity, BackendError, Delivery};

use crate::backend::Backend;
use crate::task::TaskRef;
use crate::wire::{self, Created, DocumentBody, MessageBody};

impl Backend {
    pub(crate) async fn post_delivery(
        &self,
        agent: &AgentIdentity,
        delivery: &Delivery,
        idempotency_key: &str,
    ) -> Result<String, BackendError> {
        let (url, body) = match delivery {
            Delivery::Message { task_id, content } => {
                let body = MessageBody {
                    task_id,
                    content,
                    actor_type: "agent",
                    agent_role: &agent.role,
                    idempotency_key,
                };
                (&self.addresses.messages, wire::body(&body))
            }
            Delivery::Document {
                task_id,
                title,
                content,
                doc_type,
            } => {
                let body = DocumentBody {
                    title,
                    content,
                    task_id,
                    doc_type,
                    idempotency_key,
                };
                (&self.addresses.documents, wire::body(&body))
            }
        };
        let call = self.transport.post(agent, url.clone(), body);
        let outcome = self.transport.send(&call).await?.success();
        if let (Err(BackendError::Refused { status: 404 }), Delivery::Message { task_id, .. }) =
            (&outcome, delivery)
        {
            self.gone.insert(TaskRef::new(agent, task_id), ());
        }
        let created: Created = wire::read(&outcome?, "the record that was posted")?;
        Ok(created.id)
    }
}
