//! Reads an entry's canonical bytes.

use std::borrow::Cow;

use clasper_core::{AuditEvent, Sha256Digest, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::completeness::{PairDetail, PairRole};

/// The members of an entry, as core writes them under the leaf hash.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "every member must be there, but only some are looked at"
)]
struct Line<'a> {
    #[serde(borrow)]
    actor: Cow<'a, str>,
    #[serde(borrow)]
    detail: &'a RawValue,
    #[serde(borrow)]
    entry_id: Cow<'a, str>,
    #[serde(borrow)]
    event_type: Cow<'a, str>,
    #[serde(borrow)]
    occurred_at_micros: Cow<'a, str>,
    #[serde(borrow)]
    prev_hash: Option<Cow<'a, str>>,
    #[serde(borrow)]
    seq: Cow<'a, str>,
    #[serde(borrow)]
    target: Option<Cow<'a, str>>,
    #[serde(borrow)]
    tenant_id: Cow<'a, str>,
    #[serde(borrow)]
    trace_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    user_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    workspace_id: Option<Cow<'a, str>>,
}

/// What the verification looks at.
pub(crate) struct Entry<'a> {
    pub(crate) seq: u64,
    pub(crate) tenant: Cow<'a, str>,
    pub(crate) prev_hash: Option<Sha256Digest>,
    pub(crate) occurred_at: Timestamp,
    /// `None` for a type this version does not know.
    pub(crate) role: Option<PairRole>,
    pub(crate) detail: &'a str,
    pub(crate) workspace: Option<Cow<'a, str>>,
    pub(crate) trace: Option<Cow<'a, str>>,
}

/// `None` when the bytes are no entry.
pub(crate) fn read_entry(bytes: &[u8]) -> Option<Entry<'_>> {
    let line: Line<'_> = serde_json::from_slice(bytes).ok()?;
    let prev_hash = line.prev_hash.map(|hash| read_digest(&hash));
    let micros = line.occurred_at_micros.parse().ok()?;
    let detail = line.detail.get();
    let seq = crate::checkpoint::parse_decimal(&line.seq)?;
    let event = line.event_type.parse::<AuditEvent>().ok();
    (seq > 0 && detail.starts_with('{')).then_some(())?;
    Some(Entry {
        seq,
        tenant: line.tenant_id,
        prev_hash: match prev_hash {
            Some(hash) => Some(hash?),
            None => None,
        },
        occurred_at: Timestamp::from_timestamp_micros(micros)?,
        role: event.map(|event| {
            let said = PairDetail::read(detail);
            PairRole::of(event, |name| said.text(name))
        }),
        detail,
        workspace: line.workspace_id,
        trace: line.trace_id,
    })
}

/// `sha256:` and 64 lower-case hexadecimal digits, nothing else.
pub(crate) fn read_digest(text: &str) -> Option<Sha256Digest> {
    let digits = text.strip_prefix("sha256:")?;
    let lower = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    let fits = digits.len() == 64 && digits.bytes().all(lower);
    fits.then(|| digits.parse().ok()).flatten()
}
