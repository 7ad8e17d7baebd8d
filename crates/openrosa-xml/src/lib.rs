//! OpenRosa and CommCare Case XML documents.
pub mod build;
pub mod case;
pub mod envelope;
pub mod error;
pub mod ids;
pub mod instance;
pub mod limits;
pub mod ns;
pub mod position;
pub mod time;
pub mod xml;

pub use case::CaseBlock;
pub use envelope::Envelope;
pub use error::{ReadError, ReadErrorKind, WriteError};
pub use ids::{CaseId, DeviceId, FormId, InstanceId, OwnerId, UserId};
pub use instance::{FormKey, Instance};
pub use limits::Limits;
pub use position::{Mark, Position, Span};
pub use time::{Moment, Timestamp, TimestampError};
