#![doc = include_str!("../README.md")]

mod database;
mod maker;
mod postgres;

pub use database::TestDatabase;
pub use maker::{Maker, usd};

/// Makes two tests, `sqlite` and `postgres`, of each `async fn(TestDatabase) -> anyhow::Result<()>` it is given.
#[macro_export]
macro_rules! both {
    ($($fact:ident),+ $(,)?) => {$(
        mod $fact {
            #[::tokio::test]
            async fn sqlite() -> ::anyhow::Result<()> {
                super::$fact($crate::TestDatabase::sqlite().await?).await
            }

            #[::tokio::test]
            async fn postgres() -> ::anyhow::Result<()> {
                match $crate::TestDatabase::postgres().await? {
                    Some(database) => super::$fact(database).await,
                    None => Ok(()),
                }
            }
        }
    )+};
}
