//! A form and its files in a folder of their own, as ODK Collect keeps them and as `openrosa submit` takes them.

use std::fs;
use std::path::{Path, PathBuf};

use super::form::Built;
use crate::exit::Failure;

/// Writes `DIR/<instance>/<instance>.xml` and the files beside it; the path of the form.
pub(super) fn write(out: &Path, built: &Built) -> Result<PathBuf, Failure> {
    let name = plain(built.instance_id.as_str());
    let folder = out.join(&name);
    fs::create_dir_all(out).map_err(|error| cannot("make", out, &error))?;
    // A folder that is there already holds another form, or this one, which may have been sent.
    fs::create_dir(&folder).map_err(|error| cannot("make", &folder, &error))?;
    for (from, file_name) in &built.files {
        fs::copy(from, folder.join(file_name)).map_err(|error| cannot("copy", from, &error))?;
    }
    let form = folder.join(format!("{name}.xml"));
    fs::write(&form, &built.xml).map_err(|error| cannot("write", &form, &error))?;
    Ok(form)
}

/// An id as a file name: other characters than these mean something to some file system.
fn plain(id: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' };
    id.chars().take(100).map(safe).collect()
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot {what} `{}`: {error}", path.display()))
}
