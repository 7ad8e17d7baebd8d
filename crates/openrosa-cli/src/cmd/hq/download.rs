//! Files of forms, applications, and exports that are kept.

use std::fs;
use std::path::Path;

use commcare_hq::Client;
use commcare_hq::applications::{Ccz, Latest};
use commcare_hq::attachments::FormFile;
use commcare_hq::client::download::File;
use commcare_hq::exports::Saved;
use commcare_hq::forms;
use indicatif::HumanBytes;
use openrosa_http::transport::hyper::Hyper;

use super::{DownloadArgs, failed};
use crate::cmd::forms::safe;
use crate::durable::{self, At as _};
use crate::exit::{Exit, Failure, complain};
use crate::fleeting::Fleeting;
use crate::folder::parent;
use crate::target::wait;
use crate::terminal::say;

/// What can be downloaded.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Of {
    /// The files of a form
    Attachments,
    /// The newest released build of an application
    Ccz,
    /// An application as it is edited
    CczSaved,
    /// The file of an export that is made anew every day
    Export,
}

pub(crate) fn run(args: &DownloadArgs) -> Result<Exit, Failure> {
    let hq = args.account.open()?;
    wait(async {
        match args.what {
            Of::Attachments => attachments(&hq, &args.id, &args.out).await,
            Of::Export => file(&hq, &Saved::new(&*args.id), &args.out).await,
            Of::Ccz => file(&hq, &Ccz::new(&*args.id).latest(Latest::Release), &args.out).await,
            Of::CczSaved => file(&hq, &Ccz::new(&*args.id).latest(Latest::Save), &args.out).await,
        }
    })
}

async fn file(hq: &Client<Hyper>, file: &impl File, out: &Path) -> Result<Exit, Failure> {
    let bytes = save(hq, file, out).await?;
    say(format_args!("{} ({})", out.display(), HumanBytes(bytes)));
    Ok(Exit::Clean)
}

/// Under `path` there is the whole file or what was there before, and nothing beside it, however the command ends. How many bytes
/// it has.
async fn save(hq: &Client<Hyper>, file: &impl File, path: &Path) -> Result<u64, Failure> {
    let unwritten = |error| Failure::new(format!("cannot write {error}"));
    let place = durable::place(path).map_err(unwritten)?;
    let making = Fleeting::within(parent(&place)).at(path).map_err(unwritten)?;
    let whole = making.path().join("whole");
    let download = hq.download(file).await.map_err(|error| failed(&error))?;
    let bytes = download.save(&whole).await.map_err(|error| failed(&error))?;
    durable::put(&whole, &place).map_err(unwritten)?;
    Ok(bytes)
}

/// All of them are tried; one that fails is told.
async fn attachments(hq: &Client<Hyper>, form_id: &str, folder: &Path) -> Result<Exit, Failure> {
    let form = hq.call(&forms::Get::new(form_id)).await.map_err(|error| failed(&error))?;
    fs::create_dir_all(folder)
        .map_err(|error| Failure::new(format!("cannot make `{}`: {error}", folder.display())))?;
    let mut exit = Exit::Clean;
    for (name, attachment) in &form.attachments {
        let path = folder.join(safe(name));
        match save(hq, &FormFile::of(attachment), &path).await {
            Ok(bytes) => say(format_args!("{} ({})", path.display(), HumanBytes(bytes))),
            Err(failure) => {
                complain(&format!("{}: {failure}", path.display()));
                exit = Exit::Findings;
            }
        }
    }
    Ok(exit)
}
