//! The constant `status` of replies that say nothing else by it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// It was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OkStatus {
    /// It was done.
    #[default]
    Ok,
}
