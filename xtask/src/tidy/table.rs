//! The layer table: every crate of the workspace, where it stands and what it may name.
//!
//! A line here is design. A crate that is not listed, or an edge that is not listed, fails `cargo xtask tidy`.

pub use crate::tidy::layer::Layer;

/// Which of our crates a crate may name outside its tests.
#[derive(Debug, Clone, Copy)]
pub enum Edges {
    /// Any of them: assembly.
    Any,
    /// These.
    Only(&'static [&'static str]),
}

/// One crate.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The package's name.
    pub name: &'static str,
    /// Where it stands.
    pub layer: Layer,
    /// What it may name.
    pub edges: Edges,
}

/// The parts of L3 that other adapters may use: the connection with its writer, the tables, and the way into the group commit.
pub const DATABASE: &[&str] = &["clasper-db", "clasper-entity", "clasper-store"];

/// The package of these tasks: it must build when nothing else does, so it names none of ours, not even in tests.
pub const TASKS: &str = "xtask";

/// Every crate of the workspace.
pub const TABLE: &[Row] = &[
    row("clasper-core", Layer::Ground, &[]),
    row("clasper-redaction", Layer::Ground, &[]),
    // Domains.
    row("clasper-evidence", Layer::Domain, &["clasper-core"]),
    row("clasper-governance", Layer::Domain, &["clasper-core"]),
    row("clasper-identity", Layer::Domain, &["clasper-core"]),
    row("clasper-policy", Layer::Domain, &["clasper-core"]),
    row(
        "clasper-privacy",
        Layer::Domain,
        &["clasper-core", "clasper-redaction"],
    ),
    row("clasper-retention", Layer::Domain, &["clasper-core"]),
    row("clasper-tracing", Layer::Domain, &["clasper-core"]),
    row("clasper-webhook", Layer::Domain, &["clasper-core"]),
    row("clasper-workspace", Layer::Domain, &["clasper-core"]),
    // Use cases.
    row(
        "clasper-delegated",
        Layer::UseCase,
        &[
            "clasper-core",
            "clasper-governance",
            "clasper-identity",
            "clasper-policy",
            "clasper-privacy",
            "clasper-webhook",
        ],
    ),
    row(
        "clasper-reports",
        Layer::UseCase,
        &[
            "clasper-core",
            "clasper-governance",
            "clasper-identity",
            "clasper-privacy",
            "clasper-tracing",
        ],
    ),
    row(
        "clasper-exports",
        Layer::UseCase,
        &["clasper-core", "clasper-evidence"],
    ),
    row(
        "clasper-runtime",
        Layer::UseCase,
        &[
            "clasper-core",
            "clasper-governance",
            "clasper-policy",
            "clasper-privacy",
            "clasper-tracing",
            "clasper-workspace",
        ],
    ),
    row(
        "clasper-otlp",
        Layer::UseCase,
        &[
            "clasper-core",
            "clasper-privacy",
            "clasper-redaction",
            "clasper-tracing",
        ],
    ),
    // Adapters.
    row(
        "clasper-auth",
        Layer::Adapter,
        &["clasper-core", "clasper-identity"],
    ),
    row(
        "clasper-control-plane",
        Layer::Adapter,
        &["clasper-core", "clasper-runtime"],
    ),
    row("clasper-db", Layer::Adapter, &["clasper-core"]),
    row("clasper-entity", Layer::Adapter, &["clasper-core"]),
    row(
        "clasper-llm",
        Layer::Adapter,
        &["clasper-core", "clasper-runtime"],
    ),
    row(
        "clasper-notify",
        Layer::Adapter,
        &["clasper-core", "clasper-webhook"],
    ),
    row(
        "clasper-store",
        Layer::Adapter,
        &[
            "clasper-core",
            "clasper-db",
            "clasper-delegated",
            "clasper-entity",
            "clasper-evidence",
            "clasper-exports",
            "clasper-governance",
            "clasper-identity",
            "clasper-policy",
            "clasper-privacy",
            "clasper-reports",
            "clasper-retention",
            "clasper-runtime",
            "clasper-tracing",
            "clasper-webhook",
        ],
    ),
    row(
        "clasper-store-log",
        Layer::Adapter,
        &[
            "clasper-core",
            "clasper-db",
            "clasper-entity",
            "clasper-store",
        ],
    ),
    row(
        "clasper-store-spans",
        Layer::Adapter,
        &[
            "clasper-core",
            "clasper-db",
            "clasper-entity",
            "clasper-otlp",
            "clasper-store",
            "clasper-tracing",
        ],
    ),
    row(
        "clasper-store-retention",
        Layer::Adapter,
        &[
            "clasper-core",
            "clasper-db",
            "clasper-entity",
            "clasper-retention",
            "clasper-store",
        ],
    ),
    // Interfaces.
    // A client that others build into their programs: none of ours.
    row("clasper-adapter", Layer::Interface, &[]),
    row(
        "clasper-api",
        Layer::Interface,
        &[
            "clasper-api-evidence",
            "clasper-api-governance",
            "clasper-api-state",
            "clasper-api-traces",
            "clasper-api-telemetry",
            "clasper-api-types",
            "clasper-core",
            "clasper-delegated",
            "clasper-evidence",
            "clasper-governance",
            "clasper-http",
            "clasper-identity",
            "clasper-policy",
            "clasper-runtime",
        ],
    ),
    row(
        "clasper-api-evidence",
        Layer::Interface,
        &[
            "clasper-api-state",
            "clasper-api-types",
            "clasper-core",
            "clasper-evidence",
            "clasper-exports",
            "clasper-http",
        ],
    ),
    row(
        "clasper-api-governance",
        Layer::Interface,
        &[
            "clasper-api-state",
            "clasper-api-types",
            "clasper-core",
            "clasper-delegated",
            "clasper-governance",
            "clasper-http",
            "clasper-identity",
            "clasper-policy",
            "clasper-privacy",
            "clasper-redaction",
            "clasper-webhook",
        ],
    ),
    row(
        "clasper-api-state",
        Layer::Interface,
        &[
            "clasper-core",
            "clasper-delegated",
            "clasper-evidence",
            "clasper-exports",
            "clasper-governance",
            "clasper-http",
            "clasper-identity",
            "clasper-otlp",
            "clasper-policy",
            "clasper-privacy",
            "clasper-reports",
            "clasper-retention",
            "clasper-runtime",
            "clasper-tracing",
            "clasper-webhook",
        ],
    ),
    row(
        "clasper-api-traces",
        Layer::Interface,
        &[
            "clasper-api-state",
            "clasper-api-types",
            "clasper-core",
            "clasper-evidence",
            "clasper-http",
            "clasper-retention",
            "clasper-otlp",
            "clasper-tracing",
        ],
    ),
    row(
        "clasper-api-telemetry",
        Layer::Interface,
        &[
            "clasper-api-state",
            "clasper-api-types",
            "clasper-core",
            "clasper-http",
            "clasper-reports",
        ],
    ),
    row(
        "clasper-api-types",
        Layer::Interface,
        &[
            "clasper-core",
            "clasper-governance",
            "clasper-identity",
            "clasper-runtime",
            "clasper-tracing",
        ],
    ),
    row(
        "clasper-http",
        Layer::Interface,
        &["clasper-api-types", "clasper-core", "clasper-identity"],
    ),
    // Assembly.
    assembly("clasper-migrations"),
    assembly("clasper-api-suite"),
    assembly("clasper-store-suite"),
    assembly("clasper-store-verify"),
    assembly("clasper-telemetry"),
    assembly("clasper-testkit"),
    assembly("clasper"),
    assembly("clasperd"),
    assembly("example-adapter"),
    assembly("example-backend"),
    assembly("example-embedded"),
    Row {
        name: TASKS,
        layer: Layer::Assembly,
        edges: Edges::Only(&[]),
    },
];

/// Where a crate stands, if it is listed.
pub fn layer_of(name: &str) -> Option<Layer> {
    TABLE
        .iter()
        .find(|row| row.name == name)
        .map(|row| row.layer)
}

const fn row(name: &'static str, layer: Layer, edges: &'static [&'static str]) -> Row {
    Row {
        name,
        layer,
        edges: Edges::Only(edges),
    }
}

const fn assembly(name: &'static str) -> Row {
    Row {
        name,
        layer: Layer::Assembly,
        edges: Edges::Any,
    }
}

#[cfg(test)]
mod tests {
    use crate::tidy::{
        layers,
        table::{Edges, TABLE, layer_of},
    };

    #[test]
    fn every_edge_of_the_table_obeys_the_layers() {
        for row in TABLE {
            let Edges::Only(edges) = row.edges else {
                continue;
            };
            for edge in edges {
                let to = layer_of(edge).expect("an edge leads to a listed crate");
                assert_eq!(
                    layers::refusal(row.layer, edge, to),
                    None,
                    "{} -> {edge}",
                    row.name
                );
            }
        }
    }

    #[test]
    fn a_crate_is_listed_once() {
        for row in TABLE {
            assert_eq!(
                TABLE.iter().filter(|other| other.name == row.name).count(),
                1,
                "{}",
                row.name
            );
        }
    }
}
