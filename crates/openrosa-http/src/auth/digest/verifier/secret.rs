//! What both ends of Digest know.

use std::fmt;

/// What a server knows of a user whose Digest answers it is to check. `Debug` does not show it.
#[derive(Clone)]
pub struct DigestSecret(Known);

#[derive(Clone)]
enum Known {
    Password(String),
    Ha1(String),
}

impl DigestSecret {
    /// The password.
    pub fn of_password(password: impl Into<String>) -> Self {
        Self(Known::Password(password.into()))
    }

    /// HA1: the MD5 of `user:realm:password`, in hex of lower case. It is good for that one realm, and is there as good as
    /// the password.
    pub fn of_ha1(ha1: impl Into<String>) -> Self {
        Self(Known::Ha1(ha1.into()))
    }

    pub(super) fn password(&self) -> Option<&str> {
        match &self.0 {
            Known::Password(password) => Some(password),
            Known::Ha1(_) => None,
        }
    }

    pub(super) fn ha1(&self) -> Option<&str> {
        match &self.0 {
            Known::Ha1(ha1) => Some(ha1),
            Known::Password(_) => None,
        }
    }
}

impl fmt::Debug for DigestSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
