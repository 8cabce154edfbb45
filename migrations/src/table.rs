//! Words that migrations write tables with.

use sea_orm::sea_query::{ColumnDef, ColumnType, Index, IndexCreateStatement, StringLen};

/// A column of bytes.
pub(crate) fn bytes(name: &'static str) -> ColumnDef {
    ColumnDef::new_with_type(name, ColumnType::VarBinary(StringLen::None))
}

/// The primary key over several columns.
pub(crate) fn primary_key(name: &str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut key = Index::create();
    key.name(name).primary();
    for column in columns {
        key.col(*column);
    }
    key
}

/// An index.
pub(crate) fn index(
    name: &str,
    table: &'static str,
    columns: &[&'static str],
) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(name).table(table);
    for column in columns {
        index.col(*column);
    }
    index
}
