//! The refund desk: everything that is governed happens here.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use chrono::TimeDelta;
use clasper_core::{
    Caller, Clock, Credential, IdSource, InstanceId, PermissionSet, Principal, TenantId,
    TenantScope, TraceId, Usd, WorkspaceId, canonical_json,
};
use clasper_db::{Database, DatabaseOptions, ProcessLock};
use clasper_governance::{Budget, BudgetSettings, Budgets, Grant};
use clasper_identity::{Identity, NewTenant};
use clasper_redaction::Redactor;
use clasper_runtime::run::{IdempotencyClaim, Opening, RunEnd, RunStore};
use clasper_store::Store;
use clasper_tracing::{Trace, TraceStore};
use tokio_util::task::TaskTracker;

use crate::record::{self, End, Place};
use crate::{Cashier, Error, Paid, Refund, RefundRequest};

/// Open executions of dead processes taken at a time.
const BATCH: u32 = 100;
/// How long a repeated request is answered with what it was answered first.
const KEPT_ANSWERS: TimeDelta = TimeDelta::hours(24);

/// What a desk needs.
pub struct DeskOptions {
    /// The SQLite file; made when missing.
    pub file: PathBuf,
    /// The tenant whose money it is.
    pub tenant: TenantId,
    /// What may be paid back in a month.
    pub monthly_limit: Usd,
    /// Pays.
    pub cashier: Arc<dyn Cashier>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdSource>,
}

/// A service whose refunds are governed. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct RefundDesk(Arc<Inner>);

struct Inner {
    store: Arc<Store>,
    budgets: Budgets,
    operator: Caller,
    workspace: WorkspaceId,
    instance: InstanceId,
    cashier: Arc<dyn Cashier>,
    redactor: Redactor,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    tracker: TaskTracker,
    database: Database,
    _lock: ProcessLock,
}

impl RefundDesk {
    /// Opens the database, brings its tables up to date, makes sure of tenant and budget, and settles what an earlier
    /// process left open.
    ///
    /// # Errors
    /// When the database cannot be opened or is used by another process.
    pub async fn open(options: DeskOptions) -> anyhow::Result<Self> {
        let DeskOptions {
            file,
            tenant,
            monthly_limit,
            cashier,
            clock,
            ids,
        } = options;
        let address = format!("sqlite://{}?mode=rwc", file.display());
        let database = Database::connect(&address, &DatabaseOptions::default()).await?;
        let lock = database.lock_for_server()?;
        clasper_migrations::migrate(database.writer()).await?;
        let store = Arc::new(Store::start(database.clone(), &TaskTracker::new()));
        let operator = operator(tenant, &*ids);
        let identity = Identity::new(store.clone(), clock.clone(), ids.clone());
        ensure_tenant(&identity, &operator).await?;
        let desk = Self(Arc::new(Inner {
            budgets: Budgets::new(store.clone(), clock.clone(), ids.clone()),
            store,
            operator,
            workspace: WorkspaceId::new("refunds")?,
            instance: InstanceId::generate(&*ids),
            cashier,
            redactor: Redactor::standard(),
            clock,
            ids,
            tracker: TaskTracker::new(),
            database,
            _lock: lock,
        }));
        desk.ensure_budget(monthly_limit).await?;
        desk.recover().await?;
        Ok(desk)
    }

    /// Makes the refund if the budget covers it. A request that repeats an earlier one with the same key is answered
    /// with what that one was answered, and nothing is paid again.
    ///
    /// # Errors
    /// [`Error`]; what was decided is recorded in any case.
    pub async fn refund(&self, request: RefundRequest, key: Option<String>) -> Result<Paid, Error> {
        // A task of its own: a client that goes away must not leave an execution half done.
        let desk = self.clone();
        let work = self
            .0
            .tracker
            .spawn(async move { desk.govern(request, key).await });
        work.await.map_err(|_| Error::Interrupted)?
    }

    /// The budget as it stands.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn budget(&self) -> Result<Budget, clasper_governance::Error> {
        self.0.budgets.get(&self.0.operator).await
    }

    /// The record of a refund that was asked for.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn trace(&self, id: TraceId) -> Result<Option<Trace>, Error> {
        Ok(self.0.store.find_trace(&self.scope(), id).await?)
    }

    /// Waits for refunds under way and closes the database.
    pub async fn close(self) {
        self.0.tracker.close();
        self.0.tracker.wait().await;
        self.0.database.clone().close().await;
    }

    pub(crate) fn scope(&self) -> TenantScope {
        self.0.operator.scope()
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    /// Decision, effect, outcome.
    async fn govern(&self, request: RefundRequest, key: Option<String>) -> Result<Paid, Error> {
        let Inner {
            store,
            clock,
            ids,
            instance,
            workspace,
            redactor,
            ..
        } = &*self.0;
        check(&request)?;
        let claim = key.map(|key| claim(&request, key)).transpose()?;
        let scope = self.scope();
        let place = Place {
            scope: &scope,
            workspace,
            instance: *instance,
            ids: &**ids,
            redactor,
        };
        let refund = request.refund();
        let opening = record::opening(&place, &request, refund.intent()?, claim, clock.now());
        let (draft, actor) = (opening.draft.clone(), opening.actor.clone());
        let trace = draft.id;
        let grant = match store.open_run(opening).await? {
            Opening::Admitted { grant, .. } => grant,
            Opening::Denied(decision) => {
                return Err(Error::Budget {
                    code: decision.reason.code(),
                    trace,
                });
            }
            Opening::Wait => {
                return Err(Error::Budget {
                    code: "budget_held",
                    trace,
                });
            }
            Opening::Answered(answer) => return Ok(serde_json::from_slice(&answer)?),
            Opening::InFlight => return Err(Error::InFlight),
            Opening::KeyReused => return Err(Error::KeyReused),
            // This desk has one rule, built in: its verdict names no policies that could change.
            Opening::Stale => return Err(Error::PoliciesChanged),
        };
        let made = self.execute(&grant, &refund, &draft).await;
        let end = ended(&made)?;
        store
            .settle_run(record::settlement(
                &**ids,
                scope,
                actor,
                draft,
                end,
                clock.now(),
            ))
            .await?;
        made
    }

    /// Pays if the grant is for exactly this: the hash is made again from what the cashier is given.
    async fn execute(&self, grant: &Grant, refund: &Refund, draft: &Trace) -> Result<Paid, Error> {
        let trace = draft.id;
        if !grant.covers(&refund.intent()?, self.0.clock.now()) {
            return Err(Error::Grant { trace });
        }
        // A budget that is nearly spent may grant less than was asked. Half a refund is none.
        if grant
            .limits
            .max_cost_usd
            .is_some_and(|most| most < refund.amount_usd)
        {
            return Err(Error::Budget {
                code: "budget_exceeded",
                trace,
            });
        }
        let paid = self.0.cashier.pay(refund).await;
        Ok(Paid {
            order_id: refund.order_id.clone(),
            paid_usd: paid.map_err(|source| Error::Cashier { source, trace })?,
            trace_id: trace,
            execution_id: draft.execution,
        })
    }

    async fn ensure_budget(&self, limit: Usd) -> anyhow::Result<()> {
        match self.budget().await {
            Ok(budget) if budget.limit == limit => return Ok(()),
            Ok(_) | Err(clasper_governance::Error::NoBudget) => {}
            Err(error) => return Err(error).context("the budget cannot be read"),
        }
        let settings = BudgetSettings::limited_to(limit);
        self.0.budgets.set(&self.0.operator, &settings).await?;
        Ok(())
    }

    /// Settles what dead processes left open. The lock says that every process but this one is dead.
    async fn recover(&self) -> anyhow::Result<()> {
        let Inner {
            store,
            clock,
            ids,
            instance,
            ..
        } = &*self.0;
        loop {
            let now = clock.now();
            let orphans = store.orphaned_runs(*instance, now, BATCH).await?;
            if orphans.is_empty() {
                store.forget_answers(now - KEPT_ANSWERS).await?;
                return Ok(());
            }
            for orphan in orphans {
                store
                    .settle_run(record::recovery(&**ids, orphan, now))
                    .await?;
            }
        }
    }
}

/// Whoever starts this process: sets up tenant and budget.
fn operator(tenant: TenantId, ids: &dyn IdSource) -> Caller {
    Caller {
        principal: Principal {
            tenant,
            user: None,
            permissions: PermissionSet::all(),
            credential: Credential::LocalOperator,
            allowed_tools: None,
        },
        trace: TraceId::generate(ids),
    }
}

async fn ensure_tenant(identity: &Identity, operator: &Caller) -> anyhow::Result<()> {
    let id = operator.principal.tenant.clone();
    let new = NewTenant {
        name: id.to_string(),
        id,
        time_zone: chrono_tz::UTC,
    };
    // One that exists already stays as it is.
    identity.create_tenant(operator, new).await?;
    Ok(())
}

fn check(request: &RefundRequest) -> Result<(), Error> {
    let fits = |text: &str| !text.trim().is_empty() && text.len() <= 1000 && !text.contains('\0');
    if fits(&request.order_id) && fits(&request.reason) && !request.amount_usd.is_zero() {
        Ok(())
    } else {
        Err(Error::Input)
    }
}

/// A key stands for one request: who asks for what, and why.
fn claim(request: &RefundRequest, key: String) -> Result<IdempotencyClaim, serde_json::Error> {
    let request_hash = canonical_json(request)?.digest();
    Ok(IdempotencyClaim { key, request_hash })
}

/// The end that `made` is. What was not paid costs nothing, and its key may be used again.
fn ended(made: &Result<Paid, Error>) -> Result<End, serde_json::Error> {
    let failed = |reason| End {
        how: RunEnd::Failed,
        reason: Some(reason),
        paid: Usd::ZERO,
        answer: None,
    };
    Ok(match made {
        Ok(paid) => End {
            how: RunEnd::Completed,
            reason: None,
            paid: paid.paid_usd,
            answer: Some(serde_json::to_vec(paid)?),
        },
        Err(Error::Budget { code, .. }) => failed(code),
        Err(Error::Cashier { .. }) => failed("not_paid"),
        Err(Error::Grant { .. }) => failed("grant_mismatch"),
        Err(_) => failed("internal_error"),
    })
}
