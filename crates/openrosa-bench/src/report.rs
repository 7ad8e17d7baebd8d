//! What is printed: JSON, so that another program can keep it, compare it or draw it.

use serde::Serialize;

use crate::{inputs::Scale, targets::Target};

/// Everything that was measured in one run.
#[derive(Debug, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "a document to be printed")]
pub struct Report {
    /// How much was read.
    pub scale: Scale,
    /// How often each contender ran.
    pub runs: usize,
    /// What came out.
    pub figures: Vec<Figure>,
}

/// One value, and what it should be if somebody said so.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Figure {
    /// What was measured.
    pub name: &'static str,
    /// What came out, in the unit of its target, or as a multiple of the speed of the suite's first contender.
    pub value: f64,
    #[serde(flatten)]
    target: Option<Target>,
    /// Whether that is what should be reached now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reached: Option<bool>,
}

impl Figure {
    /// A value beside its target, if it has one.
    #[must_use]
    pub fn new(name: &'static str, value: f64) -> Self {
        let target = Target::named(name);
        let value = (value * 1000.0).round() / 1000.0;
        Self { name, value, target, reached: target.map(|target| target.is_reached_by(value)) }
    }
}

impl From<(&'static str, f64)> for Figure {
    fn from((name, value): (&'static str, f64)) -> Self {
        Self::new(name, value)
    }
}
