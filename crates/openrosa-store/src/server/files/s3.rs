//! An object store that speaks S3.

use std::{iter, pin::Pin, sync::Arc, time::Duration};

use object_store::{
    ClientOptions, ObjectStore, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    client::{HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService},
    path::Path as Key,
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
        // As it is written: where nothing is encoded, whoever looks into the bucket finds it.
        prefix => Arc::new(PrefixStore::new(store, Key::parse(prefix).map_err(ServerKind::Prefix)?)),
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
        Ok(HttpClient::new(Exchange(HttpClient::new(Reqwest::client(self.silence).map_err(failed)?))))
    }
}

/// A request and its answer. That a store has too much to do, or is at fault, is no answer: it is tried again, and where that is in
/// vain, whoever waits is told to come again, as where there is no answer at all.
#[derive(Debug)]
struct Exchange(HttpClient);

/// What a store says that does not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[error("the store answers {status}: {text}")]
struct Unable {
    status: u16,
    text: String,
}

/// It does not know the like of it, and never will.
const NOT_IMPLEMENTED: u16 = 501;

impl HttpService for Exchange {
    fn call<'s, 'f>(
        &'s self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'f>>
    where
        's: 'f,
        Self: 'f,
    {
        Box::pin(async move {
            let answer = self.0.execute(request).await?;
            let status = answer.status().as_u16();
            let kind = match status {
                NOT_IMPLEMENTED => HttpErrorKind::Unknown,
                429 | 500..=599 => HttpErrorKind::Request,
                _ => return Ok(answer),
            };
            let text = String::from_utf8_lossy(&answer.into_body().bytes().await?).into_owned();
            Err(HttpError::new(kind, Unable { status, text }))
        })
    }
}

/// Whether the store says that it has not heard of what it was asked.
pub(super) fn is_unheard_of(error: &object_store::Error) -> bool {
    let mut causes = iter::successors(std::error::Error::source(error), |error| error.source());
    causes.any(|error| error.downcast_ref::<Unable>().is_some_and(|unable| unable.status == NOT_IMPLEMENTED))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use object_store::PutMode;
    use openrosa_http::server::Rejection;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

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

    /// Answers every request so, one a connection; how often it was asked.
    async fn answers(answer: &'static str) -> (u16, Arc<AtomicUsize>) {
        let store = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, asked) = (store.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = store.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let mut request = [0; 4096];
                let _ = connection.read(&mut request).await;
                let _ = connection.write_all(answer.as_bytes()).await;
            }
        });
        (port, asked)
    }

    /// As Amazon's when too much is asked of it, and one behind a proxy that is about to end.
    #[tokio::test]
    async fn a_store_that_has_too_much_to_do_is_tried_again_and_then_the_device_is_to_come_again() {
        let slow_down = "HTTP/1.1 503 Slow Down\r\nConnection: close\r\nContent-Length: 8\r\n\r\nSlowDown";
        let too_many = "HTTP/1.1 429 Too Many\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        for answer in [slow_down, too_many, ""] {
            let (port, asked) = answers(answer).await;
            let files = Files::in_store(build(local(port), "p", Duration::from_millis(300)).unwrap());
            let mut file = files.begin();
            file.write("photo".into()).await.unwrap();
            let error = file.finish().await.unwrap_err();
            assert!(error.is_silent_place(), "{answer}: {error:?}");
            assert!(asked.load(Ordering::SeqCst) > 1, "{answer}: {error}");
            assert_eq!(error.to_string().contains("SlowDown"), answer == slow_down, "{error}");
            assert!(matches!(refused(error), Rejection::Busy { .. }));
        }
    }

    #[tokio::test]
    async fn a_store_that_knows_no_conditions_says_so_once() {
        let (port, asked) =
            answers("HTTP/1.1 501 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").await;
        let store = build(local(port), "p", SILENCE).unwrap();
        let error = store.put_opts(&"x".into(), "y".into(), PutMode::Create.into()).await.unwrap_err();
        assert!(is_unheard_of(&error), "{error:?}");
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    /// Whoever looks into the bucket finds it where it was said to be.
    #[test]
    fn a_prefix_is_what_was_said() {
        let shown = |prefix: &str| build(local(1), prefix, SILENCE).map(|store| store.to_string());
        for prefix in ["données", "50%25/z", "a b"] {
            assert!(shown(prefix).unwrap().contains(prefix), "{}", shown(prefix).unwrap());
        }
        for prefix in ["x//y", "x/../y", "a\tb"] {
            assert!(shown(prefix).unwrap_err().is_no_prefix(), "{prefix}");
        }
    }
}
