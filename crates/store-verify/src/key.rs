//! Compares API keys with the entries that issued and revoked them: whoever can write to the database must not give themselves a role.

use std::collections::HashMap;

use clasper_core::{AuditEvent, LoggedEntry, Sha256Digest};
use clasper_entity::api_key;
use sea_orm::prelude::Uuid;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder};

use crate::detail::Detail;

/// What the log says of each key. It grows with the keys, not with the log.
#[derive(Default)]
pub(crate) struct KeyCheck(HashMap<Uuid, Said>);

struct Said {
    seq: i64,
    name: String,
    role: String,
    prefix: String,
    /// Of the secret's digest; nothing in entries of early versions.
    fingerprint: Option<String>,
    created_at: i64,
    revoked_at: Option<i64>,
}

impl KeyCheck {
    /// Notes what `entry` says of a key.
    pub(crate) fn take(&mut self, entry: &LoggedEntry, detail: &Detail) {
        let target = entry.entry.target.as_deref();
        let id = target.and_then(|target| target.strip_prefix("api_key:")?.parse().ok());
        let Some(id) = id else {
            return;
        };
        let at = entry.entry.occurred_at.timestamp_micros();
        let text = |name| detail.text(name).unwrap_or_default().to_owned();
        match entry.entry.event {
            AuditEvent::ApiKeyCreated => {
                let said = Said {
                    seq: entry.seq,
                    name: text("name"),
                    role: text("role"),
                    prefix: text("prefix"),
                    fingerprint: detail.text("fingerprint").map(str::to_owned),
                    created_at: at,
                    revoked_at: None,
                };
                self.0.insert(id, said);
            }
            AuditEvent::ApiKeyRevoked => {
                if let Some(said) = self.0.get_mut(&id) {
                    said.revoked_at = said.revoked_at.or(Some(at));
                }
            }
            _ => {}
        }
    }

    /// Compares the keys with it, once the whole log was read.
    pub(crate) async fn finish(
        &mut self,
        snapshot: &DatabaseTransaction,
        tenant: &str,
        faults: &mut Vec<String>,
    ) -> Result<(), DbErr> {
        use api_key::Column as K;
        let rows = api_key::Entity::find()
            .filter(K::TenantId.eq(tenant))
            .order_by_asc(K::CreatedAt);
        for row in rows.all(snapshot).await? {
            let id = row.api_key_id;
            match self.0.remove(&id) {
                None => faults.push(format!("no audit entry justifies API key {id}")),
                Some(said) if !said.fits(&row) => faults.push(format!(
                    "API key {id} is not as audit entry {} issued it, or was revoked or restored without one",
                    said.seq
                )),
                Some(_) => {}
            }
        }
        let lost = self.0.drain();
        faults.extend(
            lost.map(|(id, said)| format!("audit entry {} has lost API key {id}", said.seq)),
        );
        Ok(())
    }
}

impl Said {
    fn fits(&self, row: &api_key::Model) -> bool {
        let fingerprint = Sha256Digest::of(&row.secret_hash).to_string();
        let said = self.fingerprint.as_ref();
        said.is_none_or(|said| *said == fingerprint)
            && (&self.name, &self.role, &self.prefix) == (&row.name, &row.role, &row.prefix)
            && (self.created_at, self.revoked_at) == (row.created_at, row.revoked_at)
    }
}
