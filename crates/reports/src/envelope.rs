//! Signed envelopes (reference section 12.1).

use chrono::{DateTime, TimeDelta, Utc};
use clasper_core::{Sha256Digest, Timestamp, TraceId, canonical_json, truncate_to_micros};
use serde::Serialize;

use crate::error::Refusal;
use crate::key::{TelemetryKey, decoded};
use crate::report::{SignedBy, Submission};

/// The version of envelopes that there is.
const VERSION: &str = "v1";

/// What becomes of reports without a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureMode {
    /// They are taken.
    Off,
    /// They are taken, and the audit log says so.
    Warn,
    /// They are refused.
    Enforce,
}

impl SignatureMode {
    /// The mode of that name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "off" => Some(Self::Off),
            "warn" => Some(Self::Warn),
            "enforce" => Some(Self::Enforce),
            _ => None,
        }
    }
}

/// What is asked of signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignaturePolicy {
    /// What becomes of reports without one.
    pub mode: SignatureMode,
    /// How far the time of signing may be from now.
    pub max_skew: TimeDelta,
}

impl Default for SignaturePolicy {
    /// As the reference has it: unsigned reports are taken and noted, and clocks may differ by five minutes.
    fn default() -> Self {
        Self {
            mode: SignatureMode::Warn,
            max_skew: TimeDelta::minutes(5),
        }
    }
}

/// A signed envelope without its payload, as it was written: the signature is over these very texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedPart {
    /// Its version.
    pub envelope_version: String,
    /// The adapter that signs.
    pub adapter_id: String,
    /// The adapter's version.
    pub adapter_version: String,
    /// When it was signed.
    pub issued_at: String,
    /// The execution.
    pub execution_id: String,
    /// The trace.
    pub trace_id: String,
    /// The kind of report.
    pub payload_type: String,
    /// The hash of the payload's canonical JSON, as it is claimed.
    pub payload_hash: String,
    /// The signature, in base64 or base64url.
    pub signature: String,
}

/// What is signed.
#[derive(Serialize)]
struct SigningInput<'a> {
    envelope_version: &'a str,
    adapter_id: &'a str,
    adapter_version: &'a str,
    issued_at: &'a str,
    execution_id: &'a str,
    trace_id: &'a str,
    payload_type: &'a str,
    payload_hash: &'a str,
}

impl SignedPart {
    /// Verifies the envelope around `submission` by the keys of its adapter. What the envelope names has to be what its payload
    /// names.
    pub(crate) fn verify(
        &self,
        submission: &Submission,
        keys: &[TelemetryKey],
        now: Timestamp,
        policy: SignaturePolicy,
    ) -> Result<SignedBy, Refusal> {
        self.check_names(submission)?;
        let is_theirs = |key: &&TelemetryKey| {
            let version = key.version.as_deref();
            key.revoked_at.is_none() && version.is_none_or(|own| own == self.adapter_version)
        };
        if !keys.iter().any(|key| is_theirs(&key)) {
            let detail = "no key is set for this adapter and version, or it was revoked: an operator sets one with \
                          POST /ops/api/adapters/telemetry-key";
            return Err(Refusal::envelope("missing_key", "/adapter_version", detail));
        }
        let claimed: Option<Sha256Digest> = self.payload_hash.parse().ok();
        if !self.payload_hash.starts_with("sha256:") || claimed != Some(submission.content) {
            let detail = "is not `sha256:` and the hash of the payload's canonical JSON (RFC 8785)";
            let code = "payload_hash_mismatch";
            return Err(Refusal::envelope(code, "/payload_hash", detail));
        }
        let issued_at = moment(&self.issued_at).filter(|issued| {
            let apart = now.signed_duration_since(*issued).abs();
            apart <= policy.max_skew
        });
        let Some(issued_at) = issued_at else {
            let seconds = policy.max_skew.num_seconds();
            let detail = format!(
                "must be a time within {seconds} s of the server's: sign it when you send it"
            );
            return Err(Refusal::envelope("timestamp_skew", "/issued_at", detail));
        };
        let signature = decoded(&self.signature).unwrap_or_default();
        let message = self.signing_input()?;
        let signed = keys
            .iter()
            .filter(|key| key.may_sign(&self.adapter_version, issued_at))
            .find(|key| key.key.verifies(message.as_bytes(), &signature));
        let Some(key) = signed else {
            let detail = "is not that of the adapter's key over the canonical JSON of the envelope without payload and signature";
            return Err(Refusal::envelope("invalid_signature", "/signature", detail));
        };
        Ok(SignedBy {
            key_id: key.id.clone(),
            adapter_version: self.adapter_version.clone(),
        })
    }

    fn check_names(&self, submission: &Submission) -> Result<(), Refusal> {
        if self.envelope_version != VERSION {
            let code = "unsupported_envelope";
            return Err(Refusal::envelope(code, "/envelope_version", "must be v1"));
        }
        // The payload's was read as a UUID, which can be written in several ways.
        let trace = self.trace_id.parse::<TraceId>();
        let same_trace = trace.is_ok_and(|trace| trace == submission.trace);
        let names = [
            (
                "/adapter_id",
                &*self.adapter_id,
                submission.adapter.as_str(),
            ),
            (
                "/execution_id",
                &*self.execution_id,
                submission.execution.as_str(),
            ),
            (
                "/payload_type",
                &*self.payload_type,
                submission.body.kind().name(),
            ),
            (
                "/trace_id",
                if same_trace { "" } else { &*self.trace_id },
                "",
            ),
        ];
        for (pointer, outer, inner) in names {
            if outer != inner {
                let detail = "the envelope names another one than its payload";
                return Err(Refusal::envelope("envelope_mismatch", pointer, detail));
            }
        }
        Ok(())
    }

    fn signing_input(&self) -> Result<String, Refusal> {
        let input = SigningInput {
            envelope_version: &self.envelope_version,
            adapter_id: &self.adapter_id,
            adapter_version: &self.adapter_version,
            issued_at: &self.issued_at,
            execution_id: &self.execution_id,
            trace_id: &self.trace_id,
            payload_type: &self.payload_type,
            payload_hash: &self.payload_hash,
        };
        let text =
            canonical_json(&input).map_err(|error| Refusal::invalid("", error.to_string()))?;
        Ok(text.into_string())
    }
}

fn moment(text: &str) -> Option<Timestamp> {
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    Some(truncate_to_micros(time.with_timezone(&Utc)))
}
