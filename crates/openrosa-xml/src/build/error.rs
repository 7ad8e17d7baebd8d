//! What the builders refuse.

use thiserror::Error;

use crate::error::WriteError;

/// Something that some known reader would refuse, lose or read differently from the others.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A value that must say something is empty.
    #[error("`{what}` is blank")]
    Blank {
        /// The value in question.
        what: &'static str,
    },
    /// An identifier with white space around it: the device trims it, CommCare HQ does not.
    #[error("`{what}` has white space around it: `{text}`")]
    Spaced {
        /// The value in question.
        what: &'static str,
        /// The identifier.
        text: String,
    },
    /// A value that is too long to be stored everywhere.
    #[error("`{what}` is {length} long, {longest} at most is stored everywhere")]
    TooLong {
        /// The value in question.
        what: String,
        /// Its length.
        length: usize,
        /// The greatest length that every reader takes.
        longest: usize,
    },
    /// A character that XML cannot hold.
    #[error("`{what}` holds character U+{code:04X}, which XML cannot")]
    Character {
        /// The value in question.
        what: String,
        /// The code point.
        code: u32,
    },
    /// A name that cannot be an element name.
    #[error("`{name}` cannot be an XML name")]
    Name {
        /// The name.
        name: String,
    },
    /// A property name with a meaning of its own on the device, at CommCare HQ or in its app builder.
    #[error("`{name}` is a reserved name and cannot be a property{}", .instead.map(|it| format!("; use {it}")).unwrap_or_default())]
    Reserved {
        /// The name.
        name: String,
        /// What to use instead, where there is something.
        instead: Option<&'static str>,
    },
    /// One name twice in one block.
    #[error("`{name}` is given twice in `{within}`")]
    Twice {
        /// The name.
        name: String,
        /// The action.
        within: &'static str,
    },
    /// A case that is linked to itself.
    #[error("case `{case_id}` cannot be linked to itself")]
    SelfIndex {
        /// The case.
        case_id: String,
    },
    /// Two blocks for one case in one form: CommCare HQ and the device may apply them in different orders.
    #[error("case `{case_id}` is in the form twice; say everything in one block")]
    SecondBlock {
        /// The case.
        case_id: String,
    },
    /// A form namespace that means something else.
    #[error("`{namespace}` cannot be the namespace of a form")]
    FormNamespace {
        /// The namespace.
        namespace: String,
    },
    /// An answer that readers would take for something else.
    #[error("an answer cannot be called `{name}`")]
    AnswerName {
        /// The name.
        name: String,
    },
    /// Answers of one name with others between them: CommCare HQ would bring them together.
    #[error("the elements called `{name}` do not stand side by side")]
    Scattered {
        /// The name.
        name: String,
    },
    /// The document could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}
