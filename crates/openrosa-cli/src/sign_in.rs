//! Who sends, and how far the password may travel.

use std::io::{self, BufRead};

use openrosa_http::auth::Credentials;
use openrosa_http::client::{BasicOverHttp, Client};
use openrosa_http::transport::Transport;
use url::Url;

use crate::exit::Failure;

/// The options by which a person signs in. A password is never an argument: others on the machine see those.
#[derive(clap::Args)]
pub(crate) struct SignIn {
    /// Who sends; the password comes from --password-env or --password-stdin
    #[arg(long, value_name = "NAME", requires = "password")]
    user: Option<String>,
    /// The environment variable that holds the password
    #[arg(long, value_name = "VARIABLE", group = "password", requires = "user")]
    password_env: Option<String>,
    /// Read the password from the first line of standard input
    #[arg(long, group = "password", requires = "user")]
    password_stdin: bool,
    /// Send user and password on https before being asked, as ODK Central needs it
    #[arg(long, requires = "user")]
    preemptive_basic: bool,
    /// Send the password in the clear, if the server asks for it over plain http; also that of a server with a name
    #[arg(long)]
    allow_basic_over_http: bool,
}

impl SignIn {
    /// Hands the credentials to a client, for the server at `to` only.
    pub(crate) fn apply<T: Transport>(&self, mut client: Client<T>, to: &Url) -> Result<Client<T>, Failure> {
        if let Some(user) = &self.user {
            client = client.credentials(to, Credentials::new(user, self.password()?));
        }
        if self.preemptive_basic {
            client = client.preemptive_basic();
        }
        Ok(self.allow(client))
    }

    /// The same client, which may send its password as far as is allowed here.
    pub(crate) fn allow<T: Transport>(&self, client: Client<T>) -> Client<T> {
        match self.allow_basic_over_http {
            true => client.basic_over_http(BasicOverHttp::Allow),
            false => client,
        }
    }

    fn password(&self) -> Result<String, Failure> {
        if let Some(variable) = &self.password_env {
            let missing = || format!("the environment has no `{variable}` to take the password from");
            return std::env::var(variable).map_err(|_| Failure::new(missing()));
        }
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        read.map_err(|error| Failure::new(format!("cannot read the password: {error}")))?;
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }
}
