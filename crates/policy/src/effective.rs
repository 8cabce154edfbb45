//! The bundles in force together, and the one evaluation of a context against them.

use std::sync::Arc;

use cedar_policy::Request;
use clasper_core::{Sha256Digest, canonical_json};

use crate::approval::ApprovalTerms;
use crate::bundle::{Combining, CompiledBundle, Member, MemberKind};
use crate::context::PolicyContext;
use crate::evaluation::{Effect, Evaluation, MatchedPolicy, Reason};
use crate::request::{Engine, Satisfaction};
use crate::view::View;

/// Compiled bundles that are in force together: the tenant's, the workspace's, the environment's.
///
/// Rules of `precedence` bundles are weighed together. Each of these contributes at most one effect, and the strictest of
/// them holds: the winner among those rules, the strictest matching rule of every `deny_overrides` bundle, and the Cedar
/// permits (approval if one of those that match asks for it). A Cedar `forbid` or a failed evaluation denies outright.
#[derive(Debug)]
pub struct EffectivePolicy {
    pub(crate) bundles: Vec<Arc<CompiledBundle>>,
    pub(crate) engine: Engine,
    hash: Sha256Digest,
}

/// A policy that matches, with its bundle.
#[derive(Clone, Copy)]
pub(crate) struct Hit<'a> {
    pub(crate) bundle: &'a CompiledBundle,
    pub(crate) member: &'a Member,
}

/// Everything that matches, each kind with its first in front.
#[derive(Default)]
struct Hits<'a> {
    ordered: Vec<Hit<'a>>,
    overriding: Vec<Hit<'a>>,
    natives: Vec<Hit<'a>>,
    failed: Option<&'a str>,
}

impl EffectivePolicy {
    /// The bundles together. The order does not matter.
    #[must_use]
    pub fn new(mut bundles: Vec<Arc<CompiledBundle>>) -> Self {
        bundles.sort_by_key(|bundle| bundle.bundle_hash());
        let hashes: Vec<_> = bundles.iter().map(|bundle| bundle.bundle_hash()).collect();
        let hash = match hashes.as_slice() {
            [one] => *one,
            // Digests are texts in JSON, so this cannot fail; the empty digest would still be a stable value.
            many => canonical_json(&many).map_or(Sha256Digest::of(b""), |text| text.digest()),
        };
        Self {
            bundles,
            engine: Engine::new(),
            hash,
        }
    }

    /// The hash of the policies in force: that of the bundle, or SHA-256 over the sorted hashes of several.
    #[must_use]
    pub const fn bundle_hash(&self) -> Sha256Digest {
        self.hash
    }

    /// The bundles, by hash.
    #[must_use]
    pub fn bundles(&self) -> &[Arc<CompiledBundle>] {
        &self.bundles
    }

    /// Decides.
    #[must_use]
    pub fn evaluate(&self, context: &PolicyContext) -> Evaluation {
        let view = View::new(context);
        let mut hits = self.sift(&view);
        self.confirm(&view, &mut hits);
        self.weigh(&hits)
    }

    /// What may match, by index and sieve.
    fn sift<'a>(&'a self, view: &View<'_>) -> Hits<'a> {
        let mut hits = Hits::default();
        for bundle in &self.bundles {
            for number in bundle.index.candidates(view) {
                let Some(member) = bundle.members.get(number as usize) else {
                    continue;
                };
                if member.may_match(view) {
                    hits.push(Hit { bundle, member });
                }
            }
        }
        hits.sort();
        hits
    }

    /// Asks Cedar about every Cedar policy, and about every rule that decides. The others of the rules are only listed.
    fn confirm(&self, view: &View<'_>, hits: &mut Hits<'_>) {
        let approvals = |hit: &&Hit<'_>| hit.member.effect() == Effect::RequireApproval;
        let deciding: Vec<Hit<'_>> = hits
            .ordered
            .first()
            .into_iter()
            .chain(hits.overriding.first())
            .chain(hits.overriding.iter().skip(1).filter(approvals))
            .copied()
            .collect();
        if deciding.is_empty() && hits.natives.is_empty() {
            return;
        }
        let Some(request) = self.request_for(view, deciding.iter().chain(&hits.natives)) else {
            hits.failed = Some("the request");
            return;
        };
        for hit in deciding {
            if self.engine.satisfies(&request, &hit.member.set) != Satisfaction::Satisfied {
                hits.failed = Some(&hit.member.policy_id);
            }
        }
        let mut failed = None;
        hits.natives.retain(|hit| {
            let satisfaction = self.engine.satisfies(&request, &hit.member.set);
            if satisfaction == Satisfaction::Failed {
                failed = Some(hit.member.policy_id.as_str());
            }
            satisfaction == Satisfaction::Satisfied
        });
        hits.failed = hits.failed.or(failed);
    }

    fn weigh(&self, hits: &Hits<'_>) -> Evaluation {
        let failed = hits.failed;
        let mut all: Vec<Hit<'_>> = Vec::new();
        let forbid = hits
            .natives
            .first()
            .filter(|hit| hit.member.effect() == Effect::Deny);
        // In the order in which equal effects name the winner.
        let stages = [
            forbid,
            hits.ordered.first(),
            hits.overriding.first(),
            hits.natives.first(),
        ];
        let mut winner: Option<Hit<'_>> = None;
        for hit in stages.into_iter().flatten() {
            if winner.is_none_or(|winner| hit.member.effect() > winner.member.effect()) {
                winner = Some(*hit);
            }
        }
        let terms = terms(hits);
        all.extend(
            hits.ordered
                .iter()
                .chain(&hits.overriding)
                .chain(&hits.natives),
        );
        if let Some(at) = all
            .iter()
            .position(|hit| winner.is_some_and(|w| std::ptr::eq(w.member, hit.member)))
        {
            all[..=at].rotate_right(1);
        }
        let (effect, reason, explanation) = match (failed, winner) {
            (Some(id), _) => {
                winner = None;
                let text = format!("{id} could not be evaluated, so it is denied");
                (Effect::Deny, Reason::EvaluationError, text)
            }
            (None, None) => {
                let text = "no policy matches, so it is denied".to_owned();
                (Effect::Deny, Reason::NoMatch, text)
            }
            (None, Some(hit)) => (
                hit.member.effect(),
                reason_of(hit.member),
                explained(hit.member),
            ),
        };
        Evaluation {
            effect,
            reason,
            winner: winner.map(|hit| hit.member.policy_id.clone()),
            matched: all.into_iter().map(Hit::to_matched).collect(),
            approval: terms.filter(|_| effect == Effect::RequireApproval),
            explanation,
            bundle_hash: self.hash,
        }
    }

    /// Every policy by Cedar alone, without index and sieve: what [`Self::evaluate`] must agree with.
    #[cfg(test)]
    pub(crate) fn evaluate_by_cedar_alone(&self, context: &PolicyContext) -> Evaluation {
        let view = View::new(context);
        let mut hits = Hits::default();
        let enabled: Vec<Hit<'_>> = self.enabled().collect();
        let request = self.request_for(&view, enabled.iter()).expect("a request");
        for hit in enabled {
            let in_scope = match &hit.member.kind {
                MemberKind::Rule(..) => true,
                MemberKind::Native(native) => native
                    .gate
                    .conditions
                    .iter()
                    .filter(|c| c.origin == crate::condition::Origin::Scope)
                    .all(|c| c.holds(&view)),
            };
            match self.engine.satisfies(&request, &hit.member.set) {
                _ if !in_scope => {}
                Satisfaction::Satisfied => hits.push(hit),
                Satisfaction::NotSatisfied => {}
                Satisfaction::Failed => hits.failed = Some(&hit.member.policy_id),
            }
        }
        hits.sort();
        self.weigh(&hits)
    }

    /// The request with what these policies read.
    pub(crate) fn request_for<'a>(
        &self,
        view: &View<'_>,
        hits: impl Iterator<Item = &'a Hit<'a>> + Clone,
    ) -> Option<Request> {
        let wanted = hits
            .clone()
            .fold(0, |bits, hit| bits | hit.member.attributes);
        let predicates: Vec<&str> = hits.flat_map(|hit| hit.member.predicates(view)).collect();
        self.engine.request(view, wanted, predicates.into_iter())
    }

    pub(crate) fn enabled(&self) -> impl Iterator<Item = Hit<'_>> {
        self.bundles.iter().flat_map(|bundle| {
            let enabled = bundle.members.iter().filter(|member| member.is_enabled());
            enabled.map(|member| Hit { bundle, member })
        })
    }
}

impl<'a> Hits<'a> {
    fn push(&mut self, hit: Hit<'a>) {
        match (&hit.member.kind, hit.bundle.combining) {
            (MemberKind::Native(_), _) => self.natives.push(hit),
            (MemberKind::Rule(..), Combining::Precedence) => self.ordered.push(hit),
            (MemberKind::Rule(..), Combining::DenyOverrides) => self.overriding.push(hit),
        }
    }

    fn sort(&mut self) {
        self.ordered
            .sort_by(|a, b| a.member.rank().cmp(&b.member.rank()));
        for hits in [&mut self.overriding, &mut self.natives] {
            hits.sort_by(|a, b| {
                let strictness = b.member.effect().cmp(&a.member.effect());
                strictness
                    .then_with(|| a.member.rank().cmp(&b.member.rank()))
                    .then_with(|| a.member.policy_id.cmp(&b.member.policy_id))
            });
        }
    }
}

impl Member {
    fn rank(&self) -> Option<&crate::rule::Rank> {
        match &self.kind {
            MemberKind::Rule(_, rank) => Some(rank),
            MemberKind::Native(_) => None,
        }
    }

    fn approval(&self) -> Option<&ApprovalTerms> {
        match &self.kind {
            MemberKind::Rule(rule, _) => rule.approval.as_ref(),
            MemberKind::Native(native) => native.approval.as_ref(),
        }
    }
}

impl Hit<'_> {
    fn to_matched(self) -> MatchedPolicy {
        MatchedPolicy {
            policy_id: self.member.policy_id.clone(),
            version: self.member.version,
            bundle: self.bundle.name.clone(),
            effect: self.member.effect(),
        }
    }
}

/// Terms that satisfy everyone who asks for approval: the winner of the ordered rules, and all others that match.
fn terms(hits: &Hits<'_>) -> Option<ApprovalTerms> {
    hits.ordered
        .first()
        .into_iter()
        .chain(&hits.overriding)
        .chain(&hits.natives)
        .filter_map(|hit| hit.member.approval())
        .cloned()
        .reduce(ApprovalTerms::strictest)
}

fn reason_of(member: &Member) -> Reason {
    match (&member.kind, member.effect()) {
        (MemberKind::Rule(..), _) => Reason::Rule,
        (MemberKind::Native(_), Effect::Deny) => Reason::CedarForbid,
        (MemberKind::Native(_), _) => Reason::CedarPermit,
    }
}

pub(crate) fn explained(member: &Member) -> String {
    match &member.kind {
        MemberKind::Rule(rule, _) => rule.explained(),
        MemberKind::Native(native) => native.reason.clone().unwrap_or_else(|| {
            let verb = match native.effect {
                Effect::Allow => "permitted",
                Effect::RequireApproval => "permitted after approval",
                Effect::Deny => "forbidden",
            };
            format!("{verb} by {}", member.policy_id)
        }),
    }
}
