//! Providers against servers on loopback that behave and misbehave as real ones do.

mod anthropic;
mod chat_errors;
mod chat_reply;
mod chat_request;
mod chat_stream;
mod fake;
mod gemini;
mod logs;
mod routing;
mod scripted;
