//! Which project, and who works there.

use commcare_hq::Client;
use commcare_hq::client::patience::Patience;
use commcare_hq::site::{Site, Style};
use commcare_hq::throttle::{Limiter, Rates};
use openrosa_http::auth::{ApiKey, Credentials};
use openrosa_http::client::BasicOverHttp;
use openrosa_http::peer::COMMCARE_HQ;
use openrosa_http::transport::hyper::Hyper;
use url::Url;

use crate::exit::Failure;
use crate::servers::{self, Servers, With};
use crate::target::check_address;

/// The project, and who works there.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("which").args(["server", "url"]).required(true)))]
pub(crate) struct Account {
    /// A server that `openrosa login` has given a name
    #[arg(long, value_name = "NAME", conflicts_with = "user")]
    server: Option<String>,
    // Not a doc comment, which would want the address to be a link.
    #[arg(
        long,
        value_name = "URL",
        requires = "key_env",
        help = "The address of a project, such as https://www.commcarehq.org/a/demo/"
    )]
    url: Option<Url>,
    /// Whose key --key-env has
    #[arg(long, value_name = "NAME", requires = "key_env")]
    user: Option<String>,
    /// The environment variable that holds a key of the API
    #[arg(long, value_name = "VARIABLE", requires = "user")]
    key_env: Option<String>,
    /// Send secrets over plain http
    #[arg(long)]
    allow_http: bool,
    /// How many mobile workers the project's plan has: keeps to the requests that they have
    #[arg(long, value_name = "NUMBER")]
    workers: Option<u32>,
    /// Ask by the current addresses rather than by the classic ones
    #[arg(long)]
    current: bool,
    /// How many seconds to go on trying
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    patience: u64,
}

impl Account {
    pub(crate) fn open(&self) -> Result<Client<Hyper>, Failure> {
        let transport = Hyper::new().map_err(|error| Failure::new(error.to_string()))?;
        let client = match &self.url {
            Some(url) => self.with_key(transport, url)?,
            None => self.named(transport)?,
        };
        let mut client = client.patience(Patience { deadline: self.patience(), ..Patience::default() });
        if let Some(workers) = self.workers {
            client = client.limiter(Limiter::new(Rates::promised(workers)));
        }
        if self.allow_http {
            client = client.basic_over_http(BasicOverHttp::Allow);
        }
        Ok(client)
    }

    /// How long to go on trying.
    pub(crate) fn patience(&self) -> std::time::Duration {
        std::time::Duration::from_secs(self.patience)
    }

    fn client(&self, transport: Hyper, url: &Url) -> Result<Client<Hyper>, Failure> {
        check_address(url)?;
        let site = Site::parse(url.as_str()).map_err(|error| Failure::new(error.to_string()))?;
        let style = if self.current { Style::Current } else { Style::Classic };
        Ok(Client::new(transport, site.style(style)))
    }

    fn with_key(&self, transport: Hyper, url: &Url) -> Result<Client<Hyper>, Failure> {
        let client = self.client(transport, url)?;
        let key = servers::from_environment(self.key_env.as_deref().unwrap_or_default())?;
        let key = With::ApiKey.secret(&key);
        Ok(client.api_key(ApiKey::new(self.user.as_deref().unwrap_or_default(), key)))
    }

    fn named(&self, transport: Hyper) -> Result<Client<Hyper>, Failure> {
        let name = self.server.as_deref().unwrap_or_default();
        let servers = Servers::read()?;
        let server = servers.get(name)?;
        if server.peer()?.name != COMMCARE_HQ.name {
            let failure = Failure::new(format!("`{name}` is no CommCare HQ, but {}", server.kind));
            return Err(
                failure.remedy("a server that was named with: openrosa login NAME URL --kind commcare-hq")
            );
        }
        let client = self.client(transport, &server.url)?;
        let Some(secret) = server.secret(name)? else { return Ok(client) };
        let user = server.user.as_deref().unwrap_or_default();
        match server.with {
            With::Password => Ok(client.password(Credentials::new(user, secret.expose()))),
            With::ApiKey => Ok(client.api_key(ApiKey::new(user, secret))),
            With::Bearer => Ok(client.bearer(secret)),
            With::AddressToken => Err(Failure::new("tokens in addresses are ODK Central's")),
        }
    }
}
