//! Callbacks and webhooks from the change that causes them to a receiver, over a database, with a clock that is moved by hand.

mod callbacks;
mod guard;
mod receiver;
mod webhooks;
mod world;
