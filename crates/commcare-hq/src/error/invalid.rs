//! What is refused here, before anything is sent.

/// Why a request is not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Invalid {
    /// Project names have letters, digits and `_.:-` only.
    #[error("`{domain}` is no name of a project space")]
    Domain {
        /// What was given.
        domain: String,
    },
    /// No address of http or https.
    #[error("that is no address of a project: they look like https://www.commcarehq.org/a/demo/")]
    Address,
    /// They would end up in logs.
    #[error("the address carries credentials; set them apart from it")]
    CredentialsInAddress,
    /// JSON could not be made of it.
    #[error("the request cannot be written: {0}")]
    Unwritable(#[source] serde_json::Error),
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Random(#[source] openrosa_http::RandomError),
    /// Two things that exclude each other.
    #[error("`{one}` and `{other}` exclude each other")]
    Both {
        /// The one.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
    /// More than the server takes in one request.
    #[error("{count} {what}, and the server takes at most {most} at once")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        most: usize,
    },
    /// What cannot be done without.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// One id twice where it may be once: HQ would make two of it.
    #[error("`{id}` is there twice as `{field}`")]
    Twice {
        /// Which id.
        field: &'static str,
        /// The id.
        id: String,
    },
    /// HQ takes texts only.
    #[error("the property `{name}` is no text, and the server takes texts only")]
    NoText {
        /// The property.
        name: String,
    },
    /// A value that the server would refuse or misunderstand.
    #[error("`{field}` may not be {reason}")]
    Value {
        /// Where.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}
