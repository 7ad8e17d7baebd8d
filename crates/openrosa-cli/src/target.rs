//! Which server a command works with: one with a name, or an address.

use openrosa_http::client::Client;
use openrosa_http::headers::AcceptLanguage;
use openrosa_http::peer::Peer;
use openrosa_http::transport::Transport;
use openrosa_http::transport::hyper::Hyper;
use url::Url;

use crate::exit::Failure;
use crate::servers::{self, Servers};
use crate::sign_in::SignIn;

/// The server, and who asks.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("which").args(["server", "url"]).required(true)))]
pub(crate) struct Target {
    /// A server that `openrosa login` has given a name
    #[arg(long, value_name = "NAME", conflicts_with = "user")]
    server: Option<String>,
    // Not a doc comment, which would want the address to be a link.
    #[arg(
        long,
        value_name = "URL",
        help = "The address of a server, such as https://odk.example/v1/projects/1"
    )]
    url: Option<Url>,
    /// The kind of server behind --url: openrosa, commcare-hq, odk-central, aggregate, kobotoolbox
    #[arg(long, value_name = "KIND", requires = "url", default_value = "openrosa")]
    kind: String,
    #[command(flatten)]
    sign_in: Box<SignIn>,
    #[command(flatten)]
    asker: Asker,
}

/// What a server is told about who asks.
#[derive(clap::Args)]
pub(crate) struct Asker {
    /// What this device calls itself
    #[arg(long, value_name = "ID")]
    device_id: Option<String>,
    /// The language wanted for the server's words, such as `sw` or `fr`
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
}

/// A server to work with.
pub(crate) struct Opened {
    /// The address to work below.
    pub(crate) url: Url,
    pub(crate) client: Client<Hyper>,
    pub(crate) peer: &'static Peer,
}

impl Target {
    /// The server, where it has a name.
    pub(crate) fn server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    pub(crate) fn open(&self) -> Result<Opened, Failure> {
        let transport = Hyper::new().map_err(|error| Failure::new(error.to_string()))?;
        let client = self.asker.introduce(Client::new(transport))?;
        let Some(url) = &self.url else {
            let name = self.server.as_deref().unwrap_or_default();
            let servers = Servers::read()?;
            let server = servers.get(name)?;
            let (url, client) = server.open(name, self.sign_in.allow(client))?;
            return Ok(Opened { url, client, peer: server.peer()? });
        };
        check_address(url)?;
        let peer = servers::peer(&self.kind)?;
        let client = self.sign_in.apply(client.for_peer(peer), url)?;
        Ok(Opened { url: url.clone(), client, peer })
    }
}

impl Asker {
    /// A client that says so.
    pub(crate) fn introduce<T: Transport>(&self, mut client: Client<T>) -> Result<Client<T>, Failure> {
        if let Some(device_id) = &self.device_id {
            client = client.device_id(device_id);
        }
        if let Some(tag) = &self.language {
            let language = AcceptLanguage::new(tag);
            client = client.accept_language(language.ok_or_else(|| Failure::new("that is no language tag"))?);
        }
        Ok(client)
    }
}

/// Told once and before anything is sent, rather than with every form.
pub(crate) fn check_address(to: &Url) -> Result<(), Failure> {
    if !matches!(to.scheme(), "http" | "https") {
        return Err(Failure::new(format!("no server answers at a `{}:` address", to.scheme())));
    }
    if !to.username().is_empty() || to.password().is_some() {
        let failure = Failure::new("the address carries credentials, which would end up in logs");
        return Err(failure.remedy("an address without them, and --user NAME"));
    }
    Ok(())
}

/// Runs a command that waits for a server.
pub(crate) fn wait<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("cannot start: {error}")))?;
    runtime.block_on(work)
}
