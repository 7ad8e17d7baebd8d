//! `openrosa login`: a server gets a name, and its secret a place.

use url::Url;

use crate::exit::{Exit, Failure, complain};
use crate::page::typed_option;
use crate::servers::address::{self, PLACE};
use crate::servers::{self, SecretIn, Server, Servers, With};
use crate::target::check_address;
use crate::terminal::say;

/// Give a server a name, to be used with --server, and keep what is needed to come in.
///
/// The secret is typed, read from standard input, or stays in an environment variable; it is kept in the keyring of the
/// system, never in a file. `openrosa whoami` shows what is kept, `openrosa logout` forgets it.
///
/// The address that ODK Central shows for an app user may be given whole: the token in it is taken out of it, and so is that of a
/// draft, of a public link, or of a collector of KoboToolbox. A place for it is left, which reads TOKEN.
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
    let in_address = take_token(&mut server)?;
    check_project(&server)?;
    // Nothing is put into the keyring for a file that cannot be read.
    Servers::read()?;
    server.secret = keep(args, &server, in_address)?;
    let is_in_keyring = server.secret == Some(SecretIn::Keyring);
    let known = Servers::change(|servers| servers.servers.insert(args.name.clone(), server))?;
    if !is_in_keyring && known.as_ref().is_some_and(|known| known.secret == Some(SecretIn::Keyring)) {
        forget_the_other(&args.name);
    }
    say(format_args!("{} {} ({})", if known.is_some() { "changed" } else { "added" }, args.name, peer.title));
    let server = typed_option("--server", &args.name);
    say(format_args!("  openrosa forms list {server}\n  openrosa submit FORM {server}"));
    Ok(Exit::Clean)
}

/// The secret of before is nobody's any more. What is kept from now on is kept, also where the keyring cannot be had.
fn forget_the_other(name: &str) {
    if let Err(failure) = servers::forget(name) {
        complain(&format!("the secret that was kept for `{name}` before is still in the keyring: {failure}"));
    }
}

/// Takes the token out of the address. Of `/v1/key/{token}/projects/{project}` the project is all that is left; elsewhere a place
/// for the token is.
fn take_token(server: &mut Server) -> Result<Option<String>, Failure> {
    let (bare, mut tokens) = address::taken_out(&server.url);
    tokens.dedup();
    if tokens.len() > 1 {
        let failure = Failure::new("the address carries several tokens, and one is kept for a server");
        return Err(failure.remedy("the address with one of them"));
    }
    if !address::has_place(&bare) {
        return Ok(None);
    }
    server.with = With::AddressToken;
    if bare.path().contains("/v1/") {
        server.kind = openrosa_http::peer::ODK_CENTRAL.name.to_owned();
    }
    server.url = bare;
    if let Some(project) = project(&server.url) {
        if let Some(told) = server.project.filter(|told| *told != project) {
            return Err(Failure::new(format!(
                "the address is of project {project}, and --project says {told}"
            )));
        }
        server.project = Some(project);
        server.url.set_path("");
    }
    Ok(tokens.pop())
}

/// The project of an app user of ODK Central, where its address says nothing else.
fn project(bare: &Url) -> Option<u64> {
    let rest = bare.path().strip_prefix("/v1/key/")?.strip_prefix(PLACE)?.strip_prefix("/projects/")?;
    rest.trim_end_matches('/').parse().ok().filter(|_| bare.query().is_none())
}

/// An address without a place for the token is put together with the project, which somebody has to tell.
fn check_project(server: &Server) -> Result<(), Failure> {
    let is_for_it = server.with == With::AddressToken && !address::has_place(&server.url);
    if let Some(project) = server.project.filter(|_| !is_for_it) {
        let failure = Failure::new("--project is for an app user whose address names none");
        return Err(
            failure.remedy(format!("an address that ends in /v1/projects/{project}, without --project"))
        );
    }
    let is_told =
        server.with != With::AddressToken || address::has_place(&server.url) || server.project.is_some();
    if is_told {
        return Ok(());
    }
    let failure = Failure::new("an app user works in a project");
    Err(failure.remedy("--project NUMBER, or the address that ODK Central shows for the app user"))
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
    server.can_remember(&args.name)?;
    let secret = match in_address {
        Some(token) => openrosa_http::auth::Secret::new(token),
        None => servers::given(what, server.with.secret(&servers::asked(what, args.secret_stdin)?))?,
    };
    server.remember(&args.name, &secret)?;
    Ok(Some(SecretIn::Keyring))
}
