//! An object store that speaks S3.

use std::{sync::Arc, time::Duration};

use object_store::{
    ClientOptions, ObjectStore, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    client::{HttpClient, HttpConnector},
    prefix::PrefixStore,
};
use openrosa_http::transport::reqwest::Reqwest;

use crate::{error::Error, server::ServerKind};

/// How long it may be silent, and how long a request is tried. A part of a file has to go in that time, which it does on a line of
/// thirty kilobytes a second.
const SILENCE: Duration = Duration::from_secs(180);

pub(super) fn open(bucket: &str, prefix: &str) -> Result<Arc<dyn ObjectStore>, Error> {
    build(AmazonS3Builder::from_env().with_bucket_name(bucket), prefix, SILENCE)
}

fn build(s3: AmazonS3Builder, prefix: &str, silence: Duration) -> Result<Arc<dyn ObjectStore>, Error> {
    if !has_key(&s3) {
        return Err(ServerKind::NoKey.into());
    }
    let retry = RetryConfig { max_retries: 6, retry_timeout: silence, ..RetryConfig::default() };
    let store = s3.with_retry(retry).with_http_connector(Transport { silence }).build()?;
    Ok(match prefix {
        "" => Arc::new(store),
        prefix => Arc::new(PrefixStore::new(store, prefix)),
    })
}

/// Whether the environment says who comes. Where it does not, `object_store` would ask an address that only machines at Amazon have
/// for the role of the machine: who wants that names it.
fn has_key(s3: &AmazonS3Builder) -> bool {
    use AmazonS3ConfigKey as Setting;
    let is_said = |setting| s3.get_config_value(&setting).is_some_and(|value| !value.is_empty());
    let is_role = [
        Setting::WebIdentityTokenFile,
        Setting::ContainerCredentialsRelativeUri,
        Setting::ContainerCredentialsFullUri,
        Setting::MetadataEndpoint,
    ];
    (is_said(Setting::AccessKeyId) && is_said(Setting::SecretAccessKey)) || is_role.into_iter().any(is_said)
}

/// Our own transport: it trusts what the platform trusts, follows no redirect, and does not wait for ever.
#[derive(Debug)]
struct Transport {
    silence: Duration,
}

impl HttpConnector for Transport {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let failed = |error| object_store::Error::Generic { store: "S3", source: Box::new(error) };
        Ok(HttpClient::new(Reqwest::client(self.silence).map_err(failed)?))
    }
}

#[cfg(test)]
mod tests {
    use openrosa_http::server::Rejection;
    use tokio::net::TcpListener;

    use super::*;
    use crate::server::{Files, upload::refused};

    /// Nothing goes anywhere but to this machine.
    fn local(port: u16) -> AmazonS3Builder {
        let s3 = AmazonS3Builder::new().with_bucket_name("b").with_region("nowhere-1");
        let s3 = s3.with_endpoint(format!("http://127.0.0.1:{port}")).with_allow_http(true);
        s3.with_access_key_id("k").with_secret_access_key("s")
    }

    #[test]
    fn who_comes_has_to_be_said() {
        let nobody = || AmazonS3Builder::new().with_bucket_name("b");
        assert!(build(nobody(), "", SILENCE).unwrap_err().is_about_files());
        assert!(!has_key(&nobody().with_access_key_id("k")));
        assert!(has_key(&local(1)));
        assert!(has_key(&nobody().with_metadata_endpoint("http://127.0.0.1:1")));
    }

    /// It takes the connection and never answers: the device is to come again, and does not wait for ever.
    #[tokio::test]
    async fn a_store_that_never_answers_is_given_up() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let s3 = local(silent.local_addr().unwrap().port());
        let files = Files::in_store(build(s3, "p", Duration::from_millis(100)).unwrap());
        let mut file = files.begin();
        file.write("photo".into()).await.unwrap();
        let error = file.finish().await.unwrap_err();
        assert!(error.is_silent_place(), "{error}");
        assert!(matches!(refused(error), Rejection::Busy { .. }));
    }
}
