//! Where forms are posted to, and by whom.

use openrosa_http::client::{Client, receiver_url, submission_url};
use openrosa_http::peer::COMMCARE_HQ;
use openrosa_http::transport::Transport;
use openrosa_http::transport::hyper::Hyper;
use url::Url;

use crate::exit::Failure;
use crate::servers::Servers;
use crate::sign_in::SignIn;
use crate::target::{Asker, check_address};

/// The server that forms go to, and who sends them.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("which").args(["to", "server"]).required(true)))]
pub(in crate::cmd) struct Road {
    // Not a doc comment, which would want the address to be a link.
    #[arg(
        long,
        value_name = "URL",
        help = "Where forms are posted to, such as https://odk.example/v1/projects/1/submission"
    )]
    to: Option<Url>,
    /// Instead of --to: a server that `openrosa login` has given a name
    #[arg(long, value_name = "NAME", conflicts_with_all = ["user", "commcare"])]
    server: Option<String>,
    #[command(flatten)]
    sign_in: Box<SignIn>,
    #[command(flatten)]
    asker: Asker,
    /// The server is CommCare HQ: speak its version of the protocol, send each form with all its files in one request, and sign
    /// in on https before being asked
    #[arg(long)]
    commcare: bool,
    /// Take 201 and 202 for delivery also when the answer is no OpenRosa envelope
    #[arg(long)]
    trust_status: bool,
}

impl Road {
    /// Fails where no form can be posted to.
    pub(in crate::cmd) fn check(&self) -> Result<(), Failure> {
        self.to.as_ref().map_or(Ok(()), check_address)
    }

    /// The server, where it has a name.
    pub(in crate::cmd) fn server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    /// Where the forms go, and the client that takes them there.
    pub(in crate::cmd) fn open(&self) -> Result<(Url, Client<Hyper>), Failure> {
        self.check()?;
        let transport = Hyper::new().map_err(|error| Failure::new(error.to_string()))?;
        let client = self.told(Client::new(transport))?;
        if let Some(to) = &self.to {
            return Ok((to.clone(), self.sign_in.apply(client, to)?));
        }
        let name = self.server.as_deref().unwrap_or_default();
        let servers = Servers::read()?;
        let server = servers.get(name)?;
        let (url, client) = server.open(name, self.sign_in.allow(client))?;
        let to = if server.kind == COMMCARE_HQ.name { receiver_url(&url) } else { submission_url(&url) };
        Ok((to, client))
    }

    fn told<T: Transport>(&self, client: Client<T>) -> Result<Client<T>, Failure> {
        let mut client = self.asker.introduce(client)?;
        if self.commcare {
            client = client.for_peer(&COMMCARE_HQ);
        }
        if self.trust_status {
            client = client.trust_status();
        }
        Ok(client)
    }
}
