//! Tests of what an operator may do besides voting: overrides and "allow always".

use chrono::TimeDelta;
use clasper_core::{
    AdapterId, ApiKeyId, Credential, Permission, Principal, Role, SequentialIds, Sha256Digest,
    TenantId, WorkspaceId,
};

use crate::approval::BreakGlassError as E;
use crate::approval::tests::{after, decision, intent, pending, start, vote, voter};
use crate::approval::*;

fn operator(credential: Credential) -> Principal {
    Principal {
        permissions: Role::ReleaseManager.permissions(),
        credential,
        ..Principal::system(TenantId::new("acme").expect("a name"))
    }
}

fn ask() -> BreakGlassAsk {
    BreakGlassAsk {
        decision: decision(),
        intent_hash: intent("restart"),
        reason: OverrideReason::IncidentResponse,
        justification: "  the shop is down  ".to_owned(),
        minutes: 15,
    }
}

#[test]
fn glass_is_broken_for_one_intent_for_minutes() {
    let key = Credential::ApiKey(ApiKeyId::generate(&SequentialIds::default()));
    let glass = BreakGlass::open(&operator(key), &ask(), start()).expect("permitted");
    assert_eq!(glass.justification(), "the shop is down");
    assert!(glass.covers(intent("restart"), after(14)));
    assert!(!glass.covers(intent("restart"), after(15)));
    assert!(!glass.covers(intent("delete"), after(1)));
    assert_eq!(glass.expires_at(), after(15));
}

#[test]
fn glass_stays_whole_without_permission_reason_or_person() {
    let open = |change: fn(&mut Principal, &mut BreakGlassAsk)| {
        let (mut who, mut ask) = (operator(Credential::LocalOperator), ask());
        change(&mut who, &mut ask);
        BreakGlass::open(&who, &ask, start()).map(drop)
    };
    assert_eq!(open(|_, _| ()), Ok(()));
    assert_eq!(
        open(|who, _| who.permissions = who.permissions.without(Permission::OverrideUse)),
        Err(E::Forbidden)
    );
    for credential in [
        Credential::AdapterToken(intent("token")),
        Credential::DaemonKey,
        Credential::System,
    ] {
        let refused = BreakGlass::open(&operator(credential), &ask(), start()).map(drop);
        assert_eq!(refused, Err(E::NotAnOperator));
    }
    assert_eq!(
        open(|_, ask| ask.justification = "   hotfix   ".to_owned()),
        Err(E::Justification)
    );
    assert_eq!(open(|_, ask| ask.minutes = 0), Err(E::Minutes));
    assert_eq!(open(|_, ask| ask.minutes = 16), Err(E::Minutes));
}

fn facts() -> AllowAlwaysFacts {
    AllowAlwaysFacts {
        tool: "exec".to_owned(),
        adapter: AdapterId::new("openclaw").expect("a name"),
        agent: None,
        workspace: WorkspaceId::new("main").expect("a name"),
        environment: None,
        targets: vec!["/safe/a".to_owned(), "/safe/b".to_owned()],
        argv0: Some("/usr/bin/ls".to_owned()),
        intent_hash: Sha256Digest::of(b"ls /safe/a /safe/b"),
    }
}

fn propose(facts: AllowAlwaysFacts, days: i64) -> Result<NarrowPolicy, ProposalRefusal> {
    let mut approval = pending(Role::Operator, 1);
    vote(
        &mut approval,
        &voter("ann", Role::Admin),
        Verdict::Approve,
        1,
    )
    .expect("counts");
    NarrowPolicy::propose(
        &approval,
        facts,
        "ann".to_owned(),
        TimeDelta::days(days),
        start(),
    )
}

#[test]
fn allow_always_covers_what_was_approved_and_nothing_beside_it() {
    let policy = propose(facts(), 7).expect("narrow");
    let covers = |change: fn(&mut AllowAlwaysFacts)| {
        let mut other = facts();
        change(&mut other);
        policy.covers(&other, after(5))
    };
    assert!(covers(|_| ()));
    assert!(covers(|f| f.targets.truncate(1)));
    let others: [fn(&mut AllowAlwaysFacts); 9] = [
        |f| f.tool = "write".to_owned(),
        |f| f.adapter = AdapterId::new("other").expect("a name"),
        |f| f.agent = Some("a".parse().expect("a name")),
        |f| f.workspace = WorkspaceId::new("other").expect("a name"),
        |f| f.environment = Some("production".parse().expect("a name")),
        |f| f.targets.push("/etc/passwd".to_owned()),
        |f| f.targets.clear(),
        |f| f.argv0 = None,
        |f| f.intent_hash = Sha256Digest::of(b"ls /safe/a -R"),
    ];
    for (n, change) in others.into_iter().enumerate() {
        assert!(!covers(change), "change {n}");
    }
    assert!(!policy.covers(&facts(), start() + TimeDelta::days(7)));
}

#[test]
fn what_cannot_be_said_narrowly_is_not_allowed_always() {
    for program in [
        "bash",
        "/bin/sh",
        "C:\\Windows\\CMD.EXE",
        "python3.11",
        "env",
        "sudo",
    ] {
        let refused = propose(
            AllowAlwaysFacts {
                argv0: Some(program.to_owned()),
                ..facts()
            },
            7,
        );
        assert!(
            matches!(refused, Err(ProposalRefusal::RunsAnything { .. })),
            "{program}"
        );
    }
    for target in [
        "*",
        "/safe/../etc",
        "",
        "$HOME",
        "~/x",
        "{{workspace.root}}",
    ] {
        let refused = propose(
            AllowAlwaysFacts {
                targets: vec![target.to_owned()],
                ..facts()
            },
            7,
        );
        assert!(
            matches!(refused, Err(ProposalRefusal::OpenTarget { .. })),
            "{target}"
        );
    }
    assert_eq!(propose(facts(), 31), Err(ProposalRefusal::Lifetime));
    let waiting = pending(Role::Operator, 1);
    let early = NarrowPolicy::propose(
        &waiting,
        facts(),
        String::new(),
        TimeDelta::days(1),
        start(),
    );
    assert_eq!(early, Err(ProposalRefusal::NotApproved));
}

#[test]
fn the_digest_of_a_proposal_changes_with_anything_that_was_shown() {
    let shown = propose(facts(), 7).expect("narrow");
    let longer = propose(facts(), 8).expect("narrow");
    assert_ne!(
        shown.digest().expect("JSON"),
        longer.digest().expect("JSON")
    );
    let text = serde_json::to_string(&shown).expect("JSON");
    let back: NarrowPolicy = serde_json::from_str(&text).expect("reads");
    assert_eq!(back.digest().expect("JSON"), shown.digest().expect("JSON"));
}
