//! Trees, checkpoints and keys.

use clasper_core::{AuditEntryId, LoggedEntry, Sha256Digest, TenantId, TenantScope};
use clasper_entity::{audit_entry, log_head, log_key, log_tile, tenant};
use clasper_evidence::{LeafLink, StoredCheckpoint, StoredKey, Tile, TileHashes};
use sea_orm::sea_query::{BinOper, Expr, ExprTrait, Func, JoinType, Order, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
};

use crate::row;

/// Tenants whose head is elsewhere than their newest checkpoint, by name.
pub(crate) async fn unsigned<C: ConnectionTrait>(
    connection: &C,
    after: Option<&TenantId>,
    limit: u32,
) -> Result<Vec<TenantId>, DbErr> {
    use log_head::Column as H;
    use tenant::Column as T;
    let signed = (log_head::Entity, H::Size);
    let unsigned = Condition::any()
        .add(Expr::col(signed).is_null().and(T::HeadSeq.gt(0)))
        .add(Expr::col((tenant::Entity, T::HeadSeq)).ne(Expr::col(signed)));
    let mut query = tenant::Entity::find().select_only().column(T::TenantId);
    QueryTrait::query(&mut query).join(
        JoinType::LeftJoin,
        log_head::Entity,
        Expr::col((log_head::Entity, H::TenantId)).equals((tenant::Entity, T::TenantId)),
    );
    if let Some(after) = after {
        query = query.filter(T::TenantId.gt(after.as_str()));
    }
    let names: Vec<String> = query
        .filter(unsigned)
        .order_by_asc(T::TenantId)
        .limit(u64::from(limit))
        .into_tuple()
        .all(connection)
        .await?;
    names
        .iter()
        .map(|name| row::tenant_id(name, "tenants"))
        .collect()
}

pub(crate) async fn newest<C: ConnectionTrait>(
    connection: &C,
    tenant: &str,
) -> Result<Option<StoredCheckpoint>, DbErr> {
    let row = log_head::Entity::find_by_id(tenant).one(connection).await?;
    row.map(|row| {
        Ok(StoredCheckpoint {
            size: u64::try_from(row.size).map_err(|_| row::corrupt("log_heads", "size"))?,
            root: row::digest(&row.root_hash, "log_heads", "root_hash")?,
            note: row.note,
            signed_at: row::time(row.signed_at),
        })
    })
    .transpose()
}

pub(crate) async fn tiles<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    tiles: &[Tile],
) -> Result<Vec<TileHashes>, DbErr> {
    use log_tile::Column as T;
    let key = |tile: &Tile| (i64::from(tile.level()), row::count(tile.index()));
    let any = tiles
        .iter()
        .map(key)
        .fold(Condition::any(), |any, (level, index)| {
            any.add(T::Level.eq(level).and(T::TileIndex.eq(index)))
        });
    let rows = log_tile::Entity::find()
        .filter(T::TenantId.eq(scope.tenant().as_str()))
        .filter(any)
        .all(connection)
        .await?;
    let found = tiles.iter().filter_map(|tile| {
        let mut rows = rows.iter();
        let row = rows.find(|row| (row.level, row.tile_index) == key(tile))?;
        TileHashes::from_bytes(*tile, &row.hashes)
    });
    Ok(found.collect())
}

/// The links of the entries after `after`, in their order. They come in one row: on SQLite each row passes from one thread to
/// another, which costs more than reading it.
pub(crate) async fn links<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    after: u64,
    limit: u32,
) -> Result<Vec<LeafLink>, DbErr> {
    use audit_entry::Column as A;
    let (hex, join) = match connection.get_database_backend() {
        DbBackend::Postgres => (hex_of_postgres as fn(A) -> Expr, "string_agg"),
        _ => (hex_of_sqlite as fn(A) -> Expr, "group_concat"),
    };
    let newest = Query::select()
        .columns([A::Seq, A::PrevHash, A::LeafHash])
        .from(audit_entry::Entity)
        .and_where(A::TenantId.eq(scope.tenant().as_str()))
        .and_where(A::Seq.gt(row::count(after)))
        .order_by(A::Seq, Order::Asc)
        .limit(u64::from(limit))
        .to_owned();
    let line = [
        Expr::col(A::Seq).cast_as("text"),
        Expr::val(" "),
        Func::coalesce([hex(A::PrevHash), Expr::val("")]).into(),
        Expr::val(" "),
        hex(A::LeafHash),
    ];
    let line = line
        .into_iter()
        .reduce(|line, next| line.binary(BinOper::Custom("||"), next));
    let joined = Func::cust(join).args(line).arg(Expr::val("\n"));
    let select = Query::select()
        .expr(joined)
        .from_subquery(newest, "newest")
        .to_owned();
    let Some(found) = connection.query_one(&select).await? else {
        return Ok(Vec::new());
    };
    let text: Option<String> = found.try_get_by_index(0)?;
    let mut links = text
        .iter()
        .flat_map(|text| text.lines())
        .map(link)
        .collect::<Result<Vec<_>, _>>()?;
    // Nothing promises an order of what is joined.
    links.sort_unstable_by_key(|link| link.seq);
    Ok(links)
}

fn hex_of_sqlite(column: audit_entry::Column) -> Expr {
    Func::cust("hex").arg(Expr::col(column)).into()
}

fn hex_of_postgres(column: audit_entry::Column) -> Expr {
    let hex = [Expr::col(column), Expr::val("hex")];
    Func::cust("encode").args(hex).into()
}

/// A line of [`links`]: the place, the hash before and the hash.
fn link(line: &str) -> Result<LeafLink, DbErr> {
    let corrupt = |column| move || row::corrupt("audit_entries", column);
    let mut parts = line.split(' ');
    let (seq, prev, leaf) = (parts.next(), parts.next(), parts.next());
    let digest = |hex: &str| hex.parse::<Sha256Digest>().ok();
    let seq = seq.and_then(|seq| seq.parse().ok());
    let leaf = leaf.and_then(digest);
    let prev_hash = match prev {
        None | Some("") => None,
        Some(prev) => Some(digest(prev).ok_or_else(corrupt("prev_hash"))?),
    };
    Ok(LeafLink {
        seq: seq.ok_or_else(corrupt("seq"))?,
        prev_hash,
        leaf_hash: leaf.ok_or_else(corrupt("leaf_hash"))?,
    })
}

pub(crate) async fn entry<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    id: AuditEntryId,
) -> Result<Option<LoggedEntry>, DbErr> {
    let row = audit_entry::Entity::find()
        .filter(audit_entry::Column::TenantId.eq(scope.tenant().as_str()))
        .filter(audit_entry::Column::EntryId.eq(id.as_uuid()))
        .one(connection)
        .await?;
    row.map(row::logged_entry).transpose()
}

/// The keys that have signed, the oldest first.
///
/// # Errors
/// When the database refuses, or a row is not as it was written.
pub async fn keys<C: ConnectionTrait>(connection: &C) -> Result<Vec<StoredKey>, DbErr> {
    let select = log_key::Entity::find().order_by_asc(log_key::Column::Serial);
    let rows = select.all(connection).await?;
    rows.into_iter().map(stored_key).collect()
}

pub(crate) fn stored_key(key: log_key::Model) -> Result<StoredKey, DbErr> {
    let public = key.public_key.try_into();
    Ok(StoredKey {
        public: public.map_err(|_| row::corrupt("log_keys", "public_key"))?,
        sealed_seed: key.sealed_seed,
        valid_from: row::time(key.valid_from),
        valid_until: key.valid_until.map(row::time),
    })
}
