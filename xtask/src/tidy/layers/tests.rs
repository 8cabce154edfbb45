//! The layer rules on small made-up graphs.

use std::path::PathBuf;

use crate::tidy::{
    graph::{Dependency, Package},
    layers::check,
    table::{Edges, Layer, Row},
};

const fn row(name: &'static str, layer: Layer, edges: &'static [&'static str]) -> Row {
    Row {
        name,
        layer,
        edges: Edges::Only(edges),
    }
}

const SMALL: &[Row] = &[
    row("core", Layer::Ground, &[]),
    row("money", Layer::Domain, &["core"]),
    row("people", Layer::Domain, &["core", "money"]),
    row("run", Layer::UseCase, &["core", "money"]),
    row("clasper-db", Layer::Adapter, &["core"]),
    row("store", Layer::Adapter, &["core", "money", "clasper-db"]),
    row("model", Layer::Adapter, &["core", "run", "store"]),
    row("kit", Layer::Interface, &["core"]),
    row("routes", Layer::Interface, &["core", "run", "kit", "store"]),
    Row {
        name: "daemon",
        layer: Layer::Assembly,
        edges: Edges::Any,
    },
    row("xtask", Layer::Assembly, &[]),
];

fn package(name: &str, dependencies: &[(&str, bool)]) -> Package {
    Package {
        name: name.to_owned(),
        manifest: PathBuf::new(),
        folder: PathBuf::new(),
        library: None,
        dependencies: dependencies
            .iter()
            .map(|&(name, dev)| Dependency {
                name: name.to_owned(),
                dev,
            })
            .collect(),
    }
}

/// Checks one edge outside tests and answers what `tidy` says about it.
fn edge(from: &str, to: &str) -> Option<String> {
    said(&package(from, &[(to, false)]))
}

fn said(package: &Package) -> Option<String> {
    let problems = check(SMALL, std::slice::from_ref(package));
    assert!(problems.len() <= 1, "{problems:?}");
    problems
        .into_iter()
        .next()
        .map(|problem| format!("{}; {}", problem.what, problem.remedy))
}

#[test]
fn edges_that_point_downwards_are_allowed() {
    for (from, to) in [
        ("money", "core"),
        ("run", "money"),
        ("store", "money"),
        ("store", "clasper-db"),
        ("model", "run"),
        ("routes", "run"),
        ("routes", "kit"),
        ("daemon", "store"),
        ("daemon", "routes"),
    ] {
        assert_eq!(edge(from, to), None, "{from} -> {to}");
    }
}

#[test]
fn edges_across_or_upwards_are_refused_even_if_a_line_of_the_table_has_them() {
    for (from, to, reason) in [
        ("core", "money", "the ground names none of ours"),
        ("people", "money", "domains do not know each other"),
        ("run", "store", "dependencies point downwards"),
        ("store", "routes", "dependencies point downwards"),
        ("model", "store", "adapters do not know each other"),
        ("routes", "store", "interfaces never know an adapter"),
        ("store", "daemon", "only L5 names L5"),
    ] {
        let said = edge(from, to).expect("the edge is refused");
        assert!(said.contains(reason), "{from} -> {to}: {said}");
    }
}

#[test]
fn an_edge_that_is_not_in_the_table_is_refused_even_if_the_layers_allow_it() {
    let said = edge("kit", "money").expect("the edge is refused");
    assert!(said.contains("not in the table"), "{said}");
}

#[test]
fn an_unknown_crate_is_told_to_enter_the_table() {
    let said = said(&package("stranger", &[("core", false)])).expect("it is refused");
    assert!(said.contains("add it to the table"), "{said}");
}

#[test]
fn the_first_three_layers_name_no_outside_technology() {
    for (from, to) in [
        ("core", "sqlx"),
        ("money", "axum"),
        ("money", "sea-orm-migration"),
        ("run", "utoipa-axum"),
        ("run", "reqwest"),
        ("core", "tokio"),
        ("money", "tokio-util"),
    ] {
        let said = edge(from, to).expect("the dependency is refused");
        assert!(
            said.contains("must not depend on"),
            "{from} -> {to}: {said}"
        );
    }
    for (from, to) in [
        ("run", "tokio"),
        ("money", "clapper"),
        ("store", "sea-orm"),
        ("routes", "axum"),
        ("daemon", "clap"),
    ] {
        assert_eq!(edge(from, to), None, "{from} -> {to}");
    }
}

#[test]
fn tests_may_name_what_the_crate_itself_may_not() {
    let tested = package(
        "money",
        &[
            ("store", true),
            ("daemon", true),
            ("sqlx", true),
            ("tokio", true),
        ],
    );
    assert_eq!(said(&tested), None);
}

#[test]
fn the_tasks_name_none_of_ours_not_even_in_tests() {
    for dev in [false, true] {
        let said = said(&package("xtask", &[("core", dev)])).expect("it is refused");
        assert!(said.contains("the tasks have to build"), "{said}");
    }
}

#[test]
fn a_crate_has_a_name_that_says_what_it_is_about() {
    let problems = check(SMALL, &[package("clasper-utils", &[])]);
    assert!(
        problems
            .iter()
            .any(|problem| problem.what.contains("`utils`")),
        "{problems:?}"
    );
    let problems = check(SMALL, &[package("clasper-api-types", &[])]);
    assert!(
        !problems
            .iter()
            .any(|problem| problem.what.contains("`types`")),
        "{problems:?}"
    );
}
