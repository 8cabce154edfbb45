//! Statements of an inline transaction: entities in, entities out.

use std::fmt::Write as _;
use std::sync::{Arc, PoisonError};

use rusqlite::{CachedStatement, Connection};
use sea_orm::sea_query::{SelectStatement, Value};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, DbBackend, DbErr, EntityTrait, IdenStatic, Iterable,
    Statement, StatementBuilder, TryIntoModel,
};

use crate::inline_sqlite::InlineTransaction;
use crate::inline_sqlite::error::{exec_error, query_error};
use crate::inline_sqlite::value::{Bound, ColumnKind, wrong_type};
use crate::transaction::primary_key;

impl InlineTransaction {
    /// The rows that `select` finds.
    pub(crate) fn all<E>(&self, select: &SelectStatement) -> Result<Vec<E::Model>, DbErr>
    where
        E: EntityTrait,
        E::ActiveModel: TryIntoModel<E::Model>,
    {
        let connection = self.connection();
        let mut prepared = prepare(&connection, select).map_err(query_error)?;
        let columns = E::Column::iter()
            .map(|column| Ok((column, ColumnKind::of(column)?)))
            .collect::<Result<Vec<_>, DbErr>>()?;
        let selected = prepared.column_names();
        if !columns.iter().map(|(c, _)| c.as_str()).eq(selected) {
            return Err(DbErr::Type(
                "the selected columns are not the entity's".to_owned(),
            ));
        }
        let mut rows = prepared.raw_query();
        let mut models = Vec::new();
        while let Some(row) = rows.next().map_err(query_error)? {
            let mut model = <E::ActiveModel as ActiveModelTrait>::default();
            for (place, (column, kind)) in columns.iter().enumerate() {
                let value = row.get_ref(place).map_err(query_error)?;
                model.try_set(*column, kind.read(column.as_str(), value)?)?;
            }
            models.push(model.try_into_model()?);
        }
        Ok(models)
    }

    /// The integer in the only column of the first row.
    pub(crate) fn integer(&self, select: &SelectStatement) -> Result<Option<i64>, DbErr> {
        let connection = self.connection();
        let mut prepared = prepare(&connection, select).map_err(query_error)?;
        let mut rows = prepared.raw_query();
        let Some(row) = rows.next().map_err(query_error)? else {
            return Ok(None);
        };
        let value = row.get_ref(0).map_err(query_error)?;
        value
            .as_i64_or_null()
            .map_err(|error| wrong_type("0", &error))
    }

    /// Runs a statement that answers no rows; says how many it changed.
    pub(crate) fn execute(&self, statement: &impl StatementBuilder) -> Result<u64, DbErr> {
        let connection = self.connection();
        let run = || prepare(&connection, statement)?.raw_execute();
        let changed = run().map_err(exec_error)?;
        Ok(changed as u64)
    }

    /// Adds rows one by one: unlike one statement for all, the text does not depend on how many they are, so that it is
    /// prepared once. With `replace`, rows with the same primary key are replaced.
    pub(crate) fn insert<A: ActiveModelBehavior>(
        &self,
        rows: impl Iterator<Item = A>,
        replace: bool,
    ) -> Result<(), DbErr> {
        let mut rows = rows.peekable();
        if rows.peek().is_none() {
            return Ok(());
        }
        let connection = self.connection();
        let text = self.insert_text::<A::Entity>(replace);
        let mut prepared = connection.prepare_cached(&text).map_err(exec_error)?;
        for mut row in rows {
            for (place, column) in <A::Entity as EntityTrait>::Column::iter().enumerate() {
                let Some(value) = row.take(column).into_value() else {
                    let column = column.as_str();
                    return Err(DbErr::AttrNotSet(column.to_owned()));
                };
                prepared
                    .raw_bind_parameter(place + 1, Bound(&value))
                    .map_err(exec_error)?;
            }
            prepared.raw_execute().map_err(exec_error)?;
        }
        Ok(())
    }
}

impl InlineTransaction {
    fn insert_text<E: EntityTrait>(&self, replace: bool) -> Arc<str> {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let text = texts.entry((std::any::type_name::<E>(), replace));
        Arc::clone(text.or_insert_with(|| insert_text::<E>(replace).into()))
    }
}

fn prepare<'c>(
    connection: &'c Connection,
    statement: &impl StatementBuilder,
) -> rusqlite::Result<CachedStatement<'c>> {
    let Statement { sql, values, .. } = statement.build(&DbBackend::Sqlite);
    let mut prepared = connection.prepare_cached(&sql)?;
    let values: &[Value] = values.as_ref().map_or(&[], |values| &values.0);
    for (place, value) in values.iter().enumerate() {
        prepared.raw_bind_parameter(place + 1, Bound(value))?;
    }
    Ok(prepared)
}

/// `INSERT` of one row with all columns in the entity's order. Names of ours need no escaping.
fn insert_text<E: EntityTrait>(replace: bool) -> String {
    let columns = || E::Column::iter();
    let mut text = format!("INSERT INTO \"{}\" (", E::default().table_name());
    list(&mut text, columns(), |text, column| {
        write!(text, "\"{}\"", column.as_str())
    });
    text.push_str(") VALUES (");
    list(&mut text, columns(), |text, _| text.write_char('?'));
    text.push(')');
    if replace {
        let is_key =
            |column: &E::Column| primary_key::<E>().any(|key| key.as_str() == column.as_str());
        text.push_str(" ON CONFLICT (");
        list(&mut text, primary_key::<E>(), |text, key| {
            write!(text, "\"{}\"", key.as_str())
        });
        text.push_str(") DO ");
        let mut others = columns().filter(|column| !is_key(column)).peekable();
        if others.peek().is_none() {
            text.push_str("NOTHING");
            return text;
        }
        text.push_str("UPDATE SET ");
        list(&mut text, others, |text, column| {
            let name = column.as_str();
            write!(text, "\"{name}\" = \"excluded\".\"{name}\"")
        });
    }
    text
}

fn list<T>(
    text: &mut String,
    items: impl Iterator<Item = T>,
    mut item: impl FnMut(&mut String, T) -> std::fmt::Result,
) {
    for (place, each) in items.enumerate() {
        if place > 0 {
            text.push_str(", ");
        }
        // Writing to a string cannot fail.
        let _ = item(text, each);
    }
}
