//! The certificate of a server that speaks https itself, read again when its process is told so by SIGHUP.

use std::path::{Path, PathBuf};

use openrosa_http::server::operation::{Tls, TlsError};

use crate::exit::Failure;

/// Where certificate and key are.
#[derive(Clone)]
pub(crate) struct Pair {
    certificate: PathBuf,
    key: PathBuf,
}

impl From<(PathBuf, PathBuf)> for Pair {
    fn from((certificate, key): (PathBuf, PathBuf)) -> Self {
        Self { certificate, key }
    }
}

impl Pair {
    /// Reads both, and from then on whenever the process is told to.
    pub(super) fn open(&self) -> Result<Tls, Failure> {
        let (certificates, key) = self.read()?;
        let tls = Tls::from_pem(&certificates, &key).map_err(|error| self.unused(&error))?;
        self.clone().watch(tls.clone());
        Ok(tls)
    }

    fn read(&self) -> Result<(Vec<u8>, Vec<u8>), Failure> {
        Ok((content(&self.certificate)?, content(&self.key)?))
    }

    fn unused(&self, error: &TlsError) -> Failure {
        let (certificate, key) = (self.certificate.display(), self.key.display());
        Failure::new(format!("`{certificate}` and `{key}`: {error}"))
            .remedy("both as PEM, the key without a password, the certificate first of its chain")
    }

    #[cfg(unix)]
    fn replace(&self, tls: &Tls) -> Result<(), Failure> {
        let (certificates, key) = self.read()?;
        tls.replace(&certificates, &key).map_err(|error| self.unused(&error))
    }

    /// What is of no use then is told, and the server goes on as it was.
    #[cfg(unix)]
    fn watch(self, tls: Tls) {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut told) = signal(SignalKind::hangup()) else { return };
        tokio::spawn(async move {
            while told.recv().await.is_some() {
                match self.replace(&tls) {
                    Ok(()) => tracing::info!("the certificate was read again"),
                    Err(failure) => tracing::error!(error = %failure, "the certificate stays as it was"),
                }
            }
        });
    }

    /// There is no such signal.
    #[cfg(not(unix))]
    fn watch(self, _: Tls) {}
}

fn content(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::new(format!("cannot read `{}`: {error}", path.display())))
}
