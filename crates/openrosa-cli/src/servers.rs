//! The servers that a person has given names to, and where the secrets for them are.
//!
//! ```toml
//! database = "/home/amina/field.db"
//!
//! [servers.field]
//! url = "https://odk.example"
//! kind = "odk-central"
//! with = "address-token"
//! project = 7
//! secret = "keyring"
//!
//! [servers.hq]
//! url = "https://www.commcarehq.org/a/demo/"
//! kind = "commcare-hq"
//! user = "amina@demo.commcarehq.org"
//! secret = { env = "HQ_PASSWORD" }
//! ```
//!
//! No secret is ever in the file, and nobody but the user reads it. A token that stands elsewhere in an address than where an app
//! user has it leaves its place there, as in `https://kobo.example/collector/TOKEN`. Beside the servers it may name the database
//! of this device, with its outbox.

pub(crate) mod address;
mod keyring;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process;

use clap::ValueEnum as _;
use etcetera::{BaseStrategy as _, choose_base_strategy};
use openrosa_http::auth::{AddressToken, ApiKey, Credentials, Secret};
use openrosa_http::client::Client;
use openrosa_http::peer::{OPENROSA, Peer};
use openrosa_http::transport::Transport;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::durable;
use crate::exit::Failure;
use crate::input::Input;
use crate::page::{typed, typed_last, typed_option};
use crate::signals;
use crate::target::check_address;

/// All that are named.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Servers {
    /// Where the forms wait that are to be sent. A relative path is one beside this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) database: Option<PathBuf>,
    #[serde(default)]
    pub(crate) servers: BTreeMap<String, Server>,
}

/// One server.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Server {
    pub(crate) url: Url,
    #[serde(default = "plain")]
    pub(crate) kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
    #[serde(default)]
    pub(crate) with: With,
    /// The project of ODK Central that an address token leads to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) project: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) secret: Option<SecretIn>,
}

fn plain() -> String {
    OPENROSA.name.to_owned()
}

/// What one signs in with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum With {
    /// A password, by Basic or Digest as the server asks
    #[default]
    Password,
    /// A key of CommCare HQ's API
    ApiKey,
    /// A bearer token
    Bearer,
    /// The token of an app user of ODK Central, which stands in the address
    AddressToken,
}

impl With {
    /// The secret as it is used: blanks around it belong to a password only.
    pub(crate) fn secret(self, given: &Secret) -> Secret {
        match self {
            Self::Password => given.clone(),
            _ => Secret::new(given.expose()),
        }
    }
}

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SecretIn {
    /// In the keyring of the system.
    Keyring,
    /// In this environment variable.
    Env(String),
}

impl Servers {
    /// The file: `$OPENROSA_CONFIG`, else `openrosa/config.toml` where programs of this system keep such things.
    pub(crate) fn path() -> Result<PathBuf, Failure> {
        if let Some(path) = std::env::var_os("OPENROSA_CONFIG").filter(|path| !path.is_empty()) {
            return Ok(path.into());
        }
        let place = choose_base_strategy();
        let place = place.map_err(|error| Failure::new(format!("no place for settings: {error}")))?;
        Ok(place.config_dir().join("openrosa").join("config.toml"))
    }

    /// What is in the file; nothing where there is none.
    pub(crate) fn read() -> Result<Self, Failure> {
        let path = Self::path()?;
        if !is_there(&path)? {
            return Ok(Self::default());
        }
        let settings = Input::open_small(&path)?;
        let text = settings.text()?;
        toml::from_str(text).map_err(|error| misread(&path, text, &error))
    }

    /// Changes the file as it is now, which is whole at every instant, and the user's alone. Others wait.
    pub(crate) fn change<T>(with: impl FnOnce(&mut Self) -> T) -> Result<T, Failure> {
        let path = Self::path()?;
        let folder = crate::folder::parent(&path);
        fs::create_dir_all(folder).map_err(|error| unwritten(&path, &error))?;
        let _lock = alone(&folder.join(".config.toml.lock")).map_err(|error| unwritten(&path, &error))?;
        let mut servers = Self::read()?;
        let changed = with(&mut servers);
        servers.write(&path)?;
        Ok(changed)
    }

    /// Where the name leads elsewhere, as into a repository of settings, it goes on doing so.
    fn write(&self, path: &Path) -> Result<(), Failure> {
        let text = toml::to_string(self).map_err(|error| unwritten(path, &error))?;
        let path = crate::folder::led_to(path).unwrap_or_else(|_| path.to_owned());
        let spare = crate::folder::parent(&path).join(".config.toml.new");
        durable::write_private(&spare, text.as_bytes(), &path).map_err(|error| unwritten(&path, &error))
    }

    /// One to work with.
    pub(crate) fn get(&self, name: &str) -> Result<&Server, Failure> {
        self.known(name).map_err(|failure| match self.servers.is_empty() {
            true => failure.remedy(format!("openrosa login {} URL", typed_last(name))),
            false => failure,
        })
    }

    /// One to look at, or to forget.
    pub(crate) fn known(&self, name: &str) -> Result<&Server, Failure> {
        self.servers.get(name).ok_or_else(|| {
            let failure = Failure::new(format!("no server is called `{name}`"));
            match self.servers.keys().min_by_key(|known| strsim::osa_distance(known, name)) {
                Some(known) => failure.remedy(format!("`{known}`; all servers: openrosa whoami")),
                None => failure.remedy("openrosa whoami"),
            }
        })
    }
}

/// A folder that may not be looked into is none without servers. Below a file, as `/dev/null` where nobody has a home, is nothing.
fn is_there(path: &Path) -> Result<bool, Failure> {
    path.try_exists().or_else(|error| match error.kind() {
        io::ErrorKind::NotADirectory => Ok(false),
        _ => Err(unread(path, &error).remedy("OPENROSA_CONFIG, with the path of a file that may be read")),
    })
}

/// Waits for others; where a file system has no locks there is nothing to wait by.
fn alone(path: &Path) -> io::Result<File> {
    let file = File::create(path)?;
    match file.lock() {
        Err(error) if error.kind() != io::ErrorKind::Unsupported => Err(error),
        _ => Ok(file),
    }
}

fn unwritten(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("cannot write `{}`: {error}", path.display()))
}

fn unread(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("cannot read `{}`: {error}", path.display()))
}

/// Where in the file it does not make sense, and of the reason what quotes nothing: the line may have a secret in it.
fn misread(path: &Path, text: &str, error: &toml::de::Error) -> Failure {
    let begin = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let number = begin.matches('\n').count();
    let key = text.lines().nth(number).and_then(|line| line.split_once('=')).map(|(key, _)| key.trim());
    let is_plain =
        |key: &&str| key.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-'));
    let key = key.filter(is_plain);
    let of_key = key.map_or_else(String::new, |key| format!(", `{key}`,"));
    let reason = unquoted(error.message()).map_or_else(String::new, |reason| format!(": {reason}"));
    let failure =
        unread(path, &format_args!("line {}{of_key} is not what settings have{reason}", number + 1));
    match key {
        Some("secret") => {
            failure.remedy("\"keyring\" or { env = \"VARIABLE\" }; no secret stands in the file")
        }
        _ => failure,
    }
}

/// What a reason says of settings as they should be, and nothing of what is there: all names in it are ours.
fn unquoted(reason: &str) -> Option<&str> {
    if reason.starts_with("missing field `") {
        return Some(reason);
    }
    let is_of_a_list = ["unknown variant `", "unknown field `"].iter().any(|known| reason.starts_with(known));
    let at = reason.rfind(", expected ").filter(|_| is_of_a_list)?;
    Some(&reason[at + ", ".len()..])
}

impl Server {
    pub(crate) fn peer(&self) -> Result<&'static Peer, Failure> {
        peer(&self.kind)
    }

    /// The secret, from wherever it is; `None` where none is needed.
    pub(crate) fn secret(&self, name: &str) -> Result<Option<Secret>, Failure> {
        let secret = match &self.secret {
            None => return Ok(None),
            Some(SecretIn::Env(variable)) => from_environment(variable)?,
            Some(SecretIn::Keyring) => {
                let again = |failure: Failure| failure.remedy(self.login_without_keyring(name));
                keyring::get(name).map_err(again)?
            }
        };
        Ok(Some(self.with.secret(&secret)))
    }

    /// Puts its secret into the keyring of the system.
    pub(crate) fn remember(&self, name: &str, secret: &Secret) -> Result<(), Failure> {
        keyring::set(name, secret).map_err(|failure| self.without_store(name, failure))
    }

    /// Whether secrets can be put there, for who would be asked for one in vain.
    pub(crate) fn can_remember(&self, name: &str) -> Result<(), Failure> {
        keyring::is_at_hand(name).map_err(|failure| self.without_store(name, failure))
    }

    fn without_store(&self, name: &str, failure: Failure) -> Failure {
        failure.remedy(format!("{}, which keeps it out of any store", self.login_without_keyring(name)))
    }

    /// The login that says all that is known of it, as a person would type it, with the secret in the environment. The place of a token
    /// in the address stays one.
    fn login_without_keyring(&self, name: &str) -> String {
        let with = self.with.to_possible_value().filter(|_| self.with != With::default());
        let options = [
            Some(&self.kind).filter(|kind| **kind != plain()).map(|kind| typed_option("--kind", kind)),
            self.user.as_ref().map(|user| typed_option("--user", user)),
            with.map(|with| typed_option("--with", with.get_name())),
            self.project.map(|project| format!("--project {project}")),
        ];
        let options: String = options.into_iter().flatten().map(|option| option + " ").collect();
        format!(
            "openrosa login {options}--secret-env VARIABLE {} {}",
            typed_last(name),
            typed(self.url.as_str())
        )
    }

    /// The address to work below, and a client that may come in there.
    pub(crate) fn open<T: Transport>(
        &self,
        name: &str,
        client: Client<T>,
    ) -> Result<(Url, Client<T>), Failure> {
        check_address(&self.url)
            .map_err(|failure| failure.remedy(format!("openrosa login {} URL", typed_last(name))))?;
        let client = client.for_peer(self.peer()?);
        let Some(secret) = self.secret(name)? else { return Ok((self.url.clone(), client)) };
        let user = self.user.as_deref().unwrap_or_default();
        Ok(match self.with {
            With::Password => {
                let credentials = Credentials::new(user, secret.expose());
                (self.url.clone(), client.credentials(&self.url, credentials))
            }
            With::ApiKey => (self.url.clone(), client.api_key(&self.url, ApiKey::new(user, secret))),
            With::Bearer => (self.url.clone(), client.bearer(&self.url, secret)),
            With::AddressToken => (self.with_token(&secret)?, client),
        })
    }

    /// The address with its token, where it has a place for one, or that of an app user.
    fn with_token(&self, token: &Secret) -> Result<Url, Failure> {
        if address::has_place(&self.url) {
            return Ok(address::put_in(&self.url, token.expose()));
        }
        let token = AddressToken::new(token.expose())
            .ok_or_else(|| Failure::new("that is no token of an app user: they have 64 characters"))?;
        let project = self.project.ok_or_else(|| Failure::new("an app user works in a project"))?;
        Ok(token.project(&self.url, project))
    }
}

/// What a server's address is called where others may read it.
pub(crate) fn name_of(url: &Url) -> String {
    address::taken_out(url).0.as_str().trim_end_matches('/').to_owned()
}

/// The kind of server of this name.
pub(crate) fn peer(name: &str) -> Result<&'static Peer, Failure> {
    Peer::named(name).ok_or_else(|| {
        let names: Vec<_> = Peer::ALL.iter().map(|peer| peer.name).collect();
        Failure::new(format!("there is no kind of server `{name}`")).remedy(names.join(", "))
    })
}

/// The secret without a line end, blanks and all.
pub(crate) fn from_environment(variable: &str) -> Result<Secret, Failure> {
    let missing = || Failure::new(format!("the environment has no `{variable}` to take the secret from"));
    std::env::var(variable).map(Secret::password).map_err(|_| missing())
}

/// Takes a secret out of the keyring of the system, if it is there.
pub(crate) fn forget(name: &str) -> Result<(), Failure> {
    keyring::remove(name)
}

/// A secret that somebody gave. Nothing at all is a slip of the finger, which is not to take the place of what is kept.
pub(crate) fn given(what: &str, secret: Secret) -> Result<Secret, Failure> {
    match secret.expose().is_empty() {
        true => Err(Failure::new(format!("the {what} is empty"))),
        false => Ok(secret),
    }
}

/// The first line of standard input, or what a person types without seeing it; blanks and all.
pub(crate) fn asked(what: &str, from_input: bool) -> Result<Secret, Failure> {
    let unread = |error: io::Error| Failure::new(format!("cannot read the {what}: {error}"));
    if from_input {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map_err(unread)?;
        return Ok(Secret::password(line));
    }
    unseen(&format!("{what}: ")).map(Secret::password).map_err(unread)
}

/// What is typed unseen. Who is stopped meanwhile gets the terminal back as it was.
fn unseen(prompt: &str) -> io::Result<String> {
    #[cfg(unix)]
    {
        use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
        let terminal = File::open("/dev/tty")?;
        let before = tcgetattr(&terminal)?;
        signals::before_the_end(move || tcsetattr(&terminal, OptionalActions::Now, &before))?;
    }
    match rpassword::prompt_password(prompt) {
        // Ctrl-C comes as a character, and the terminal is as it was by now.
        Err(error) if error.kind() == io::ErrorKind::Interrupted => process::exit(signals::INTERRUPTED),
        typed => typed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_at_all_is_no_secret() {
        let told = given("API key", With::ApiKey.secret(&Secret::password(" \n"))).unwrap_err();
        assert_eq!(told.to_string(), "the API key is empty");
        assert_eq!(given("password", Secret::password(" ")).unwrap().expose(), " ");
    }

    #[test]
    fn a_password_keeps_its_blanks_and_a_token_has_none() {
        let used = |with: With| with.secret(&Secret::password(" a b \r\n")).expose().to_owned();
        assert_eq!(used(With::Password), " a b ");
        assert!([With::ApiKey, With::Bearer, With::AddressToken].iter().all(|with| used(*with) == "a b"));
    }
}
