//! What the agent says: collected over all model calls, and forwarded as it comes when the run is streamed.

use futures::StreamExt;

use crate::model::{ModelChunk, ModelError, ModelReply};
use crate::send::RunEvent;
use crate::service::ending::Ending;
use crate::service::leash::Stop;
use crate::service::session::Session;

/// Between what the agent says before a tool call and after it.
const PAUSE: &str = "\n\n";

impl Session<'_> {
    /// A further model call begins.
    pub(crate) fn begin_part(&mut self) {
        self.call_start = self.text.len();
    }

    /// Whether the current model call has said something.
    pub(crate) fn part_has_begun(&self) -> bool {
        self.text.len() > self.call_start
    }

    /// Adds `text`. Returns whether a pause was put before it.
    pub(crate) fn append(&mut self, text: &str) -> bool {
        let pauses = !text.is_empty() && !self.text.is_empty() && !self.part_has_begun();
        if pauses {
            self.text.push_str(PAUSE);
            self.call_start = self.text.len();
        }
        self.text.push_str(text);
        pauses
    }

    /// Reads a streamed answer, forwarding its text.
    pub(crate) async fn read_stream(&mut self) -> Result<Result<ModelReply, ModelError>, Ending> {
        let models = &self.engine.deps.models;
        let opened = self.leash.hold(models.stream(&self.plan.request)).await?;
        let mut stream = match opened {
            Ok(stream) => stream,
            Err(error) => return Ok(Err(error)),
        };
        loop {
            match self.leash.hold(stream.next()).await? {
                Some(Ok(ModelChunk::Text(text))) => self.forward(text).await?,
                Some(Ok(ModelChunk::Done(reply))) => return Ok(Ok(self.complete(reply).await?)),
                Some(Err(error)) => return Ok(Err(error)),
                None => return Ok(Err(ModelError::BadAnswer)),
            }
        }
    }

    /// Makes the reply and what was streamed say the same: the client has read the latter already.
    async fn complete(&mut self, mut reply: ModelReply) -> Result<ModelReply, Ending> {
        let streamed = &self.text[self.call_start..];
        let rest = reply.content.strip_prefix(streamed).unwrap_or_default();
        self.forward(rest.to_owned()).await?;
        reply.content = if self.part_has_begun() {
            self.text[self.call_start..].to_owned()
        } else {
            String::new()
        };
        Ok(reply)
    }

    async fn forward(&mut self, text: String) -> Result<(), Ending> {
        if text.is_empty() {
            return Ok(());
        }
        if let Some(call) = &mut self.in_flight {
            call.output_chars += text.chars().count();
        }
        let chunk = if self.append(&text) {
            format!("{PAUSE}{text}")
        } else {
            text
        };
        let told = self.told.push(&chunk)?;
        self.tell(told).await
    }

    /// Sends what was held back: the answer has ended.
    pub(crate) async fn tell_rest(&mut self) -> Result<(), Ending> {
        if !self.sink.is_streamed() {
            return Ok(());
        }
        let rest = self.told.finish()?;
        self.tell(rest).await
    }

    async fn tell(&mut self, text: String) -> Result<(), Ending> {
        if text.is_empty() {
            return Ok(());
        }
        let sent = self
            .leash
            .hold(self.sink.send(RunEvent::Chunk(text)))
            .await?;
        sent.map_err(|_| Ending::Stopped(Stop::Cancelled))
    }
}
