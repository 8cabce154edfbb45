//! Which crate may name which, ours and others'.

use crate::tidy::{
    Problem,
    graph::{Dependency, Package},
    table::{DATABASE, Edges, Layer, Row, TASKS},
};

/// What L0 to L2 never name: the technology belongs to the adapters, the interfaces and the binaries.
const OUTSIDE: &[&str] = &[
    "axum", "utoipa", "sea-orm", "sqlx", "reqwest", "figment", "clap",
];

/// What L0 and L1 do not name either: rules are plain functions.
const ASYNC_RUNTIME: &[&str] = &["tokio"];

/// Last words of crate names that say nothing about what belongs inside.
const VAGUE: &[&str] = &["common", "utils", "shared", "types"];

/// The one crate whose name ends so and yet is exact: the types that cross the wire, and nothing else.
const WIRE_TYPES: &str = "clasper-api-types";

/// Checks every crate against the table.
pub fn check(table: &[Row], packages: &[Package]) -> Vec<Problem> {
    packages
        .iter()
        .flat_map(|package| check_package(table, package))
        .collect()
}

fn check_package(table: &[Row], package: &Package) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(check_name(&package.name));
    let Some(row) = find(table, &package.name) else {
        problems.push(Problem::error(
            &package.name,
            "this crate has no place in the architecture",
            "add it to the table in xtask/src/tidy/table.rs with its layer and the crates it may name",
        ));
        return problems;
    };
    for dependency in &package.dependencies {
        problems.extend(match find(table, &dependency.name) {
            Some(to) => check_edge(row, to, dependency.dev),
            None => check_outside(row, dependency),
        });
    }
    problems
}

fn check_name(name: &str) -> Option<Problem> {
    let last = name.rsplit('-').next()?;
    (name != WIRE_TYPES && VAGUE.contains(&last)).then(|| {
        Problem::error(
            name,
            format!("a crate called `{last}` collects whatever has no home"),
            "name it after the thing it is about",
        )
    })
}

fn check_edge(from: &Row, to: &Row, dev: bool) -> Option<Problem> {
    // Tests may use anything that does not make the tasks depend on the code they judge.
    if dev && from.name != TASKS {
        return None;
    }
    let what = format!(
        "{} must not depend on {} ({})",
        from.layer, to.name, to.layer
    );
    if let Some(remedy) = refusal(from.layer, to.name, to.layer) {
        return Some(Problem::error(from.name, what, remedy));
    }
    match from.edges {
        Edges::Any => None,
        Edges::Only(edges) if edges.contains(&to.name) => None,
        Edges::Only(_) if from.name == TASKS => Some(Problem::error(
            from.name,
            what,
            "the tasks have to build when our crates do not: remove it",
        )),
        Edges::Only(_) => Some(Problem::error(
            from.name,
            format!("the edge to {} is not in the table", to.name),
            "if the design wants it, add it to this crate's line in xtask/src/tidy/table.rs; otherwise remove it",
        )),
    }
}

/// Why a crate of one layer may not name a crate of another: the remedy, or nothing if it may.
pub fn refusal(from: Layer, name: &str, to: Layer) -> Option<&'static str> {
    (!allows(from, name, to)).then(|| remedy(from, to))
}

fn allows(from: Layer, name: &str, to: Layer) -> bool {
    match from {
        Layer::Ground => false,
        Layer::Domain => to == Layer::Ground,
        Layer::UseCase => to <= Layer::Domain,
        Layer::Adapter => to <= Layer::UseCase || DATABASE.contains(&name),
        Layer::Interface => to <= Layer::UseCase || to == Layer::Interface,
        Layer::Assembly => true,
    }
}

fn remedy(from: Layer, to: Layer) -> &'static str {
    match (from, to) {
        (_, Layer::Assembly) => "only L5 names L5: take what you need as a value or behind a port",
        (Layer::Ground, _) => {
            "the ground names none of ours: what it needs belongs into it or above it"
        }
        (Layer::Domain, Layer::Domain) => {
            "domains do not know each other: what two of them share is in clasper-core or is an L2 use case"
        }
        (Layer::UseCase, Layer::UseCase) => {
            "use cases do not know each other: share through a domain"
        }
        (Layer::Adapter, Layer::Adapter) => {
            "adapters do not know each other: put a port into the domain and join the two in bins/"
        }
        (Layer::Interface, Layer::Adapter) => {
            "interfaces never know an adapter: use the port it implements and let bins/ pass it in"
        }
        _ => "dependencies point downwards: move the code down, or turn the call round with a port",
    }
}

fn check_outside(from: &Row, dependency: &Dependency) -> Option<Problem> {
    if dependency.dev {
        return None;
    }
    let technology = from.layer <= Layer::UseCase && is_of(OUTSIDE, &dependency.name);
    let runtime = from.layer <= Layer::Domain && is_of(ASYNC_RUNTIME, &dependency.name);
    (technology || runtime).then(|| {
        Problem::error(
            from.name,
            format!("{} must not depend on {}", from.layer, dependency.name),
            "keep the technology in an adapter (L3), an interface (L4) or a binary, behind a port",
        )
    })
}

/// Whether a package is one of these or of their family: `axum-extra`, `utoipa-axum`, `sea-orm-migration`.
fn is_of(families: &[&str], name: &str) -> bool {
    families.iter().any(|family| {
        name.strip_prefix(family)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
    })
}

fn find<'table>(table: &'table [Row], name: &str) -> Option<&'table Row> {
    table.iter().find(|row| row.name == name)
}

#[cfg(test)]
mod tests;
