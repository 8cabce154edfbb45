//! Policies, bundles and what is in force.

use std::collections::HashMap;

use clasper_core::{BundleId, TenantScope};
use clasper_entity::{active_bundle, governance_head, policy_bundle, policy_version};
use clasper_policy::{ActiveBundle, BundleRecord, PolicySource, TenantPolicies};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::policy_row;
use crate::row;

pub(crate) async fn revision<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
) -> Result<i64, DbErr> {
    let revision: Option<i64> = governance_head::Entity::find_by_id(scope.tenant().as_str())
        .select_only()
        .column(governance_head::Column::Revision)
        .into_tuple()
        .one(connection)
        .await?;
    Ok(revision.unwrap_or(0))
}

pub(crate) async fn in_force<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
) -> Result<TenantPolicies, DbErr> {
    loop {
        let before = revision(connection, scope).await?;
        let bundles = active(connection, scope).await?;
        // All of it must be of one moment; a change in between is rare, and reading again is cheap.
        if revision(connection, scope).await? == before {
            return Ok(TenantPolicies {
                revision: before,
                bundles,
            });
        }
    }
}

async fn active<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
) -> Result<Vec<ActiveBundle>, DbErr> {
    use policy_bundle::Column as B;
    let tenant = scope.tenant().as_str();
    let slots = active_bundle::Entity::find()
        .filter(active_bundle::Column::TenantId.eq(tenant))
        .order_by_asc(active_bundle::Column::Slot)
        .all(connection)
        .await?;
    let ids = slots.iter().map(|slot| slot.bundle_id);
    let rows = policy_bundle::Entity::find()
        .filter(B::TenantId.eq(tenant))
        .filter(B::BundleId.is_in(ids))
        .all(connection)
        .await?;
    let records = with_members(connection, scope, rows).await?;
    let mut records: HashMap<BundleId, BundleRecord> = records
        .into_iter()
        .map(|record| (record.id, record))
        .collect();
    let bundles = slots.into_iter().map(|slot| {
        let record = records.remove(&BundleId::from_uuid(slot.bundle_id));
        Ok(ActiveBundle {
            bundle: record.ok_or_else(|| row::corrupt("active_bundles", "bundle_id"))?,
            activated_at: row::time(slot.activated_at),
            activated_by: slot.activated_by,
        })
    });
    bundles.collect()
}

/// Bundles with the texts of their members.
async fn with_members<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    rows: Vec<policy_bundle::Model>,
) -> Result<Vec<BundleRecord>, DbErr> {
    /// SQLite takes at most 32,766 parameters; this many ids at a time is well below.
    const IDS_AT_A_TIME: usize = 5_000;
    use policy_version::Column as V;
    let mut members = Vec::with_capacity(rows.len());
    for row in &rows {
        members.push(policy_row::members(row)?);
    }
    let mut ids: Vec<&str> = members
        .iter()
        .flatten()
        .map(|(id, _)| id.as_str())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let mut policies: HashMap<(String, i64), PolicySource> = HashMap::new();
    for ids in ids.chunks(IDS_AT_A_TIME) {
        let found = policy_version::Entity::find()
            .filter(V::TenantId.eq(scope.tenant().as_str()))
            .filter(V::PolicyId.is_in(ids.iter().copied()))
            .all(connection)
            .await?;
        for row in found {
            let key = (row.policy_id.clone(), row.version);
            policies.insert(key, policy_row::policy(row)?);
        }
    }
    let mut records = Vec::with_capacity(rows.len());
    for (row, members) in rows.into_iter().zip(members) {
        let texts = members.into_iter().map(|key| {
            let found = policies.get(&key).cloned();
            found.ok_or_else(|| row::corrupt("policy_bundles", "members"))
        });
        let texts = texts.collect::<Result<Vec<_>, _>>()?;
        records.push(policy_row::bundle(row, texts)?);
    }
    Ok(records)
}

pub(crate) async fn find_bundle<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    bundle: BundleId,
) -> Result<Option<BundleRecord>, DbErr> {
    let key = (scope.tenant().as_str().to_owned(), bundle.as_uuid());
    let row = policy_bundle::Entity::find_by_id(key)
        .one(connection)
        .await?;
    let rows = row.into_iter().collect();
    Ok(with_members(connection, scope, rows).await?.pop())
}

pub(crate) async fn list_bundles<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    limit: u32,
) -> Result<Vec<BundleRecord>, DbErr> {
    use policy_bundle::Column as B;
    let rows = policy_bundle::Entity::find()
        .filter(B::TenantId.eq(scope.tenant().as_str()))
        .order_by_desc(B::CreatedAt)
        .order_by_desc(B::BundleId)
        .limit(u64::from(limit))
        .all(connection)
        .await?;
    with_members(connection, scope, rows).await
}
