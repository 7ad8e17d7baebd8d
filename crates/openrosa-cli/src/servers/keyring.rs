//! The keyring of the system: Keychain, Credential Manager, Secret Service.

use keyring::v1::Entry;
use openrosa_http::auth::Secret;

use crate::exit::Failure;
use crate::page::typed_last;

/// What our entries are called there.
const SERVICE: &str = "openrosa";

pub(super) fn get(name: &str) -> Result<Secret, Failure> {
    entry(name)?.get_password().map(Secret::password).map_err(|error| {
        let failure = Failure::new(format!("the keyring does not give the secret for `{name}`: {error}"));
        failure.remedy(format!("openrosa login {} again, or --secret-env VARIABLE", typed_last(name)))
    })
}

pub(super) fn set(name: &str, secret: &Secret) -> Result<(), Failure> {
    entry(name)?.set_password(secret.expose()).map_err(|error| {
        Failure::new(format!("the keyring does not take the secret: {error}")).remedy(ELSEWHERE)
    })
}

pub(super) fn remove(name: &str) -> Result<(), Failure> {
    match entry(name)?.delete_credential() {
        Ok(()) | Err(keyring::v1::Error::NoEntry) => Ok(()),
        Err(error) => Err(Failure::new(format!("the keyring does not give the secret up: {error}"))),
    }
}

const ELSEWHERE: &str = "--secret-env VARIABLE keeps it out of any store";

fn entry(name: &str) -> Result<Entry, Failure> {
    Entry::new(SERVICE, name).map_err(|error| {
        let why = match Entry::store_status() {
            Err(why) => why.to_string(),
            Ok(()) => error.to_string(),
        };
        Failure::new(format!("this system has no keyring at hand: {why}")).remedy(ELSEWHERE)
    })
}
