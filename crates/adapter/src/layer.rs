//! A tower service whose requests are governed.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tower::{Layer, Service};

use crate::adapter::Adapter;
use crate::ask::Ask;
use crate::blocked::Governed;

/// Puts [`Govern`] around services.
#[derive(Debug, Clone)]
pub struct GovernLayer<A> {
    adapter: Adapter,
    ask: A,
}

impl<A> GovernLayer<A> {
    /// Every request is asked about with what `ask` makes of it.
    pub const fn new(adapter: Adapter, ask: A) -> Self {
        Self { adapter, ask }
    }
}

impl<S, A: Clone> Layer<S> for GovernLayer<A> {
    type Service = Govern<S, A>;

    fn layer(&self, inner: S) -> Self::Service {
        Govern {
            inner,
            adapter: self.adapter.clone(),
            ask: self.ask.clone(),
        }
    }
}

/// A service that is called only where Clasper permits it.
#[derive(Debug, Clone)]
pub struct Govern<S, A> {
    inner: S,
    adapter: Adapter,
    ask: A,
}

impl<R, S, A> Service<R> for Govern<S, A>
where
    R: Send + 'static,
    S: Service<R> + Clone + Send + 'static,
    S::Future: Send,
    S::Response: Send,
    S::Error: Send,
    A: Fn(&R) -> Ask,
{
    type Response = S::Response;
    type Error = Governed<S::Error>;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context).map_err(Governed::Effect)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let ask = (self.ask)(&request);
        // The service that was made ready is the one to call; its clone waits in its place.
        let clone = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, clone);
        let adapter = self.adapter.clone();
        Box::pin(async move { adapter.governed(ask, |_| ready.call(request)).await })
    }
}
