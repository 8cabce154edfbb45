//! The tables are what the entities say: migrations are written by hand, and so are entities.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use clasper_testkit::{TestDatabase, both, every_entity};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IdenStatic, Iterable, PrimaryKeyToColumn, Statement,
};

both!(every_entity_has_its_table_and_every_table_its_entity);

/// Name, whether it may be null, and its place in the primary key, from 1.
type Column = (String, bool, Option<usize>);

const SQLITE_COLUMNS: &str = "\
    SELECT t.name AS table_name, c.name AS column_name, c.\"notnull\" = 0 AS optional, NULLIF(c.pk, 0) AS place \
    FROM sqlite_master t JOIN pragma_table_info(t.name) c \
    WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite!_%' ESCAPE '!'";

const POSTGRES_COLUMNS: &str = "\
    SELECT c.table_name, c.column_name, c.is_nullable = 'YES' AS optional, k.ordinal_position::BIGINT AS place \
    FROM information_schema.columns c \
    LEFT JOIN information_schema.key_column_usage k \
      ON (k.table_schema, k.table_name, k.column_name) = (c.table_schema, c.table_name, c.column_name) \
      AND EXISTS (SELECT 1 FROM information_schema.table_constraints p \
        WHERE (p.constraint_schema, p.constraint_name) = (k.constraint_schema, k.constraint_name) \
        AND p.constraint_type = 'PRIMARY KEY') \
    WHERE c.table_schema = current_schema()";

async fn tables(db: &TestDatabase) -> Result<BTreeMap<String, BTreeSet<Column>>> {
    let reader = db.database().reader();
    let sql = if db.is_postgres() {
        POSTGRES_COLUMNS
    } else {
        SQLITE_COLUMNS
    };
    let statement = Statement::from_string(reader.get_database_backend(), sql);
    let mut tables: BTreeMap<String, BTreeSet<Column>> = BTreeMap::new();
    for row in reader.query_all_raw(statement).await? {
        let place: Option<i64> = row.try_get("", "place")?;
        let column = (
            row.try_get("", "column_name")?,
            row.try_get("", "optional")?,
            place.map(usize::try_from).transpose()?,
        );
        let table = row.try_get("", "table_name")?;
        tables.entry(table).or_default().insert(column);
    }
    Ok(tables)
}

fn columns<E: EntityTrait>() -> BTreeSet<Column> {
    let place = |column: &E::Column| {
        let mut key = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column);
        key.position(|key| key.as_str() == column.as_str())
            .map(|place| place + 1)
    };
    E::Column::iter()
        .map(|column| {
            let name = column.as_str().to_owned();
            (name, column.def().is_null(), place(&column))
        })
        .collect()
}

async fn every_entity_has_its_table_and_every_table_its_entity(db: TestDatabase) -> Result<()> {
    let mut tables = tables(&db).await?;
    tables.remove("seaql_migrations");
    macro_rules! compare {
        ($($entity:ident),+) => {$({
            use clasper_entity::$entity::Entity;
            let name = sea_orm::EntityName::table_name(&Entity);
            let table = tables.remove(name).unwrap_or_default();
            assert_eq!(table, columns::<Entity>(), "{name}");
        })+};
    }
    every_entity!(compare);
    assert!(tables.is_empty(), "no entity: {:?}", tables.keys());
    Ok(())
}
