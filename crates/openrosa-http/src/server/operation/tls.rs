//! TLS that ends in this process.

use std::fmt;
use std::io;
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::middleware::map_request;
use http::{HeaderValue, Request};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A certificate and its key, with which a server says who it is. They can be replaced while it runs.
///
/// HTTP/2 and HTTP/1.1 are offered (ALPN), TLS 1.2 and 1.3 spoken. Clones are replaced together.
#[derive(Clone)]
pub struct Tls {
    config: Arc<RwLock<Arc<ServerConfig>>>,
}

/// Why a certificate and a key are not of use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// There is none among what is there, or it is damaged.
    #[error("there is no certificate to be read: {0}")]
    Certificate(#[source] rustls::pki_types::pem::Error),
    /// There is none among what is there, or it is damaged. Keys under a password are not read.
    #[error("there is no private key to be read: {0}")]
    Key(#[source] rustls::pki_types::pem::Error),
    /// They do not belong together, or are of a kind that is not spoken.
    #[error("certificate and key cannot be used: {0}")]
    Pair(#[source] rustls::Error),
}

impl Tls {
    /// Both as PEM: the certificate first, then those that lead to the authority that clients trust.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        Ok(Self { config: Arc::new(RwLock::new(Arc::new(config(certificates, key)?))) })
    }

    /// Others from now on. Connections that are there keep what they have, as does the server where these are not of use.
    pub fn replace(&self, certificates: &[u8], key: &[u8]) -> Result<(), TlsError> {
        let config = Arc::new(config(certificates, key)?);
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let config = Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner));
        TlsAcceptor::from(config).accept(stream).await
    }
}

fn config(certificates: &[u8], key: &[u8]) -> Result<ServerConfig, TlsError> {
    let chain = CertificateDer::pem_slice_iter(certificates).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(TlsError::Certificate)?;
    if chain.is_empty() {
        return Err(TlsError::Certificate(rustls::pki_types::pem::Error::NoItemsFound));
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(TlsError::Key)?;
    // This provider, whatever others are in the process.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let unauthenticated = versions.map_err(TlsError::Pair)?.with_no_client_auth();
    let mut config = unauthenticated.with_single_cert(chain, key).map_err(TlsError::Pair)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// What is behind these routes hears that requests came by https, as it would from a proxy; whatever a client says of it.
pub(super) fn by_https(routes: Router) -> Router {
    routes.layer(map_request(|mut request: Request<axum::body::Body>| async move {
        request.headers_mut().insert("x-forwarded-proto", HeaderValue::from_static("https"));
        request
    }))
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}
