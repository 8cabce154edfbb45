//! Who is calling: the agent token in `X-Agent-Token`, verified on every route that shows or changes records.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;

use crate::{backend::Backend, reply::Refusal};

const HEADER: &str = "x-agent-token";

/// The agent a request comes from and the user it acts for.
pub(crate) struct Agent {
    pub user_id: String,
    pub role: String,
}

/// The key and rules that agent tokens are checked with.
pub(crate) struct Verifier {
    key: DecodingKey,
    validation: Validation,
}

#[derive(Deserialize)]
struct Claims {
    r#type: String,
    user_id: String,
    agent_role: String,
    exp: i64,
}

impl Verifier {
    pub(crate) fn new(secret: &[u8]) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        // The library would ask the system clock; `agent` compares `exp` with the injected one instead.
        validation.validate_exp = false;
        Self {
            key: DecodingKey::from_secret(secret),
            validation,
        }
    }

    /// The agent behind the token, or nothing when any part of the proof fails.
    fn agent(&self, headers: &HeaderMap, now: DateTime<Utc>) -> Option<Agent> {
        let token = headers.get(HEADER)?.to_str().ok()?;
        let claims = decode::<Claims>(token, &self.key, &self.validation)
            .ok()?
            .claims;
        let good = claims.r#type == "agent"
            && claims.exp > now.timestamp()
            && !claims.user_id.is_empty()
            && !claims.agent_role.is_empty();
        good.then_some(Agent {
            user_id: claims.user_id,
            role: claims.agent_role,
        })
    }
}

impl FromRequestParts<Backend> for Agent {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, backend: &Backend) -> Result<Self, Refusal> {
        // One answer for a missing, forged, expired or foreign token: the caller learns nothing from the difference.
        backend
            .verifier()
            .agent(&parts.headers, backend.now())
            .ok_or(Refusal::Unauthorized)
    }
}
