//! `openrosa whoami`: the servers that are known, and as whom.

use crate::exit::{Exit, Failure};
use crate::page::seen;
use crate::servers::{SecretIn, Server, Servers, With, address};
use crate::table::{self, Side};
use crate::terminal::{print, say};

/// Show the servers that have a name, who signs in there, and where the secret is.
///
/// Nothing is asked of any server, and no secret is shown. With a name, whether the secret is there is looked up as well.
///
/// Exit status: 0, 1 when the secret of the server is not there, 2 when something could not be read.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// One of them
    name: Option<String>,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let servers = Servers::read()?;
    let Some(name) = &args.name else {
        if servers.servers.is_empty() {
            say("no server has a name yet\n  openrosa login NAME URL");
            return Ok(Exit::Clean);
        }
        let headings =
            ["name", "kind", "user", "with", "secret", "address"].map(|heading| (heading, Side::Left));
        let rows: Vec<_> = servers.servers.iter().map(|(name, server)| cells(name, server)).collect();
        let mut out = String::new();
        table::write(&mut out, &headings, &rows);
        print(&out);
        return Ok(Exit::Clean);
    };
    let server = servers.known(name)?;
    let mut out = String::new();
    let page = crate::page::Page::for_stdout();
    for ((label, _), cell) in
        [("name", 0), ("kind", 1), ("user", 2), ("with", 3), ("secret", 4), ("address", 5)]
            .into_iter()
            .zip(cells(name, server))
    {
        page.row(&mut out, 0, (label, 8), &cell);
    }
    print(&out);
    match server.secret(name) {
        Ok(_) => Ok(Exit::Clean),
        Err(failure) => {
            crate::exit::report(Err(failure));
            Ok(Exit::Findings)
        }
    }
}

fn cells(name: &str, server: &Server) -> Vec<String> {
    let with = match server.with {
        With::Password => "password",
        With::ApiKey => "API key",
        With::Bearer => "bearer token",
        With::AddressToken => "token in the address",
    };
    let secret = match &server.secret {
        None => "none".to_owned(),
        Some(SecretIn::Keyring) => "in the keyring".to_owned(),
        Some(SecretIn::Env(variable)) => format!("in ${variable}"),
    };
    let project = server.project.map_or_else(String::new, |project| format!(" project {project}"));
    vec![
        seen(name).into_owned(),
        server.kind.clone(),
        server.user.as_deref().map_or_else(|| "nobody".to_owned(), |user| seen(user).into_owned()),
        if server.secret.is_none() { "nothing".to_owned() } else { with.to_owned() },
        secret,
        // One that was written by hand, or before tokens were taken out, may have one in it.
        format!("{}{project}", address::taken_out(&server.url).0),
    ]
}
