//! The keyring of the system: Keychain, Credential Manager, Secret Service.

use keyring::v1::Entry;
use openrosa_http::auth::Secret;

use crate::exit::Failure;

/// What our entries are called there.
const SERVICE: &str = "openrosa";

pub(super) fn get(name: &str) -> Result<Secret, Failure> {
    entry(name)?
        .get_password()
        .map(Secret::password)
        .map_err(|error| Failure::new(format!("the keyring does not give the secret for `{name}`: {error}")))
}

pub(super) fn is_at_hand(name: &str) -> Result<(), Failure> {
    entry(name).map(drop)
}

pub(super) fn set(name: &str, secret: &Secret) -> Result<(), Failure> {
    let set = entry(name)?.set_password(secret.expose());
    set.map_err(|error| Failure::new(format!("the keyring does not take the secret: {error}")))
}

pub(super) fn remove(name: &str) -> Result<(), Failure> {
    match entry(name)?.delete_credential() {
        Ok(()) | Err(keyring::v1::Error::NoEntry) => Ok(()),
        Err(error) => Err(Failure::new(format!("the keyring does not give the secret up: {error}"))),
    }
}

fn entry(name: &str) -> Result<Entry, Failure> {
    Entry::new(SERVICE, name).map_err(|error| {
        let why = match Entry::store_status() {
            Err(why) => why.to_string(),
            Ok(()) => error.to_string(),
        };
        Failure::new(format!("this system has no keyring at hand: {why}"))
    })
}
