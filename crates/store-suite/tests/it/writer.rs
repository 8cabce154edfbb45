//! The writer of groups: what it answers when, and that it stores what the readers read.

use anyhow::{Result, ensure};
use async_trait::async_trait;
use clasper_core::{IdSource, StoreError, SystemIds};
use clasper_db::{CommitGroup, GroupCommit, Submitted, WriteTransaction};
use clasper_testkit::{TestDatabase, both};
use futures::future::try_join_all;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, SelectStatement};
use sea_orm::{ConnectionTrait, DbErr, IntoActiveModel, QueryOrder, Schema};
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;

both!(
    a_commit_that_fails_is_not_acknowledged_and_leaves_nothing,
    a_unique_violation_is_refused_alone,
    what_the_writer_stores_the_readers_read_and_the_other_way_round,
    a_row_is_replaced_by_one_with_its_key,
    a_sum_over_nothing_is_none,
);

/// A table with a column of every type that entities may have.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "samples")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    flag: bool,
    small: i16,
    middle: i32,
    large: i64,
    real: f64,
    name: String,
    #[sea_orm(column_type = "Text")]
    text: String,
    bytes: Vec<u8>,
    uuid: Uuid,
    json: Json,
    maybe_flag: Option<bool>,
    maybe_small: Option<i16>,
    maybe_middle: Option<i32>,
    maybe_large: Option<i64>,
    maybe_real: Option<f64>,
    maybe_name: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    maybe_text: Option<String>,
    maybe_bytes: Option<Vec<u8>>,
    maybe_uuid: Option<Uuid>,
    maybe_json: Option<Json>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

fn sample(id: i64) -> Model {
    Model {
        id,
        flag: true,
        small: i16::MIN,
        middle: i32::MIN,
        large: i64::MIN,
        real: 0.1,
        name: "Zoë ' \" ? $1 \u{1F600}".to_owned(),
        text: String::new(),
        bytes: vec![0, 255, 0],
        uuid: SystemIds.next_uuid(),
        json: serde_json::json!({"a": [1, null]}),
        maybe_flag: None,
        maybe_small: None,
        maybe_middle: None,
        maybe_large: None,
        maybe_real: None,
        maybe_name: None,
        maybe_text: None,
        maybe_bytes: None,
        maybe_uuid: None,
        maybe_json: None,
    }
}

fn full_sample(id: i64) -> Model {
    Model {
        flag: false,
        maybe_flag: Some(false),
        maybe_small: Some(i16::MAX),
        maybe_middle: Some(i32::MAX),
        maybe_large: Some(i64::MAX),
        maybe_real: Some(-1e300),
        maybe_name: Some(String::new()),
        maybe_text: Some("two\nlines".to_owned()),
        maybe_bytes: Some(Vec::new()),
        maybe_uuid: Some(Uuid::nil()),
        maybe_json: Some(serde_json::json!("text")),
        ..sample(id)
    }
}

enum Step {
    Insert(Model),
    Replace(Model),
    /// Adds a row that points at none, which is found out at the commit.
    Dangle,
    Read,
    Integer(Box<SelectStatement>),
}

#[derive(Debug, Default, Clone)]
struct Answer {
    rows: Vec<Model>,
    integer: Option<i64>,
}

struct Job {
    step: Step,
    answer: Answer,
    done: oneshot::Sender<Result<Answer, StoreError>>,
}

struct Samples;

mod dangling {
    //! Rows that point at samples.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "pointers")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) sample: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[async_trait]
impl CommitGroup for Samples {
    type Job = Job;

    async fn write(
        &mut self,
        transaction: &WriteTransaction,
        jobs: &mut [Job],
    ) -> Result<(), DbErr> {
        for job in jobs {
            match &job.step {
                Step::Insert(row) => transaction.insert([row.clone()]).await?,
                Step::Replace(row) => transaction.upsert([row.clone()]).await?,
                Step::Dangle => transaction.insert([dangling::Model { sample: -1 }]).await?,
                Step::Read => {
                    let select = Entity::find().order_by_asc(Column::Id);
                    job.answer.rows = transaction.all(select).await?;
                }
                Step::Integer(select) => job.answer.integer = transaction.integer(select).await?,
            }
        }
        Ok(())
    }

    fn committed(&mut self, job: Job) {
        let _ = job.done.send(Ok(job.answer));
    }

    fn failed(&mut self, job: Job, error: StoreError) {
        let _ = job.done.send(Err(error));
    }
}

struct Writer(GroupCommit<Job>);

impl Writer {
    /// Makes the tables and a writer.
    async fn start(db: &TestDatabase) -> Result<Self> {
        let connection = db.database().writer();
        let schema = Schema::new(connection.get_database_backend());
        connection
            .execute(&schema.create_table_from_entity(Entity))
            .await?;
        connection
            .execute_unprepared(
                "CREATE TABLE pointers (sample BIGINT NOT NULL PRIMARY KEY \
                 REFERENCES samples (id) DEFERRABLE INITIALLY DEFERRED)",
            )
            .await?;
        let writer = db.database().group_writer();
        Ok(Self(GroupCommit::start(
            Samples,
            writer,
            &TaskTracker::new(),
        )))
    }

    /// Hands a step in at once.
    fn submit(&self, step: Step) -> Result<Submitted<Answer>> {
        let (done, answer) = oneshot::channel();
        self.0.submit(Job {
            step,
            answer: Answer::default(),
            done,
        })?;
        Ok(answer)
    }

    async fn run(&self, step: Step) -> Result<Answer> {
        Ok(self.submit(step)?.await??)
    }
}

async fn a_commit_that_fails_is_not_acknowledged_and_leaves_nothing(
    db: TestDatabase,
) -> Result<()> {
    let writer = Writer::start(&db).await?;
    let before = writer.submit(Step::Insert(sample(1)))?;
    let dangling = writer.submit(Step::Dangle)?;
    let after = writer.submit(Step::Insert(sample(2)))?;
    before.await??;
    let refused = dangling.await?;
    ensure!(
        matches!(refused, Err(StoreError::Refused(_))),
        "{refused:?}"
    );
    after.await??;
    let reader = db.database().reader();
    assert_eq!(Entity::find().count(reader).await?, 2);
    assert_eq!(dangling::Entity::find().count(reader).await?, 0);
    // The writer goes on.
    writer.run(Step::Insert(sample(3))).await?;
    assert_eq!(Entity::find().count(reader).await?, 3);
    Ok(())
}

async fn a_unique_violation_is_refused_alone(db: TestDatabase) -> Result<()> {
    let writer = Writer::start(&db).await?;
    let answers: Vec<_> = [1, 2, 1, 3]
        .into_iter()
        .map(|id| writer.submit(Step::Insert(sample(id))))
        .collect::<Result<_>>()?;
    let answers = try_join_all(answers).await?;
    for (place, answer) in answers.iter().enumerate() {
        match answer {
            Ok(_) => assert_ne!(place, 2),
            Err(StoreError::Refused(_)) => assert_eq!(place, 2),
            Err(other) => anyhow::bail!("refused otherwise: {other:?}"),
        }
    }
    assert_eq!(Entity::find().count(db.database().reader()).await?, 3);
    Ok(())
}

async fn what_the_writer_stores_the_readers_read_and_the_other_way_round(
    db: TestDatabase,
) -> Result<()> {
    let writer = Writer::start(&db).await?;
    let rows = [sample(1), full_sample(2)];
    for row in &rows {
        writer.run(Step::Insert(row.clone())).await?;
    }
    let (reader, other) = (db.database().reader(), db.database().writer());
    let read = Entity::find().order_by_asc(Column::Id).all(reader).await?;
    assert_eq!(read, rows);
    assert_eq!(writer.run(Step::Read).await?.rows, rows);
    Entity::delete_many().exec(other).await?;
    let again = rows.clone().map(IntoActiveModel::into_active_model);
    Entity::insert_many(again)
        .exec_without_returning(other)
        .await?;
    assert_eq!(writer.run(Step::Read).await?.rows, rows);
    Ok(())
}

async fn a_row_is_replaced_by_one_with_its_key(db: TestDatabase) -> Result<()> {
    let writer = Writer::start(&db).await?;
    writer.run(Step::Replace(sample(1))).await?;
    let new = full_sample(1);
    writer.run(Step::Replace(new.clone())).await?;
    assert_eq!(Entity::find().all(db.database().reader()).await?, [new]);
    Ok(())
}

async fn a_sum_over_nothing_is_none(db: TestDatabase) -> Result<()> {
    let writer = Writer::start(&db).await?;
    let sum = || {
        use sea_orm::sea_query::ExprTrait;
        let sum = Expr::col(Column::Middle).sum().cast_as("BIGINT");
        sea_orm::sea_query::Query::select()
            .expr(sum)
            .from(Entity)
            .take()
    };
    assert_eq!(
        writer.run(Step::Integer(Box::new(sum()))).await?.integer,
        None
    );
    for id in [1, 2] {
        writer.run(Step::Insert(sample(id))).await?;
    }
    let twice = 2 * i64::from(i32::MIN);
    assert_eq!(
        writer.run(Step::Integer(Box::new(sum()))).await?.integer,
        Some(twice)
    );
    Ok(())
}

#[tokio::test]
async fn the_writer_of_a_sqlite_file_syncs_and_checks_keys() -> Result<()> {
    let db = TestDatabase::sqlite().await?;
    let writer = Writer::start(&db).await?;
    for (pragma, expected) in [
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("secure_delete", 2),
    ] {
        let select = sea_orm::sea_query::Query::select()
            .column(pragma)
            .from(format!("pragma_{pragma}"))
            .take();
        let value = writer.run(Step::Integer(Box::new(select))).await?.integer;
        assert_eq!(value, Some(expected), "{pragma}");
    }
    Ok(())
}
