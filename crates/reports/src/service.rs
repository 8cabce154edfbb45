//! Taking reports in.

use std::fmt;
use std::sync::Arc;

use clasper_core::{
    AuditEntryId, AuditEvent, Caller, Clock, IdSource, PermissionSet, Principal, TenantScope,
    TraceId,
};
use clasper_identity::{AdapterDirectory, AdapterPrincipal};
use clasper_privacy::{Privacy, RedactionFailed, Redactions};
use serde_json::{Value, json};

use crate::envelope::{SignatureMode, SignaturePolicy};
use crate::error::{Error, Refusal};
use crate::judgement::Found;
use crate::key::TelemetryKey;
use crate::report::{Body, Report, SignedBy, Submission};
use crate::store::{Recorded, ReportBatch, ReportStore, TelemetryKeyStore};
use crate::words::note;

/// The longest name of an event or a violation, and the longest event id, in bytes.
const LONGEST_NAME: usize = 200;

/// An adapter with the request that it makes.
#[derive(Debug, Clone)]
pub struct Reporter {
    /// Who reports.
    pub principal: AdapterPrincipal,
    /// The scope of its writes.
    pub scope: TenantScope,
    /// The trace of the request itself.
    pub trace: TraceId,
}

impl Reporter {
    /// The adapter that a credential has proven. It has no permissions of people: it reports, and nothing else.
    #[must_use]
    pub fn new(principal: AdapterPrincipal, trace: TraceId) -> Self {
        let caller = Caller {
            principal: Principal {
                tenant: principal.tenant.clone(),
                user: None,
                permissions: PermissionSet::EMPTY,
                credential: principal.credential,
                allowed_tools: None,
            },
            trace,
        };
        Self {
            scope: caller.scope(),
            principal,
            trace,
        }
    }
}

/// What an adapter is told of one report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipt {
    /// It is stored, with what was found beyond its grant.
    Stored(Vec<Found>),
    /// It was stored before.
    Duplicate,
    /// It is refused, and nothing of it is stored.
    Refused(Refusal),
}

/// Everything that the service works with.
#[derive(Clone)]
pub struct ReportsDeps {
    /// Reports.
    pub store: Arc<dyn ReportStore>,
    /// Keys by which they are verified.
    pub keys: Arc<dyn TelemetryKeyStore>,
    /// Which adapters there are.
    pub adapters: Arc<dyn AdapterDirectory>,
    /// Takes personal data and secrets out of what is stored.
    pub redactions: Redactions,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdSource>,
}

/// Takes reports in. Cheap to clone.
#[derive(Clone)]
pub struct Reports {
    deps: ReportsDeps,
    policy: SignaturePolicy,
}

impl fmt::Debug for Reports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reports").finish_non_exhaustive()
    }
}

impl Reports {
    /// The service over its ports.
    #[must_use]
    pub const fn new(deps: ReportsDeps, policy: SignaturePolicy) -> Self {
        Self { deps, policy }
    }

    /// Stores what can be stored of `submissions`, in one commit, and says of each what became of it.
    ///
    /// # Errors
    /// [`Error`]; nothing is stored then.
    pub async fn receive(
        &self,
        reporter: &Reporter,
        submissions: Vec<Submission>,
    ) -> Result<Vec<Receipt>, Error> {
        let own = &reporter.principal;
        let standing = self
            .deps
            .adapters
            .adapter_standing(&own.tenant, &own.adapter);
        let standing = standing.await?.ok_or(Error::NotRegistered)?;
        if !standing.enabled {
            return Err(Error::Disabled);
        }
        let keys = if submissions.iter().any(|sent| sent.signed.is_some()) {
            let keys = &self.deps.keys;
            keys.telemetry_keys(&reporter.scope, &own.adapter).await?
        } else {
            Vec::new()
        };
        let mut batch = ReportBatch {
            scope: reporter.scope.clone(),
            adapter: own.adapter.clone(),
            workspace: own.workspace.clone(),
            actor: own.actor(),
            reports: Vec::with_capacity(submissions.len()),
            notes: Vec::new(),
            now: self.deps.clock.now(),
        };
        let privacy = self.deps.redactions.of(&reporter.scope).await?;
        let mut receipts = Vec::with_capacity(submissions.len());
        let (mut unsigned, mut invalid) = (0_usize, Vec::new());
        for submission in submissions {
            let is_signed = submission.signed.is_some();
            match self.prepare(own, &keys, submission, &batch, &privacy) {
                Ok(report) => {
                    unsigned += usize::from(!is_signed);
                    batch.reports.push(report);
                    receipts.push(None);
                }
                Err(Unprepared::Failed(failed)) => return Err(failed.into()),
                Err(Unprepared::Refused(refusal)) => {
                    if let Refusal::Envelope { code, .. } = &refusal
                        && is_signed
                    {
                        invalid.push(*code);
                    }
                    receipts.push(Some(Receipt::Refused(refusal)));
                }
            }
        }
        self.note(&mut batch, reporter.trace, unsigned, &invalid)?;
        if batch.reports.is_empty() && batch.notes.is_empty() {
            return Ok(receipts.into_iter().flatten().collect());
        }
        let mut recorded = self.deps.store.record(batch).await?.into_iter();
        let receipts = receipts.into_iter().map(|refused| {
            refused.unwrap_or_else(|| recorded.next().map_or(Receipt::Duplicate, receipt))
        });
        Ok(receipts.inspect(count).collect())
    }

    /// What the log says of signatures: one entry for all that came together.
    fn note(
        &self,
        batch: &mut ReportBatch,
        trace: TraceId,
        unsigned: usize,
        invalid: &[&'static str],
    ) -> Result<(), Error> {
        let adapter = batch.adapter.to_string();
        let mut say = |event, detail: Value| -> Result<(), Error> {
            let id = AuditEntryId::generate(&*self.deps.ids);
            let entry = note(batch, id, event, trace, &detail)?;
            batch.notes.push(entry);
            Ok(())
        };
        if unsigned > 0 && self.policy.mode == SignatureMode::Warn {
            let detail = json!({"adapter_id": adapter, "reports": unsigned});
            say(AuditEvent::AdapterTelemetryUnsigned, detail)?;
        }
        if !invalid.is_empty() {
            let detail =
                json!({"adapter_id": adapter, "reports": invalid.len(), "codes": codes(invalid)});
            say(AuditEvent::AdapterTelemetrySignatureInvalid, detail)?;
        }
        Ok(())
    }

    /// The report, checked, verified and redacted.
    fn prepare(
        &self,
        own: &AdapterPrincipal,
        keys: &[TelemetryKey],
        submission: Submission,
        batch: &ReportBatch,
        privacy: &Privacy,
    ) -> Result<Report, Unprepared> {
        in_scope(own, &submission)?;
        let signed_by = self.verify(&submission, keys, batch)?;
        let key = submission.event_key();
        let mut body = submission.body;
        if submission
            .event_id
            .as_deref()
            .is_some_and(|id| !is_name(id))
        {
            return Err(unfit("/event_id").into());
        }
        match &mut body {
            Body::Trace(trace) => trace.check(privacy)?,
            Body::Audit(audit) => {
                if !is_name(&audit.event_type) {
                    return Err(unfit("/event_type").into());
                }
                mask(privacy, &mut audit.message)?;
                audit.data = masked(privacy, audit.data.take())?;
            }
            Body::Violation(violation) => {
                if !is_name(&violation.violation_type) {
                    return Err(unfit("/violation_type").into());
                }
                violation.message = privacy.words(&violation.message)?.into_owned();
                violation.data = masked(privacy, violation.data.take())?;
            }
            Body::Cost(cost) => {
                mask(privacy, &mut cost.model)?;
                mask(privacy, &mut cost.provider)?;
            }
            Body::Metrics(_) => {}
        }
        Ok(Report {
            key,
            content: submission.content,
            execution: submission.execution,
            trace: submission.trace,
            signed_by,
            body,
            entry: AuditEntryId::generate(&*self.deps.ids),
        })
    }

    fn verify(
        &self,
        submission: &Submission,
        keys: &[TelemetryKey],
        batch: &ReportBatch,
    ) -> Result<Option<SignedBy>, Refusal> {
        match &submission.signed {
            Some(signed) => {
                let verified = signed.verify(submission, keys, batch.now, self.policy);
                verified.map(Some)
            }
            None if self.policy.mode == SignatureMode::Enforce => {
                let detail = "reports have to be signed here: send a signed envelope";
                Err(Refusal::envelope("missing_key", "", detail))
            }
            None => Ok(None),
        }
    }
}

/// Why there is no report to store.
pub(crate) enum Unprepared {
    /// Its sender is told.
    Refused(Refusal),
    /// Nothing is stored of anything that came with it.
    Failed(RedactionFailed),
}

impl From<Refusal> for Unprepared {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<RedactionFailed> for Unprepared {
    fn from(failed: RedactionFailed) -> Self {
        Self::Failed(failed)
    }
}

fn mask(privacy: &Privacy, text: &mut Option<String>) -> Result<(), RedactionFailed> {
    if let Some(text) = text {
        *text = privacy.words(text)?.into_owned();
    }
    Ok(())
}

fn masked(privacy: &Privacy, value: Option<Value>) -> Result<Option<Value>, RedactionFailed> {
    let masked = value.map(|value| privacy.json(value).map(|(value, _)| value));
    masked.transpose()
}

/// The codes, each once.
fn codes(all: &[&'static str]) -> Vec<&'static str> {
    let mut codes = all.to_vec();
    codes.sort_unstable();
    codes.dedup();
    codes
}

fn in_scope(own: &AdapterPrincipal, submission: &Submission) -> Result<(), Refusal> {
    let pointer = if submission.tenant != own.tenant {
        "/tenant_id"
    } else if submission.workspace != own.workspace {
        "/workspace_id"
    } else if submission.adapter != own.adapter {
        "/adapter_id"
    } else {
        return Ok(());
    };
    Err(Refusal::ScopeMismatch { pointer })
}

fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= LONGEST_NAME && !text.chars().any(char::is_control)
}

fn unfit(pointer: &str) -> Refusal {
    let detail = format!("must have between 1 and {LONGEST_NAME} bytes without control characters");
    Refusal::invalid(pointer, detail)
}

fn receipt(recorded: Recorded) -> Receipt {
    match recorded {
        Recorded::Stored(found) => Receipt::Stored(found),
        Recorded::Duplicate => Receipt::Duplicate,
        Recorded::EventReused => Receipt::Refused(Refusal::EventReused),
        Recorded::TraceExists => Receipt::Refused(Refusal::TraceExists),
        Recorded::OtherWorkspace => Receipt::Refused(Refusal::OtherWorkspace),
        Recorded::TooMuch => {
            Receipt::Refused(Refusal::invalid("/cost_usd", "is more than can be booked"))
        }
    }
}

fn count(receipt: &Receipt) {
    let result = match receipt {
        Receipt::Stored(_) => "stored",
        Receipt::Duplicate => "duplicate",
        Receipt::Refused(_) => "refused",
    };
    metrics::counter!("clasper_reports_total", "result" => result).increment(1);
}
