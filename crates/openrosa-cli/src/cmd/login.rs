//! `openrosa login`: a server gets a name, and its secret a place.

use url::Url;

use crate::exit::{Exit, Failure};
use crate::servers::{self, SecretIn, Server, Servers, With};
use crate::target::check_address;
use crate::terminal::say;

/// Give a server a name, to be used with --server, and keep what is needed to come in.
///
/// The secret is typed, read from standard input, or stays in an environment variable; it is kept in the keyring of the
/// system, never in a file. `openrosa whoami` shows what is kept, `openrosa logout` forgets it.
///
/// The address that ODK Central shows for an app user may be given whole: the token in it is taken out of it.
///
/// Exit status: 0, or 2 when something could not be kept.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What to call it
    name: String,
    // Not a doc comment, which would want the address to be a link.
    #[arg(
        help = "Its address, such as https://odk.example/v1/projects/1 or https://www.commcarehq.org/a/demo"
    )]
    url: Url,
    /// The kind of server: openrosa, commcare-hq, odk-central, aggregate, kobotoolbox
    #[arg(long, value_name = "KIND", default_value = "openrosa")]
    kind: String,
    /// Who signs in; without a name, and without a token, nobody does
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// What to sign in with
    #[arg(long, value_enum, default_value_t)]
    with: With,
    /// The project of ODK Central, for an app user
    #[arg(long, value_name = "NUMBER")]
    project: Option<u64>,
    /// Leave the secret in this environment variable
    #[arg(long, value_name = "VARIABLE", group = "secret")]
    secret_env: Option<String>,
    /// Read the secret from the first line of standard input
    #[arg(long, group = "secret")]
    secret_stdin: bool,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    check_address(&args.url)?;
    let peer = servers::peer(&args.kind)?;
    let mut server = Server {
        url: args.url.clone(),
        kind: peer.name.to_owned(),
        user: args.user.clone(),
        with: args.with,
        project: args.project,
        secret: None,
    };
    let in_address = take_token(&mut server);
    server.secret = keep(args, &server, in_address)?;
    let mut servers = Servers::read()?;
    let known = servers.servers.insert(args.name.clone(), server);
    servers.write()?;
    say(format_args!("{} {} ({})", if known.is_some() { "changed" } else { "added" }, args.name, peer.title));
    say(format_args!("  openrosa forms list --server {0}\n  openrosa submit FORM --server {0}", args.name));
    Ok(Exit::Clean)
}

/// Takes the token out of `/v1/key/{token}/projects/{project}`.
fn take_token(server: &mut Server) -> Option<String> {
    let path = server.url.path().to_owned();
    let rest = path.strip_prefix("/v1/key/")?;
    let (token, rest) = rest.split_once('/')?;
    let project = rest.strip_prefix("projects/")?.split('/').next()?.parse().ok()?;
    (server.with, server.project) = (With::AddressToken, Some(project));
    server.kind = openrosa_http::peer::ODK_CENTRAL.name.to_owned();
    server.url.set_path("");
    Some(token.to_owned())
}

/// Puts the secret where it is to be; where that is.
fn keep(args: &Args, server: &Server, in_address: Option<String>) -> Result<Option<SecretIn>, Failure> {
    if let Some(variable) = &args.secret_env {
        return Ok(Some(SecretIn::Env(variable.clone())));
    }
    let what = match server.with {
        With::Password if server.user.is_none() => return Ok(None),
        With::Password => "password",
        With::ApiKey if server.user.is_none() => {
            return Err(Failure::new("an API key is somebody's").remedy("--user NAME"));
        }
        With::ApiKey => "API key",
        With::Bearer | With::AddressToken => "token",
    };
    let secret = match in_address {
        Some(token) => openrosa_http::auth::Secret::new(token),
        None => servers::asked(what, args.secret_stdin)?,
    };
    servers::remember(&args.name, &secret)?;
    Ok(Some(SecretIn::Keyring))
}
