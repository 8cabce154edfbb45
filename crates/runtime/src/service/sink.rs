//! Where a run's events go while it is under way, and the stream that clients read them from.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::Stream;
use tokio::sync::mpsc;
use tokio_util::sync::DropGuard;

use crate::send::RunEvent;

/// Events that a client may lag behind before the run waits for it.
pub(crate) const BUFFERED_EVENTS: usize = 32;

/// Where events go.
#[derive(Debug)]
pub(crate) enum Sink {
    /// Nowhere: the whole reply is the answer.
    Whole,
    /// To a stream's reader.
    Streamed(mpsc::Sender<RunEvent>),
}

/// The reader is gone.
#[derive(Debug)]
pub(crate) struct Gone;

impl Sink {
    pub(crate) const fn is_streamed(&self) -> bool {
        matches!(self, Self::Streamed(_))
    }

    pub(crate) async fn send(&self, event: RunEvent) -> Result<(), Gone> {
        match self {
            Self::Whole => Ok(()),
            Self::Streamed(events) => events.send(event).await.map_err(|_| Gone),
        }
    }
}

/// The events of a streamed run: a start, chunks, and [`RunEvent::Done`] or [`RunEvent::Failed`] as the last one.
///
/// Dropping it before its end cancels the run, which is then settled for what it used.
#[derive(Debug)]
pub struct RunStream {
    pub(crate) first: Option<RunEvent>,
    pub(crate) events: mpsc::Receiver<RunEvent>,
    pub(crate) _cancel: DropGuard,
}

impl Stream for RunStream {
    type Item = RunEvent;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<RunEvent>> {
        match self.first.take() {
            Some(event) => Poll::Ready(Some(event)),
            None => self.events.poll_recv(context),
        }
    }
}
