//! The folder as a host of forms: the same for every caller.

use std::io::SeekFrom;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use openrosa_http::api::form_list;
use openrosa_http::server::{BlankForm, Caller, Content, FormFile, FormVersion, Forms, Listing, Rejection};
use openrosa_xml::manifest::RelativePath;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use super::{FormsFolder, Found};

/// How much of a file is in memory while it goes out.
const CHUNK: usize = 64 * 1024;

impl FormsFolder {
    /// Off the threads that serve: the folder may have to be read anew.
    async fn now(&self) -> Result<Arc<Vec<Found>>, Rejection> {
        let folder = self.clone();
        let looked = tokio::task::spawn_blocking(move || folder.look()).await.map_err(Rejection::internal)?;
        looked.map_err(|failure| Rejection::internal(std::io::Error::other(failure.to_string())))
    }
}

/// The version that is asked for, or the one in force, which is the last.
fn find<'f>(found: &'f [Found], asked: &FormVersion) -> Option<&'f Found> {
    let version = |form: &Found| form.listed.version.clone().unwrap_or_default();
    let mut versions = found.iter().rev().filter(|form| form.listed.id == asked.id);
    versions.find(|form| asked.version.as_ref().is_none_or(|asked| *asked == version(form)))
}

impl Forms for FormsFolder {
    async fn list(&self, asked: &form_list::Request, _: &Caller) -> Result<Listing<BlankForm>, Rejection> {
        let found = self.now().await?;
        let wanted = |form: &&Found| asked.form_id.as_ref().is_none_or(|id| *id == form.listed.id);
        let is_old =
            |at: usize| found.get(at + 1).is_some_and(|next: &Found| next.listed.id == found[at].listed.id);
        let forms = found.iter().enumerate().filter(|(at, _)| asked.list_all_versions || !is_old(*at));
        let listed = forms.map(|(_, form)| form).filter(wanted).map(|form| Ok(form.listed.clone()));
        Ok(stream::iter(listed.collect::<Vec<_>>()).boxed())
    }

    async fn form(&self, form: &FormVersion, _: &Caller) -> Result<Option<Content>, Rejection> {
        let found = self.now().await?;
        let Some(form) = find(&found, form) else { return Ok(None) };
        Ok(Some(Content::of(form.source.clone())))
    }

    async fn files(&self, form: &FormVersion, _: &Caller) -> Result<Option<Vec<FormFile>>, Rejection> {
        let found = self.now().await?;
        let files = |form: &Found| form.files.iter().map(|(file, _)| file.clone()).collect();
        Ok(find(&found, form).map(files))
    }

    async fn file(
        &self,
        form: &FormVersion,
        path: &RelativePath<'_>,
        from: u64,
        _: &Caller,
    ) -> Result<Option<Content>, Rejection> {
        let found = self.now().await?;
        let mut files = find(&found, form).into_iter().flat_map(|form| &form.files);
        let Some((_, place)) = files.find(|(file, _)| file.path.as_str() == path.as_str()) else {
            return Ok(None);
        };
        content(place, from).await.map(Some)
    }
}

/// A file, as it is read.
async fn content(path: &Path, from: u64) -> Result<Content, Rejection> {
    let mut file = File::open(path).await.map_err(Rejection::internal)?;
    let length = file.metadata().await.map_err(Rejection::internal)?.len();
    let from = from.min(length);
    file.seek(SeekFrom::Start(from)).await.map_err(Rejection::internal)?;
    let pieces = stream::try_unfold(file, |mut file| async move {
        let mut piece = vec![0; CHUNK];
        let read = file.read(&mut piece).await?;
        piece.truncate(read);
        Ok::<_, std::io::Error>((read > 0).then(|| (Bytes::from(piece), file)))
    });
    Ok(Content::streamed(pieces).starting_at(from, length))
}
