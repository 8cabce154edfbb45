//! The HTTP kit through real routers.

mod app;
mod auth;
mod json;
mod layer;
mod limit;
mod params;
mod problem;
mod record;
