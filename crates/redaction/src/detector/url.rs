//! Credentials in URLs, and connection strings.

use crate::Entity;
use crate::detector::{Best, Hit, Label};
use crate::engine::tail::Tail;
use crate::engine::token::Token;
use crate::engine::window::Window;

/// Schemes of stores and queues: with credentials in it, their address is a secret as a whole.
const STORES: &[&str] = &[
    "postgres",
    "postgresql",
    "mysql",
    "mysql2",
    "mariadb",
    "mongodb",
    "mongodb+srv",
    "redis",
    "rediss",
    "amqp",
    "amqps",
    "mssql",
    "sqlserver",
    "oracle",
    "clickhouse",
    "cassandra",
    "cockroachdb",
    "couchbase",
    "couchdb",
    "snowflake",
    "neo4j",
    "bolt",
    "nats",
    "kafka",
    "memcached",
    "jdbc",
    "postgresql+psycopg2",
    "postgresql+asyncpg",
    "mysql+pymysql",
    "influxdb",
    "timescaledb",
    "redshift",
    "libsql",
    "ldap",
    "ldaps",
    "valkey",
    "elasticsearch",
];

/// First names of connection strings made of `name=value;`.
const FIRST_KEYS: &[&str] = &[
    "server",
    "data source",
    "host",
    "defaultendpointsprotocol",
    "endpoint",
    "accountname",
    "driver",
    "user id",
    "uid",
    "initial catalog",
    "database",
    "addr",
    "address",
    "provider",
    "sharedaccesssignature",
    "bootstrapservers",
];

/// Names that make a connection string secret.
const SECRET_KEYS: &[&str] = &[
    "password",
    "pwd",
    "accountkey",
    "sharedaccesskey",
    "sharedaccesssignature",
    "secret",
    "apikey",
];

/// Connection strings that begin with the token.
pub(crate) fn detect(window: &Window<'_>, token: &Token, best: &mut Best) {
    match window.byte(token.end) {
        b':' => {
            let end = token.end;
            let scheme = window.part(token.start, end).to_ascii_lowercase();
            if STORES.contains(&scheme.as_str()) && has_credentials(window, end) {
                let (mut stop, tail) = window.follow(Tail::Word, end);
                if tail == Tail::Closed {
                    while stop > end && b".,;:!?)]}".contains(&window.byte(stop - 1)) {
                        stop -= 1;
                    }
                }
                best.offer(Hit {
                    tail,
                    ..Hit::new(Entity::ConnectionString, token.start, stop)
                });
            }
        }
        b'=' | b' ' if token.end - token.start <= 24 => best.offer_end(
            Entity::ConnectionString,
            token.start,
            pairs(window, token.start),
        ),
        _ => {}
    }
}

/// `://user:password@` or `password=` behind a scheme.
fn has_credentials(window: &Window<'_>, colon: usize) -> bool {
    let stop = window.run(colon, |b| b > b' ' && !b"\"'<>`".contains(&b));
    let rest = window.part(colon, stop);
    let authority = rest
        .split_once("://")
        .map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let named = || {
        let lower = rest.to_ascii_lowercase();
        lower.contains("password=") || lower.contains("pwd=")
    };
    rest.contains("://")
        && (authority.is_some_and(|a| {
            a.split_once('@')
                .is_some_and(|(user, _)| user.contains(':'))
        }) || named())
        || rest.contains("://")
            && rest
                .rfind('@')
                .is_some_and(|i| rest[3..i.max(3)].contains(':'))
}

/// `Server=…;Database=…;Password=…`, up to the last pair.
fn pairs(window: &Window<'_>, from: usize) -> Option<usize> {
    let (mut at, mut count, mut secret) = (from, 0, false);
    let mut end = None;
    while count < 24 {
        let stop = window.run(at, |b| {
            b.is_ascii_alphanumeric() || matches!(b, b' ' | b'_')
        });
        if window.byte(stop) != b'=' || !(1..=32).contains(&(stop - at)) {
            break;
        }
        let name = window.part(at, stop).trim().to_ascii_lowercase();
        if count == 0 && !FIRST_KEYS.contains(&name.as_str()) {
            return None;
        }
        secret |= SECRET_KEYS.contains(&name.as_str());
        // A value may have blanks only when another pair follows.
        let value = window.run(stop + 1, |b| {
            b != b';' && b != b'\n' && b != b'"' && b != b'\'' && b != 0
        });
        count += 1;
        if window.byte(value) == b';' {
            end = Some(value + 1);
            at = window.run(value + 1, |b| b == b' ');
            continue;
        }
        let word = window.run(stop + 1, |b| b > b' ' && !b";\"'<>`".contains(&b));
        let mut word = word;
        while word > stop + 1 && b".,:!?)]}".contains(&window.byte(word - 1)) {
            word -= 1;
        }
        end = Some(word);
        break;
    }
    (count >= 2 && secret).then_some(end).flatten()
}

/// The part between `://` and the last at sign of the authority, if it has a password.
pub(crate) fn userinfo(window: &Window<'_>, token: &Token) -> Option<Label> {
    let from = token.end + 3;
    if !window.has(token.end, "://") {
        return None;
    }
    let stop = window.run(from, |b| b > b' ' && !b"/?#\"'<>\\`".contains(&b));
    let authority = window.part(from, stop);
    let (user, _) = authority.rsplit_once('@')?;
    user.contains(':')
        .then(|| Label::userinfo(from, user.len()))
}
