//! What each claim means, and that no malformed claim widens what a token may do.

use serde_json::json;

use super::*;

fn claims(value: &Value) -> Claims {
    Claims::new(value.as_object().expect("an object").clone())
}

/// The principal of a token with these claims in addition to a tenant.
fn principal(mut value: Value) -> Result<Principal, AuthError> {
    value["tenant_id"] = json!("acme");
    claims(&value).principal(b"header.payload")
}

fn permissions(value: Value) -> PermissionSet {
    principal(value).expect("usable claims").permissions
}

fn refused_claim(result: Result<Principal, AuthError>) -> &'static str {
    match result {
        Err(AuthError::Claim { claim }) => claim,
        other => panic!("expected a refused claim, got {other:?}"),
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(seconds, 0).expect("a time")
}

#[test]
fn the_tenant_is_required_and_may_be_called_tid() {
    let short = claims(&json!({"tid": "globex"})).principal(b"x");
    assert_eq!(short.expect("usable").tenant.as_str(), "globex");
    for value in [
        json!({}),
        json!({"tenant_id": 7, "tid": "globex"}),
        json!({"tenant_id": "../x"}),
        json!({"tenant_id": "clasper.server"}),
    ] {
        assert_eq!(refused_claim(claims(&value).principal(b"x")), "tenant_id");
    }
}

#[test]
fn the_user_is_user_id_then_sub_then_nobody() {
    let user = |value| principal(value).expect("usable").user.map(String::from);
    assert_eq!(
        user(json!({"user_id": "u", "sub": "s"})).as_deref(),
        Some("u")
    );
    assert_eq!(user(json!({"sub": "auth0|s"})).as_deref(), Some("auth0|s"));
    assert_eq!(user(json!({})), None);
    assert_eq!(
        refused_claim(principal(json!({"user_id": 7, "sub": "s"}))),
        "user_id"
    );
}

#[test]
fn listed_permissions_are_granted_and_unknown_names_ignored() {
    let set =
        permissions(json!({"permissions": ["trace:view", "rockets:launch", 7], "role": "admin"}));
    assert_eq!(set, PermissionSet::EMPTY.with(Permission::TraceView));
    assert_eq!(
        permissions(json!({"permissions": []})),
        PermissionSet::EMPTY
    );
}

#[test]
fn no_claim_lets_a_tenant_create_tenants() {
    let all_of_a_tenant = PermissionSet::all().without(Permission::TenantCreate);
    assert_eq!(permissions(json!({"permissions": ["*"]})), all_of_a_tenant);
    assert_eq!(
        permissions(json!({"permissions": ["tenant:create"]})),
        PermissionSet::EMPTY
    );
}

#[test]
fn roles_decide_where_no_permissions_are_listed() {
    for (claim, expected) in [
        (json!({"role": "admin"}), Role::Admin),
        (json!({"role": "Release_Manager"}), Role::ReleaseManager),
        (
            json!({"roles": ["viewer", "operator", "unheard-of"]}),
            Role::Operator,
        ),
        (
            json!({"role": "viewer, release_manager"}),
            Role::ReleaseManager,
        ),
        (json!({"role": "authenticated"}), Role::Viewer),
        (json!({"role": null}), Role::Viewer),
    ] {
        assert_eq!(
            permissions(claim.clone()),
            expected.permissions(),
            "{claim}"
        );
    }
}

#[test]
fn a_token_that_says_nothing_of_permissions_decides_nothing_for_people() {
    use Permission as P;
    let own = permissions(json!({"user_id": "alice"}));
    for kept in [P::AgentRun, P::TraceView, P::PolicyView, P::DecisionView] {
        assert!(own.contains(kept), "{kept}");
    }
    for withheld in [
        P::DecisionResolve,
        P::PolicyManage,
        P::OverrideUse,
        P::AdapterManage,
        P::BudgetModify,
        P::KeyManage,
        P::TenantCreate,
    ] {
        assert!(!own.contains(withheld), "{withheld}");
    }
    // So it does not pass for an operator where a decision asks for one.
    assert!(!own.covers(Role::Operator.permissions()));
    let stated = permissions(json!({"role": "operator"}));
    assert_eq!(stated, own.with(P::DecisionResolve));
}

#[test]
fn every_permission_of_a_tenant_can_be_listed_by_name() {
    for permission in Permission::ALL {
        let set = permissions(json!({"permissions": [permission.name()]}));
        let expected = PermissionSet::EMPTY.with(*permission);
        assert_eq!(set, expected.without(Permission::TenantCreate));
    }
}

#[test]
fn a_malformed_list_is_refused_rather_than_read_as_absent() {
    for value in [json!(null), json!("*"), json!({"a": 1})] {
        assert_eq!(
            refused_claim(principal(json!({"permissions": value}))),
            "permissions"
        );
    }
    for value in [json!(null), json!("*"), json!(["search", 7])] {
        assert_eq!(
            refused_claim(principal(json!({"allowed_tools": value}))),
            "allowed_tools"
        );
    }
}

#[test]
fn allowed_tools_restrict_only_when_present() {
    let tools = |value| principal(value).expect("usable").allowed_tools;
    assert_eq!(tools(json!({})), None);
    assert_eq!(tools(json!({"allowed_tools": []})), Some(vec![]));
    assert_eq!(
        tools(json!({"allowed_tools": ["a", "ns:*"]})),
        Some(vec!["a".into(), "ns:*".into()])
    );
}

#[test]
fn tokens_made_for_other_doors_are_refused() {
    for value in [
        json!({"type": "agent"}),
        json!({"type": "adapter"}),
        json!({"typ": "decision_token"}),
        json!({"type": ["agent"]}),
    ] {
        assert!(
            matches!(principal(value.clone()), Err(AuthError::WrongType)),
            "{value}"
        );
    }
    assert!(principal(json!({"type": "tenant", "typ": "Bearer"})).is_ok());
}

#[test]
fn a_token_is_good_until_its_expiry_and_half_a_minute() {
    let good_at = |now| claims(&json!({"exp": 1000})).valid_until(at(now));
    assert_eq!(good_at(1029).expect("still good"), at(1030));
    assert!(matches!(good_at(1030), Err(AuthError::Expired)));
}

#[test]
fn a_token_is_good_from_half_a_minute_before_its_start() {
    let good_at = |now| claims(&json!({"exp": 5000, "nbf": 1000})).valid_until(at(now));
    assert!(matches!(good_at(969), Err(AuthError::NotYetValid)));
    assert!(good_at(970).is_ok());
}

#[test]
fn a_token_without_a_readable_expiry_is_refused() {
    for value in [
        json!({}),
        json!({"exp": "1000"}),
        json!({"exp": null}),
        json!({"exp": -1}),
        json!({"exp": 5000, "nbf": "x"}),
    ] {
        let result = claims(&value).valid_until(at(0));
        assert!(matches!(result, Err(AuthError::Claim { .. })), "{value}");
    }
}

#[test]
fn odd_but_valid_dates_are_read() {
    let until = |exp: Value| {
        claims(&json!({"exp": exp}))
            .valid_until(at(0))
            .expect("good")
    };
    assert_eq!(until(json!(1000.9)), at(1030));
    assert_eq!(until(json!(u64::MAX)), Timestamp::MAX_UTC);
    assert_eq!(until(json!(1e18)), Timestamp::MAX_UTC);
}
