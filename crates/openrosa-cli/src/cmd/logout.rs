//! `openrosa logout`: a server is forgotten, with its secret.

use crate::exit::{Exit, Failure};
use crate::servers::{self, SecretIn, Servers};
use crate::terminal::say;

/// Forget a server and the secret that was kept for it.
///
/// Exit status: 0, or 2 when there is no such server or something could not be forgotten, be it the secret alone.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The name that `openrosa login` gave it
    name: String,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let secret = Servers::read()?.known(&args.name)?.secret.clone();
    // Settings may have come from another system; what is in a keyring there, nobody here can take away.
    let left = match secret {
        Some(SecretIn::Keyring) => servers::forget(&args.name).err(),
        _ => None,
    };
    Servers::change(|servers| servers.servers.remove(&args.name))?;
    say(format_args!("forgot {}", args.name));
    if let Some(failure) = left {
        return Err(Failure::new(format!("its secret may still be in the keyring: {failure}")));
    }
    if let Some(SecretIn::Env(variable)) = secret {
        say(format_args!("  the environment variable {variable} is not ours to change"));
    }
    Ok(Exit::Clean)
}
