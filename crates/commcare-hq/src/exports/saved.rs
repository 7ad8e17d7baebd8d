//! Exports that HQ keeps as files.

use http::Request;

use crate::client::download::File;
use crate::endpoint::{Payload, get};
use crate::error::Error;
use crate::site::{Site, escape};

/// The file of an export that HQ makes anew every day, as it was made last. Whatever is wrong is a 404: that there is no such export,
/// that its file was not made yet, that the account may not see it, that the plan has no saved exports.
///
/// ```
/// use commcare_hq::{client::download::File, exports::Saved, site::Site};
///
/// let request = Saved::new("e1").request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!(request.uri().path(), "/a/riverside/data/export/custom/dailysaved/download/e1/");
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `GET /a/{d}/data/export/custom/dailysaved/download/{export_id}/`, as routed in 2019; nothing newer is known.
/// *Spec*: commcare-hq-api.md 2, R8b.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Saved {
    /// Which.
    pub export_id: String,
}

impl Saved {
    /// The file of the export of this id.
    pub fn new(export_id: impl Into<String>) -> Self {
        Self { export_id: export_id.into() }
    }
}

impl File for Saved {
    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        get(site
            .below_project(&format!("data/export/custom/dailysaved/download/{}/", escape(&self.export_id))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{answer, hq, trail};

    #[tokio::test]
    async fn a_saved_export_is_a_file() {
        let (client, seen) = hq(|_| {
            let name = ("Content-Disposition", "attachment; filename=\"Clients 2026-02-03.xlsx\"");
            answer(200, &[name, ("Content-Type", "application/vnd.ms-excel")], "PK...")
        });
        let mut file = client.download(&Saved::new("e/1")).await.unwrap();
        assert_eq!(file.name.as_deref(), Some("Clients 2026-02-03.xlsx"));
        assert_eq!(file.chunk().await.unwrap().as_deref(), Some(&b"PK..."[..]));
        assert_eq!(trail(&seen), ["GET /a/riverside/data/export/custom/dailysaved/download/e%2F1/"]);
        let (client, _) = hq(|_| answer(404, &[], "<html><title>Not Found</title></html>"));
        assert!(client.download(&Saved::new("e9")).await.unwrap_err().is_not_found());
    }
}
