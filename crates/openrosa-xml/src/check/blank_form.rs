//! Rules.
use super::{audience::Audiences, rule::Rule};
use crate::xform::XForm;
pub(super) const RULES: &[&Rule] = &[];
pub(super) const fn audiences_of(_: &XForm<'_>) -> Audiences {
    Audiences::ODK
}
