//! The courier against small servers on loopback, the guard against what attackers write, the signatures against the
//! official libraries' vectors.

mod address;
mod callback_url;
mod delivery;
mod guard;
mod receiver;
mod signature;
mod tls;
