//! TLS by rustls, trusting what the platform trusts.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

use super::{Error, Sent};

/// Where the platform has no certificates at all, as in a bare container, plain http still works and every
/// https connection is refused.
pub(super) fn config() -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = || {
        let builder = ClientConfig::builder_with_provider(provider.clone());
        builder.with_safe_default_protocol_versions().map_err(|error| Error::new(Sent::No, error))
    };
    let config = match versions()?.with_platform_verifier() {
        Ok(builder) => builder.with_no_client_auth(),
        Err(_) => versions()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth(),
    };
    Ok(offering_http2(config))
}

/// HTTP/2 is spoken where a server chooses it (ALPN, RFC 9113, 3.2). A configuration from here is used as it is.
pub(super) fn offering_http2(mut config: ClientConfig) -> ClientConfig {
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}
