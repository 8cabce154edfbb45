//! API keys as they are sent.

use clasper_api_types::{ApiKeyView, RoleName};
use clasper_core::Role;
use clasper_http::Problem;
use clasper_identity::ApiKey;

pub(super) fn key(key: ApiKey) -> Result<ApiKeyView, Problem> {
    Ok(ApiKeyView {
        id: key.id,
        tenant_id: key.tenant,
        name: key.name,
        role: name(key.role)?,
        prefix: key.prefix,
        created_at: key.created_at.into(),
        revoked_at: key.revoked_at.map(Into::into),
    })
}

pub(super) const fn role(name: RoleName) -> Role {
    match name {
        RoleName::Agent => Role::Agent,
        RoleName::Viewer => Role::Viewer,
        RoleName::Operator => Role::Operator,
        RoleName::ReleaseManager => Role::ReleaseManager,
        RoleName::Admin => Role::Admin,
    }
}

fn name(role: Role) -> Result<RoleName, Problem> {
    Ok(match role {
        Role::Agent => RoleName::Agent,
        Role::Viewer => RoleName::Viewer,
        Role::Operator => RoleName::Operator,
        Role::ReleaseManager => RoleName::ReleaseManager,
        Role::Admin => RoleName::Admin,
        // A role that was added to the domain and not to the wire: the test below fails first.
        other => {
            tracing::error!(role = other.name(), "a role has no name on the wire");
            return Err(Problem::internal());
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_a_name_on_the_wire() {
        for expected in Role::ALL {
            let wire = name(*expected).expect("a name");
            assert_eq!(role(wire), *expected);
            let text = serde_json::to_value(wire).expect("a text");
            assert_eq!(text, expected.name());
        }
    }
}
