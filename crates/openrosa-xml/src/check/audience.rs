//! For whom something is wrong.

use std::fmt;

use crate::profile::Profile;

/// Who reads a document, as far as it matters to a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Audience {
    /// The written standards, whoever reads.
    Spec,
    /// The device: CommCare for Android and its core; see [`Profile::Device`].
    Device,
    /// The server CommCare HQ; see [`Profile::Hq`].
    Hq,
    /// ODK Central, ODK Collect, KoBoToolbox and Enketo, where at least one of them is concerned.
    Odk,
}

impl Audience {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 4] = [Self::Spec, Self::Device, Self::Hq, Self::Odk];

    /// The word for it on a command line and in machine-readable output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spec => "spec",
            Self::Device => "device",
            Self::Hq => "hq",
            Self::Odk => "odk",
        }
    }

    /// The audience of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|audience| audience.name() == name)
    }
}

impl From<Profile> for Audience {
    fn from(profile: Profile) -> Self {
        match profile {
            Profile::Device => Self::Device,
            Profile::Hq => Self::Hq,
        }
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Some of the audiences.
///
/// ```
/// # use openrosa_xml::check::{Audience, Audiences};
/// let both = Audiences::from_iter([Audience::Device, Audience::Hq]);
/// assert!(both.contains(Audience::Hq) && !both.contains(Audience::Spec));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Audiences(u8);

impl Audiences {
    /// Everyone.
    pub const ALL: Self = Self(0b1111);

    /// Those that read forms with cases: the standards, the device, CommCare HQ.
    pub const COMMCARE: Self = Self(0b0111);

    /// Those that read what a server sends to devices: the standards, the device, the ODK family.
    pub const ANSWER: Self = Self(0b1011);

    /// Those that read forms without: the standards and the ODK family.
    pub const ODK: Self = Self(0b1001);

    /// Whether this one is among them.
    #[must_use]
    pub const fn contains(self, audience: Audience) -> bool {
        self.0 & 1 << audience as u8 != 0
    }

    /// Those that are in both.
    pub(super) const fn and(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// Each, in the order in which they are told.
    pub fn iter(self) -> impl Iterator<Item = Audience> {
        Audience::ALL.into_iter().filter(move |&audience| self.contains(audience))
    }
}

impl FromIterator<Audience> for Audiences {
    fn from_iter<I: IntoIterator<Item = Audience>>(audiences: I) -> Self {
        Self(audiences.into_iter().fold(0, |set, audience| set | 1 << audience as u8))
    }
}

impl From<Audience> for Audiences {
    fn from(audience: Audience) -> Self {
        Self::from_iter([audience])
    }
}
