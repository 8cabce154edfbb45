//! Traces that are searched: numbers beside the document, totals by the hour, labels, annotations and links.

use sea_orm::sea_query::{ColumnDef, Table, TableCreateStatement};
use sea_orm::{DbBackend, Statement};

use crate::Migration;
use crate::table::{index, primary_key};

/// Adds the columns, tables and indexes, and fills them for traces that are there.
pub(crate) const MIGRATION: Migration = Migration {
    name: "m20261121_000009_traces",
    statements,
};

/// Numbers of a trace beside its document, and where they are in it.
const NUMBERS: [(&str, &str); 3] = [
    ("duration_ms", "duration_ms"),
    ("input_tokens", "usage,input_tokens"),
    ("output_tokens", "usage,output_tokens"),
];

fn statements(backend: DbBackend) -> Vec<Statement> {
    let tables = [
        trace_labels(),
        trace_annotations(),
        trace_entities(),
        trace_totals(),
    ];
    let indexes = [
        // Holds all that totals over a part of an hour need: rows are long, and their ends are far from their beginnings.
        index(
            "idx_traces_numbers",
            "traces",
            &[
                "tenant_id",
                "started_at",
                "failed",
                "duration_ms",
                "input_tokens",
                "output_tokens",
                "cost_nanos",
            ],
        ),
        index(
            "idx_trace_labels_key",
            "trace_labels",
            &["tenant_id", "label_key", "label_value", "trace_id"],
        ),
        index(
            "idx_trace_annotations_trace",
            "trace_annotations",
            &["tenant_id", "trace_id", "created_at", "annotation_id"],
        ),
    ];
    let number = |name: &'static str| {
        let column = ColumnDef::new(name)
            .big_integer()
            .not_null()
            .default(0)
            .take();
        Table::alter().table("traces").add_column(column).take()
    };
    let failed = ColumnDef::new("failed")
        .boolean()
        .not_null()
        .default(false)
        .take();
    let columns = NUMBERS
        .map(|(name, _)| number(name))
        .into_iter()
        .chain([Table::alter().table("traces").add_column(failed).take()])
        .map(|column| backend.build(&column));
    columns
        .chain(tables.iter().map(|table| backend.build(table)))
        .chain(filled(backend))
        .chain(indexes.iter().map(|index| backend.build(index)))
        .collect()
}

/// Fills what is new from the documents.
fn filled(backend: DbBackend) -> Vec<Statement> {
    let member = |path: &str| match backend {
        DbBackend::Postgres => format!("document::json #>> '{{{path}}}'"),
        _ => format!("json_extract(document, '$.{}')", path.replace(',', ".")),
    };
    let numbers = NUMBERS
        .map(|(name, path)| format!("{name} = COALESCE(CAST({} AS BIGINT), 0)", member(path)));
    let numbers = format!(
        "UPDATE traces SET {}, failed = ({} IS NOT NULL)",
        numbers.join(", "),
        member("error")
    );
    let entities = format!(
        "INSERT INTO trace_entities (tenant_id, kind, entity_id, trace_id) \
         SELECT tenant_id, 'task', {task}, trace_id FROM traces WHERE {task} IS NOT NULL",
        task = member("task_id")
    );
    let hour = 3_600_000_000_i64;
    let totals = format!(
        "INSERT INTO trace_totals \
         (tenant_id, starts_at, traces, failed, input_tokens, output_tokens, cost_nanos, duration_ms) \
         SELECT tenant_id, started_at / {hour} * {hour}, COUNT(*), SUM(CASE WHEN failed THEN 1 ELSE 0 END), \
         SUM(input_tokens), SUM(output_tokens), SUM(cost_nanos), SUM(duration_ms) \
         FROM traces GROUP BY tenant_id, started_at / {hour} * {hour}"
    );
    [numbers, entities, totals]
        .map(|sql| Statement::from_string(backend, sql))
        .into()
}

fn trace_labels() -> TableCreateStatement {
    Table::create()
        .table("trace_labels")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("trace_id").uuid().not_null())
        .col(ColumnDef::new("label_key").text().not_null())
        .col(ColumnDef::new("label_value").text().not_null())
        .primary_key(&mut primary_key(
            "pk-trace_labels",
            &["tenant_id", "trace_id", "label_key"],
        ))
        .take()
}

fn trace_annotations() -> TableCreateStatement {
    Table::create()
        .table("trace_annotations")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("annotation_id").uuid().not_null())
        .col(ColumnDef::new("trace_id").uuid().not_null())
        .col(ColumnDef::new("annotation_key").text().not_null())
        .col(ColumnDef::new("annotation_value").text().not_null())
        .col(ColumnDef::new("created_by").text().not_null())
        .col(ColumnDef::new("actor").text().not_null())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .col(ColumnDef::new("audit_seq").big_integer().not_null())
        .primary_key(&mut primary_key(
            "pk-trace_annotations",
            &["tenant_id", "annotation_id"],
        ))
        .take()
}

fn trace_entities() -> TableCreateStatement {
    Table::create()
        .table("trace_entities")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("kind").string().not_null())
        .col(ColumnDef::new("entity_id").text().not_null())
        .col(ColumnDef::new("trace_id").uuid().not_null())
        .primary_key(&mut primary_key(
            "pk-trace_entities",
            &["tenant_id", "kind", "entity_id", "trace_id"],
        ))
        .take()
}

fn trace_totals() -> TableCreateStatement {
    let count = |name: &'static str| ColumnDef::new(name).big_integer().not_null().take();
    Table::create()
        .table("trace_totals")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(count("starts_at"))
        .col(count("traces"))
        .col(count("failed"))
        .col(count("input_tokens"))
        .col(count("output_tokens"))
        .col(count("cost_nanos"))
        .col(count("duration_ms"))
        .primary_key(&mut primary_key(
            "pk-trace_totals",
            &["tenant_id", "starts_at"],
        ))
        .take()
}
