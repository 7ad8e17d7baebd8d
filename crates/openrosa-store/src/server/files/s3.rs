//! An object store that speaks S3.

use std::sync::Arc;

use object_store::{
    ClientOptions, ObjectStore,
    aws::AmazonS3Builder,
    client::{HttpClient, HttpConnector},
    prefix::PrefixStore,
};
use openrosa_http::transport::reqwest::Reqwest;

use crate::error::Error;

pub(super) fn open(bucket: &str, prefix: &str) -> Result<Arc<dyn ObjectStore>, Error> {
    let store =
        AmazonS3Builder::from_env().with_bucket_name(bucket).with_http_connector(Transport).build()?;
    Ok(match prefix {
        "" => Arc::new(store),
        prefix => Arc::new(PrefixStore::new(store, prefix)),
    })
}

/// Our own transport: it trusts what the platform trusts, and follows no redirect.
#[derive(Debug)]
struct Transport;

impl HttpConnector for Transport {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let transport = Reqwest::new();
        let failed = |error| object_store::Error::Generic { store: "S3", source: Box::new(error) };
        Ok(HttpClient::new(transport.map_err(failed)?.into_client()))
    }
}
