//! An object store that speaks S3.

use std::{sync::Arc, time::Duration};

use object_store::{
    ClientOptions, ObjectStore, RetryConfig,
    aws::AmazonS3Builder,
    client::{HttpClient, HttpConnector},
    prefix::PrefixStore,
};
use openrosa_http::transport::reqwest::Reqwest;

use crate::error::Error;

/// How long it may be silent, and how long a request is tried. A part of a file has to go in that time, which it does on a line of
/// thirty kilobytes a second.
const SILENCE: Duration = Duration::from_secs(180);

pub(super) fn open(bucket: &str, prefix: &str) -> Result<Arc<dyn ObjectStore>, Error> {
    build(AmazonS3Builder::from_env().with_bucket_name(bucket), prefix, SILENCE)
}

fn build(s3: AmazonS3Builder, prefix: &str, silence: Duration) -> Result<Arc<dyn ObjectStore>, Error> {
    let retry = RetryConfig { max_retries: 6, retry_timeout: silence, ..RetryConfig::default() };
    let store = s3.with_retry(retry).with_http_connector(Transport { silence }).build()?;
    Ok(match prefix {
        "" => Arc::new(store),
        prefix => Arc::new(PrefixStore::new(store, prefix)),
    })
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
