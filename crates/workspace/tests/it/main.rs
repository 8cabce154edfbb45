//! Workspaces in throw-away folders.

mod cache;
mod example;
mod folder;
mod load;
mod prompt;
mod session;
mod skill;
