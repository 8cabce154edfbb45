#![doc = include_str!("../README.md")]

mod m20261121_000001_ground;
mod schema;

pub use schema::{SchemaError, SchemaState, migrate, schema_state};
pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::{MigrationTrait, async_trait};

/// Every migration, in order.
#[derive(Debug, Clone, Copy)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m20261121_000001_ground::Migration)]
    }
}
