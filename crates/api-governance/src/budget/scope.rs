//! The names of parts of a tenant, read.

use clasper_governance::BudgetScope;
use clasper_http::Problem;

/// The scope of that name; the whole tenant when there is none.
pub(super) fn one(name: Option<&str>, pointer: &str) -> Result<BudgetScope, Problem> {
    name.map_or(Ok(BudgetScope::Tenant), |name| read(name, pointer))
}

/// The parts of these names. The tenant itself is asked in any case and need not be named.
pub(crate) fn all<'a>(
    names: impl Iterator<Item = &'a str>,
    pointer: &str,
) -> Result<Vec<BudgetScope>, Problem> {
    let mut scopes = Vec::new();
    for name in names {
        let scope = read(name, pointer)?;
        if scope != BudgetScope::Tenant && !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    Ok(scopes)
}

fn read(name: &str, pointer: &str) -> Result<BudgetScope, Problem> {
    name.parse()
        .map_err(|error: clasper_governance::ScopeError| {
            Problem::invalid(pointer, error.to_string())
        })
}
