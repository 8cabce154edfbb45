//! HTTPS: a receiver is who its URL names, by certificates that the operator or the system trusts.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::serve::Listener;
use clasper_notify::{Courier, CourierConfig, Delivery, UnreachableCause};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::receiver::{Names, Receiver, Reply, deliver, loopback_policy};

const ROOT: &[u8] = include_bytes!("../keys/ca.pem");
const CERTIFICATE: &[u8] = include_bytes!("../keys/receiver.pem");
const KEY: &[u8] = include_bytes!("../keys/receiver_key.pem");

struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, peer) = Listener::accept(&mut self.tcp).await;
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, peer);
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

/// A receiver with a certificate for `hooks.example`.
async fn receiver() -> Receiver {
    let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE).expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(KEY).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a certificate and its key");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    Receiver::start_on(TlsListener { tcp, acceptor }, Reply::Status(200))
}

async fn outcome(host: &str, roots: Vec<Vec<u8>>) -> (Delivery, usize) {
    let receiver = receiver().await;
    let config = CourierConfig {
        root_certificates_pem: roots,
        ..CourierConfig::default()
    };
    let names = Names::new(&[&["127.0.0.1"]]);
    let courier = Courier::new(loopback_policy(), &config, names).expect("a courier");
    let url = receiver.url(host).replace("http:", "https:");
    let delivery = deliver(&courier, &url, &loopback_policy()).await;
    (delivery, receiver.seen().len())
}

#[tokio::test]
async fn a_receiver_with_a_trusted_certificate_gets_the_message() {
    let (delivery, seen) = outcome("hooks.example", vec![ROOT.to_vec()]).await;
    assert_eq!(delivery, Delivery::Accepted { status: 200 });
    assert_eq!(seen, 1);
}

#[tokio::test]
async fn a_receiver_that_cannot_prove_its_name_gets_nothing() {
    let cause = UnreachableCause::Connection;
    for (host, roots) in [
        // The certificate of another name, by name and by address.
        ("other.example", vec![ROOT.to_vec()]),
        ("127.0.0.1", vec![ROOT.to_vec()]),
        // The right name, vouched for by nobody we trust.
        ("hooks.example", vec![]),
    ] {
        let (delivery, seen) = outcome(host, roots).await;
        assert_eq!(delivery, Delivery::Unreachable { cause }, "{host}");
        assert_eq!(seen, 0, "{host}");
    }
}
