//! What is wrong with a document, for the page that shows it.

use openrosa_xml::check::{self, Finding, Options};
use tokio::task::spawn_blocking;

use super::failed::Failed;
use crate::terminal::tell;

/// A document of megabytes is looked at for as long as hundreds of forms take to be received: that is done beside the threads that
/// answer others.
pub(super) async fn findings(text: &str) -> Result<Vec<Finding>, Failed> {
    let text = text.to_owned();
    let found = spawn_blocking(move || check::document(&text, &Options::default()).into_findings()).await;
    found.map_err(|error| {
        tell(format_args!("a document could not be checked: {error}"));
        Failed::Inside
    })
}
