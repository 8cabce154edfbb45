//! Values on their way into and out of SQLite, stored exactly as sqlx stores them.

use rusqlite::types::{FromSqlError, ToSql, ToSqlOutput, ValueRef};
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::ColumnType;
use sea_orm::{ColumnTrait, DbErr, JsonValue, Value};

/// A value as a parameter.
pub(crate) struct Bound<'v>(pub(crate) &'v Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let integer = |number: Option<i64>| number.map(ValueRef::Integer);
        let bound = match self.0 {
            Value::Bool(value) => integer(value.map(i64::from)),
            Value::TinyInt(value) => integer(value.map(i64::from)),
            Value::SmallInt(value) => integer(value.map(i64::from)),
            Value::Int(value) => integer(value.map(i64::from)),
            Value::BigInt(value) => integer(*value),
            Value::TinyUnsigned(value) => integer(value.map(i64::from)),
            Value::SmallUnsigned(value) => integer(value.map(i64::from)),
            Value::Unsigned(value) => integer(value.map(i64::from)),
            Value::BigUnsigned(value) => {
                let value = value.map(i64::try_from).transpose();
                integer(value.map_err(|error| unfit(Box::new(error)))?)
            }
            Value::Float(value) => value.map(|value| ValueRef::Real(value.into())),
            Value::Double(value) => value.map(ValueRef::Real),
            Value::String(value) => value.as_deref().map(|text| ValueRef::Text(text.as_bytes())),
            Value::Bytes(value) => value.as_deref().map(ValueRef::Blob),
            Value::Uuid(value) => value.as_ref().map(|id| ValueRef::Blob(id.as_bytes())),
            Value::Json(value) => {
                return Ok(value
                    .as_ref()
                    .map_or(ToSqlOutput::Borrowed(ValueRef::Null), |json| {
                        ToSqlOutput::Owned(json.to_string().into())
                    }));
            }
            _ => return Err(unfit("a value of this type cannot be written".into())),
        };
        Ok(ToSqlOutput::Borrowed(bound.unwrap_or(ValueRef::Null)))
    }
}

fn unfit(error: Box<dyn std::error::Error + Send + Sync>) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(error)
}

/// The type of a column's values. It decides the type of a null too: an entity's field takes no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    Boolean,
    SmallInteger,
    Integer,
    BigInteger,
    Double,
    Text,
    Json,
    Bytes,
    Uuid,
}

impl ColumnKind {
    /// The kind of an entity's column.
    pub(crate) fn of(column: impl ColumnTrait) -> Result<Self, DbErr> {
        Ok(match column.def().get_column_type() {
            ColumnType::Boolean => Self::Boolean,
            ColumnType::SmallInteger => Self::SmallInteger,
            ColumnType::Integer => Self::Integer,
            ColumnType::BigInteger => Self::BigInteger,
            ColumnType::Double => Self::Double,
            ColumnType::Char(_) | ColumnType::String(_) | ColumnType::Text => Self::Text,
            ColumnType::Json | ColumnType::JsonBinary => Self::Json,
            ColumnType::Binary(_) | ColumnType::VarBinary(_) | ColumnType::Blob => Self::Bytes,
            ColumnType::Uuid => Self::Uuid,
            _ => {
                return Err(DbErr::Type(format!(
                    "the SQLite writer cannot read columns of the type that {} has",
                    column.as_str()
                )));
            }
        })
    }

    /// Reads a value.
    pub(crate) fn read(self, column: &str, value: ValueRef<'_>) -> Result<Value, DbErr> {
        self.convert(value)
            .map_err(|error| wrong_type(column, &error))
    }

    fn convert(self, value: ValueRef<'_>) -> Result<Value, FromSqlError> {
        Ok(match self {
            Self::Boolean => Value::Bool(value.as_i64_or_null()?.map(|number| number != 0)),
            Self::SmallInteger => Value::SmallInt(narrow(value)?),
            Self::Integer => Value::Int(narrow(value)?),
            Self::BigInteger => Value::BigInt(value.as_i64_or_null()?),
            Self::Double => Value::Double(value.as_f64_or_null()?),
            Self::Text => Value::String(value.as_str_or_null()?.map(str::to_owned)),
            Self::Bytes => Value::Bytes(value.as_blob_or_null()?.map(<[u8]>::to_vec)),
            Self::Uuid => {
                let id = value.as_blob_or_null()?.map(Uuid::from_slice).transpose();
                Value::Uuid(id.map_err(FromSqlError::other)?)
            }
            Self::Json => {
                let json = value.as_str_or_null()?.map(str::parse::<JsonValue>);
                let json = json.transpose().map_err(FromSqlError::other)?;
                Value::Json(json.map(Box::new))
            }
        })
    }
}

fn narrow<N: TryFrom<i64>>(value: ValueRef<'_>) -> Result<Option<N>, FromSqlError> {
    let number = value.as_i64_or_null()?;
    let narrowed =
        number.map(|number| N::try_from(number).map_err(|_| FromSqlError::OutOfRange(number)));
    narrowed.transpose()
}

/// A column holds what it cannot. The value is left out: it may be a secret.
pub(crate) fn wrong_type(column: &str, error: &FromSqlError) -> DbErr {
    DbErr::Type(format!(
        "column {column} holds a value of another type: {error}"
    ))
}
